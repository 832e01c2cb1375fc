//! Whole conversations over a small bilingual blog, by words alone: what no model is needed for.

use daneel_corpus::{ChunkConfig, DocumentInfo, ParseConfig, Publishing, UrlRule, chunk, parse};
use daneel_index::{Embedder as EmbedderRecipe, Recipe, build};
use daneel_model::MemoryFile;
use futures_lite::future::block_on;

use super::*;
use crate::{AnswerStyle, ModelEntry, Persona, SentenceKind, Strategy, Suggestion};

const POSTS: [(&str, &str); 5] = [
    (
        "agenti.md",
        "---\ntitle: Agenti\ndate: 2024-03-01\ntags: [agenti]\nlanguage: it\n---\n\nUn agente è un programma che sceglie da solo i passi e \
         gli strumenti con cui raggiungere un obiettivo.\n\n## Rischi\n\nI rischi di un agente sono tre:\n\n1. Un agente può \
         cancellare i file sbagliati.\n2. Un agente può spendere troppo denaro.\n3. Un agente può ingannare chi lo usa.\n",
    ),
    (
        "lora.md",
        "---\ntitle: LoRA in breve\ndate: 2024-05-20\ntags: [modelli, adattamento]\nlanguage: it\n---\n\nLoRA serve ad adattare un modello \
         grande con poche matrici piccole. È stata pubblicata nel 2021 da Microsoft.\n",
    ),
    (
        "hnsw.md",
        "---\ntitle: How HNSW finds neighbours\ndate: 2023-11-02\nlanguage: en\n---\n\nAn HNSW graph is a stack of layers in \
         which each node keeps links to its nearest neighbours. Search starts in the top layer. It takes logarithmic time.\n\n\
         | Layer | Nodes |\n|---|---|\n| top | 12 |\n| bottom | 100000 |\n",
    ),
    (
        "about.md",
        "---\ntitle: About the author\nlanguage: en\n---\n\nAda Rossi builds search engines in Trieste and writes about them in two \
         languages.\n",
    ),
    (
        "bread.md",
        "---\ntitle: Bread\ndate: 2024-05-01\nlanguage: en\n---\n\nSourdough bread rises slowly in a cold kitchen. See the note [1] for \
         the flour that it takes.\n",
    ),
];

fn assistant() -> Assistant {
    let config = ParseConfig {
        url_rule: UrlRule::Reader,
        default_language: Language::ENGLISH,
        publishing: Publishing::default(),
    };
    let documents: Vec<_> =
        POSTS.iter().map(|(path, text)| parse(path, text.as_bytes(), &config).unwrap()).collect();
    let table: Vec<_> = documents.iter().map(DocumentInfo::of).collect();
    let words = |text: &str| text.split_whitespace().count();
    let chunks: Vec<_> = documents
        .iter()
        .flat_map(|document| chunk(document, &ChunkConfig { max_tokens: 64, overlap_tokens: 0 }, &words))
        .collect();
    let dimensions = chunks.len();
    let vectors =
        (0..dimensions).map(|i| (0..dimensions).map(|j| f32::from(u8::from(i == j))).collect()).collect();
    let embedder = EmbedderRecipe { name: "test".into(), sha256: "0".repeat(64), dimensions };
    let recipe = Recipe { embedder, chunk: ChunkConfig::default(), dense_weight: 0.5 };
    let index = build(table, chunks, vectors, recipe, &mut |_, _| {}).unwrap();
    let embedder = ModelEntry {
        name: "test".into(),
        license: "MIT".into(),
        languages: vec![],
        sha256: "0".repeat(64),
        shards: vec![],
    };
    let suggestion = Suggestion { text: "Che cos'è un agente?".into(), language: Language::ITALIAN };
    let manifest = Manifest {
        format_version: FORMAT_VERSION,
        title: "Due lingue".into(),
        description: None,
        languages: vec![Language::ITALIAN, Language::ENGLISH],
        n_documents: POSTS.len(),
        n_chunks: dimensions,
        persona: Persona { name: Some("Ada Rossi".into()), instructions: None },
        answers: AnswerStyle::Best,
        strategy: Strategy::Pack,
        suggestions: vec![suggestion],
        index: vec![],
        embedder,
        reader: None,
        chat: None,
        prompts: vec![],
    };
    let mut assistant = Assistant::new(manifest).unwrap();
    assistant.set_index(index).unwrap();
    assistant
}

/// A conversation: the answer to its last question. Each answer's events are the answer itself.
fn converse(questions: &[&str]) -> Answer {
    let mut assistant = assistant();
    let mut history: Vec<Turn> = Vec::new();
    let mut last = None;
    for question in questions {
        let mut told = Vec::new();
        let mut sources = Vec::new();
        let mut on_event = |event| {
            match event {
                AnswerEvent::Sentence(sentence) => told.push(sentence),
                AnswerEvent::Sources(latest) => sources = latest,
                AnswerEvent::Question(_) | AnswerEvent::Prefill(..) => {}
            }
            ControlFlow::Continue(())
        };
        let answer =
            block_on(assistant.ask(question, &history, &Sampling::default(), &mut on_event)).unwrap();
        assert_eq!((&told, &sources), (&answer.sentences, &answer.sources), "{question}");
        for span in answer.sentences.iter().flat_map(|sentence| &sentence.support) {
            let source = answer.sources.iter().find(|source| source.number == span.source).unwrap();
            assert!(source.quote(span).is_some(), "{question}: {span:?}");
        }
        history.push(answer.turn(question));
        last = Some(answer);
    }
    last.unwrap()
}

#[track_caller]
fn check(questions: &[&str], kind: AnswerKind, expected: &[&str]) -> Answer {
    let answer = converse(questions);
    let texts: Vec<_> = answer.sentences.iter().map(|sentence| sentence.text.as_str()).collect();
    assert_eq!((answer.kind, texts.as_slice()), (kind, expected));
    answer
}

#[test]
fn a_question_is_answered_by_the_sentence_that_says_it() {
    let answer = check(
        &["A che cosa serve LoRA?"],
        AnswerKind::Extractive,
        &[
            "LoRA serve ad adattare un modello grande con poche matrici piccole. È stata pubblicata nel 2021 da Microsoft.",
        ],
    );
    assert_eq!((answer.sentences[0].kind, answer.question), (SentenceKind::Quoted, None));
    let answer = converse(&["Ciao! Quanti sono i Nodes del Layer bottom?"]);
    let quote = &answer.sentences[0];
    let highlight = quote.highlight.map(|(start, end)| &quote.text[start..end]);
    assert_eq!((answer.kind, highlight), (AnswerKind::Extractive, Some("Layer: bottom; Nodes: 100000")));
}

#[test]
fn a_footnote_in_a_text_is_no_citation() {
    let answer = converse(&["What does the note say about the flour that bread takes?"]);
    assert!(answer.plain_text().contains("See the note [1]"), "{answer:?}");
    assert!(answer.to_markdown().contains("\\[1\\]"));
}

#[test]
fn a_follow_up_is_looked_up_as_it_is_meant() {
    let answer = converse(&["Che cos'è un agente?", "E quali sono i rischi?"]);
    assert_eq!(answer.question.as_deref(), Some("Quali sono i rischi (agente)?"));
    assert!(answer.plain_text().contains("cancellare i file"), "{answer:?}");
    let answer = converse(&[
        "What is an HNSW graph?",
        "Thanks!",
        "Who won the world cup?",
        "How much time does it take?",
    ]);
    assert_eq!(answer.question.as_deref(), Some("How much time does it take (HNSW graph)?"));
    assert!(answer.plain_text().contains("logarithmic time"), "{answer:?}");
}

#[test]
fn more_is_something_else() {
    let first = converse(&["What is an HNSW graph?"]).plain_text();
    let more = converse(&["What is an HNSW graph?", "Tell me more"]).plain_text();
    assert!(first != more && !more.contains(&first), "{first} / {more}");
}

#[test]
fn what_is_not_found_is_said_with_what_comes_nearest() {
    let answer = converse(&["Which wine goes with roasted swordfish and capers in winter bread?"]);
    assert_eq!(answer.kind, AnswerKind::NotFound);
    assert!(answer.sentences.iter().all(|sentence| sentence.kind == SentenceKind::Said));
    assert!(!answer.sources.is_empty() && answer.sources.len() <= 3);
    let answer = check(
        &["Xyzzy plugh?"],
        AnswerKind::NotFound,
        &["In questi testi non ho trovato nulla su questo argomento."],
    );
    assert!(answer.sources.is_empty());
}

#[test]
fn a_conversation_is_more_than_questions() {
    let answer = converse(&["Ciao!"]);
    assert_eq!((answer.kind, answer.language), (AnswerKind::Conversation, Language::ITALIAN));
    assert!(
        answer.plain_text().contains("Due lingue") && answer.plain_text().contains("- Che cos'è un agente?")
    );
    check(&["Ciao!", "Grazie mille"], AnswerKind::Conversation, &["Prego!"]);
    assert!(converse(&["Who are you?"]).plain_text().contains("Ada Rossi"));
}

#[test]
fn the_site_and_its_author_are_known() {
    let site = converse(&["Di che cosa parla questo blog?"]).plain_text();
    assert!(
        site.contains("Due lingue") && site.contains("I testi sono 5.") && site.contains("2023-11-02"),
        "{site}"
    );
    let author = converse(&["Who writes here?"]).plain_text();
    assert!(
        author.contains("Ada Rossi writes here.") && author.contains("search engines in Trieste"),
        "{author}"
    );
}

#[test]
fn documents_are_listed_by_topic_and_date() {
    let titles = |question| {
        let answer = converse(&[question]);
        assert_eq!(answer.kind, AnswerKind::Listing, "{question}: {answer:?}");
        answer.sources.iter().map(|source| source.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!(titles("Quali post parlano di agenti?"), ["Agenti"]);
    assert_eq!(titles("Do you have posts about HNSW?"), ["How HNSW finds neighbours"]);
    assert_eq!(titles("gli ultimi due articoli"), ["LoRA in breve", "Bread"]);
    assert_eq!(titles("What did you write in 2023?"), ["How HNSW finds neighbours"]);
    assert_eq!(titles("What was published in May?"), ["LoRA in breve", "Bread"]);
    assert_eq!(titles("Which posts are there?").len(), 5);
    check(&["Which posts are about sailing?"], AnswerKind::NotFound, &["I found no text about “sailing”."]);
}

#[test]
fn several_questions_are_answered_one_after_the_other() {
    let answer = converse(&["What is an HNSW graph? What does bread rise in?"]);
    let text = answer.plain_text();
    let (first, second) = text.split_once("\n\n").unwrap();
    assert!(first.contains("stack of layers") && second.contains("cold kitchen"), "{text}");
    let mut numbers: Vec<_> = answer.sources.iter().map(|source| source.number).collect();
    numbers.dedup();
    assert_eq!(numbers, (1..=answer.sources.len()).collect::<Vec<_>>());
}

/// An assistant whose chat model babbles: the page's test model, which was never trained.
fn with_babbler() -> Assistant {
    let mut assistant = assistant();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/e2e/fixtures/tiny.gguf");
    let file = MemoryFile(std::fs::read(path).unwrap());
    let generator = block_on(Generator::load(&file, 2048, &mut |_, _| {})).unwrap();
    assistant.manifest.chat = Some(ModelEntry { name: "tiny".into(), ..assistant.manifest.embedder.clone() });
    assistant.set_generator(generator);
    assistant
}

#[test]
fn what_a_model_makes_up_gives_way_to_a_quote() {
    let mut assistant = with_babbler();
    let mut told = Vec::new();
    let mut on_event = |event| {
        if let AnswerEvent::Sentence(sentence) = event {
            told.push(sentence);
        }
        ControlFlow::Continue(())
    };
    let sampling = Sampling { max_tokens: 24, ..Sampling::default() };
    let turn = Turn {
        question: "What is an HNSW graph?".into(),
        standalone: None,
        answer: "A stack of layers.".into(),
        kind: AnswerKind::Generated,
    };
    let question = "Where does its search start?";
    let answer = block_on(assistant.ask(question, &[turn], &sampling, &mut on_event)).unwrap();
    assert_eq!((answer.kind, &answer.sentences), (AnswerKind::Extractive, &told));
    assert!(answer.plain_text().contains("Search starts in the top layer."), "{answer:?}");
    assert!(answer.figures.is_some_and(|figures| figures.generated_tokens > 0));
}

#[test]
fn a_remark_asks_nothing_of_the_model() {
    let mut assistant = with_babbler();
    let mut on_event = |_| ControlFlow::Continue(());
    let answer = block_on(assistant.ask("Hello!", &[], &Sampling::default(), &mut on_event)).unwrap();
    assert_eq!((answer.kind, answer.figures), (AnswerKind::Conversation, None));
}

#[test]
fn an_answer_can_be_stopped_at_any_event() {
    let mut assistant = assistant();
    for n_events in 0..4 {
        let mut left = n_events;
        let mut on_event = |_| {
            if left == 0 {
                return ControlFlow::Break(());
            }
            left -= 1;
            ControlFlow::Continue(())
        };
        let sampling = Sampling::default();
        let ask = assistant.ask("What is an HNSW graph?", &[], &sampling, &mut on_event);
        assert_eq!(block_on(ask).unwrap().stopped, n_events < 2, "after {n_events} events");
    }
}
