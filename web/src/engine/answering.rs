//! Jobs become searches and answers. One task owns the assistant and does one job at a time; a search goes before an
//! answer that has not begun.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::ops::ControlFlow;
use std::rc::Rc;

use daneel_corpus::Language;
use daneel_model::Sampling;
use daneel_rag::{Answer, AnswerKind, Assistant, Error, Event, Part, Stage, Turn};
use futures_channel::mpsc::UnboundedReceiver;
use futures_util::StreamExt;

use super::error::is_of_gpu;
use super::loading::Loader;
use super::post;

/// What is to be done.
pub enum Job {
    /// The site is known, with nothing loaded, and who loads it.
    Open(Box<Assistant>, Rc<Loader>),
    /// A part works from here on.
    Install(Part),
    /// A part is on its way.
    Expect {
        /// Which part.
        stage: Stage,
        /// Whether it has to be downloaded, which takes long, or lies in the browser's storage.
        from_network: bool,
    },
    /// A part will not come.
    Lost(Stage),
    /// Search.
    Search {
        /// Comes back with the results.
        id: u32,
        /// The words.
        query: String,
        /// Most hits.
        limit: usize,
    },
    /// Answer.
    Ask {
        /// Comes back with every event.
        id: u32,
        /// The question.
        question: String,
        /// The conversation so far.
        history: Vec<Turn>,
        /// Another seed gives another answer.
        seed: u64,
    },
    /// An answer that may not have begun is not wanted any more.
    Stopped,
}

/// The answers that are to be broken off; shared with the message handler, which runs between two tokens.
#[derive(Clone, Default)]
pub struct Stops(Rc<RefCell<HashSet<u32>>>);

impl Stops {
    /// Asks for an answer to be broken off.
    pub fn request(&self, id: u32) {
        self.0.borrow_mut().insert(id);
    }

    fn is_requested(&self, id: u32) -> bool {
        self.0.borrow().contains(&id)
    }
}

/// Whether a part can be waited for.
#[derive(Clone, Copy, PartialEq)]
enum Wait {
    /// It is here, or will not come.
    Over,
    /// It will be here within seconds.
    Short,
    /// It is being downloaded.
    Long,
}

struct Question {
    id: u32,
    question: String,
    history: Vec<Turn>,
    seed: u64,
}

struct Desk {
    assistant: Option<Assistant>,
    loader: Option<Rc<Loader>>,
    stops: Stops,
    questions: VecDeque<Question>,
    search: Option<(u32, String, usize)>,
    waits: [Wait; 3],
    warm_up: bool,
}

/// Does the jobs of the queue until it ends.
pub async fn run(mut queue: UnboundedReceiver<Job>, stops: Stops) {
    let mut desk = Desk {
        assistant: None,
        loader: None,
        stops,
        questions: VecDeque::new(),
        search: None,
        waits: [Wait::Short; 3],
        warm_up: false,
    };
    while let Some(job) = queue.next().await {
        desk.take(job);
        // Everything that waits is looked at before anything long begins.
        while let Ok(job) = queue.try_recv() {
            desk.take(job);
        }
        desk.work().await;
    }
}

impl Desk {
    fn take(&mut self, job: Job) {
        match job {
            Job::Open(assistant, loader) => self.open(*assistant, loader),
            Job::Install(part) => self.install(part),
            Job::Expect { stage, from_network } => {
                self.waits[stage as usize] = if from_network { Wait::Long } else { Wait::Short };
            }
            Job::Lost(stage) => self.waits[stage as usize] = Wait::Over,
            // Only the latest search is still of interest.
            Job::Search { id, query, limit } => self.search = Some((id, query, limit)),
            Job::Ask { id, question, history, seed } => {
                self.questions.push_back(Question { id, question, history, seed });
            }
            Job::Stopped => {}
        }
    }

    fn open(&mut self, assistant: Assistant, loader: Rc<Loader>) {
        if assistant.manifest().chat.is_none() {
            self.waits[Stage::Chat as usize] = Wait::Over;
        }
        self.assistant = Some(assistant);
        self.loader = Some(loader);
    }

    fn install(&mut self, part: Part) {
        let stage = part.stage();
        let installed = match &mut self.assistant {
            Some(assistant) => assistant.install(part),
            None => Err(Error::NotReady("the site")),
        };
        self.waits[stage as usize] = Wait::Over;
        match installed {
            Ok(()) => {
                self.warm_up |= stage != Stage::Index;
                post(&Event::Ready { stage });
            }
            Err(error) => fail(None, Some(stage), &error),
        }
    }

    async fn work(&mut self) {
        if self.waits[Stage::Index as usize] == Wait::Over
            && let Some((id, query, limit)) = self.search.take()
        {
            self.search(id, &query, limit).await;
        }
        self.drop_stopped();
        while self.can_answer()
            && let Some(question) = self.questions.pop_front()
        {
            self.answer(question).await;
            self.warm_up = false;
        }
        if std::mem::take(&mut self.warm_up)
            && let Some(assistant) = &mut self.assistant
        {
            // It only saves time; a real failure shows with the first answer.
            let _ = assistant.warm_up(super::reader_language()).await;
        }
    }

    /// Whether a question can be answered as well as it soon could be. Nobody should watch a download while the texts
    /// can already be quoted, but a second's wait for a written answer is worth it.
    fn can_answer(&self) -> bool {
        let [index, embedder, chat] = self.waits;
        index == Wait::Over && embedder == Wait::Over && chat != Wait::Short
    }

    /// Gives back the questions that were stopped before their turn came.
    fn drop_stopped(&mut self) {
        let stops = self.stops.clone();
        self.questions.retain(|question| {
            let stopped = stops.is_requested(question.id);
            if stopped {
                post(&Event::Answered { id: question.id, answer: stopped_answer() });
            }
            !stopped
        });
    }

    async fn search(&mut self, id: u32, query: &str, limit: usize) {
        loop {
            let results = match &self.assistant {
                Some(assistant) => assistant.search(query, limit).await,
                None => Err(Error::NotReady("the site")),
            };
            match results {
                Ok(results) => post(&Event::Found { id, results }),
                // Without the embedder it is a search by words.
                Err(error) if self.leave_gpu(&error) => continue,
                Err(error) => fail(Some(id), None, &error),
            }
            return;
        }
    }

    async fn answer(&mut self, question: Question) {
        let Question { id, question, history, seed } = question;
        let Some(assistant) = &mut self.assistant else {
            return fail(Some(id), None, &Error::NotReady("the site"));
        };
        let stops = self.stops.clone();
        let mut on_event = |event| {
            if stops.is_requested(id) {
                return ControlFlow::Break(());
            }
            post(&Event::Answering { id, event });
            ControlFlow::Continue(())
        };
        let sampling = Sampling { seed, ..Sampling::default() };
        match assistant.ask(&question, &history, &sampling, &mut on_event).await {
            Ok(answer) => post(&Event::Answered { id, answer }),
            Err(error) if self.leave_gpu(&error) => {
                self.questions.push_front(Question { id, question, history, seed });
            }
            Err(error) => fail(Some(id), None, &error),
        }
    }

    /// If the GPU has failed, its models are loaded onto the CPU, for whoever waits. False for any other error.
    fn leave_gpu(&mut self, error: &Error) -> bool {
        let (Some(loader), Some(assistant)) = (&self.loader, &mut self.assistant) else { return false };
        if !is_of_gpu(error) {
            return false;
        }
        let stages = loader.leave_gpu(&error.to_string());
        for &stage in &stages {
            assistant.remove(stage);
            self.waits[stage as usize] = Wait::Short;
        }
        !stages.is_empty()
    }
}

fn stopped_answer() -> Answer {
    Answer {
        sentences: Vec::new(),
        kind: AnswerKind::Extractive,
        language: Language::ENGLISH,
        question: None,
        sources: Vec::new(),
        stopped: true,
        figures: None,
    }
}

fn fail(id: Option<u32>, stage: Option<Stage>, error: &Error) {
    post(&Event::Failed { id, stage, message: error.to_string() });
}
