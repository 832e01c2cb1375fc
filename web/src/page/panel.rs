//! Which passages stand below an answer, under which heading, and what of them is cited.

use std::collections::HashMap;

use daneel_rag::{Answer, AnswerKind, SearchTier, Sentence, SentenceKind, Source, Span};

use super::reply::{Phase, Reply};
use super::sentences::citations;

/// What the passages are to the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// What was found so far.
    Found,
    /// What the answer rests on.
    Cited,
    /// What comes nearest to a question that the texts do not answer.
    Nearest,
}

/// A passage, and which one it is of those that are the same: a message of two questions may find one twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The passage.
    pub source: Source,
    /// How many before it are the same.
    pub nth: usize,
    /// What of it the answer cites, in the order of the answer.
    pub cited: Vec<Span>,
}

impl Card {
    /// Tells it from the others, whatever its number: numbers change when passages are put into another order.
    pub fn key(&self) -> (String, String, usize) {
        (self.source.href.clone(), self.source.text.clone(), self.nth)
    }
}

/// The passages below an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// What the first ones are.
    pub heading: Heading,
    /// Those that are shown.
    pub shown: Vec<Card>,
    /// Those that were read but are not cited.
    pub others: Vec<Card>,
    /// How they were found, while that is all that is known.
    pub tier: Option<SearchTier>,
}

impl Panel {
    /// Once an answer is finished, the passages that it cites stand apart from the others. Documents of a list are links
    /// already, and stand nowhere else.
    pub fn of(reply: &Reply) -> Self {
        let listed = |source: &Source| {
            let mut listed = reply.sentences.iter().filter(|sentence| sentence.kind == SentenceKind::Listed);
            listed.any(|sentence| sentence.support.iter().any(|span| span.source == source.number))
        };
        let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
        let mut cards = Vec::new();
        for source in reply.sources.iter().filter(|source| !listed(source)) {
            let count = seen.entry((&source.href, &source.text)).or_default();
            cards.push(Card { source: source.clone(), nth: *count, cited: cited(source, &reply.sentences) });
            *count += 1;
        }
        let kind = match &reply.phase {
            Phase::Done(answer) => Some(answer.kind),
            _ => None,
        };
        let (cited, others): (Vec<Card>, Vec<Card>) =
            cards.iter().cloned().partition(|card| !card.cited.is_empty());
        let (heading, shown, others) = match kind {
            Some(AnswerKind::NotFound) => (Heading::Nearest, cards, Vec::new()),
            Some(AnswerKind::Conversation | AnswerKind::Listing) => (Heading::Cited, cited, Vec::new()),
            Some(_) if !cited.is_empty() => (Heading::Cited, cited, others),
            _ => (Heading::Found, cards, Vec::new()),
        };
        Self { heading, shown, others, tier: reply.tier }
    }
}

/// What the sentences cite of a source.
fn cited(source: &Source, sentences: &[Sentence]) -> Vec<Span> {
    sentences.iter().flat_map(citations).filter(|span| span.source == source.number).collect()
}

/// The answer as it is copied: Markdown, with the sources it cites below, linked at the first words cited.
pub fn copied(answer: &Answer, absolute: impl Fn(&str) -> String) -> String {
    let mut copied = answer.to_markdown();
    for source in &answer.sources {
        if let Some(span) = cited(source, &answer.sentences).first() {
            let address = absolute(&source.href_at(span));
            copied.push_str(&format!("\n\n[{}] {}: {address}", source.number, source.title));
        }
    }
    copied
}

#[cfg(test)]
mod tests {
    use daneel_corpus::Language;

    use super::*;

    fn source(number: usize, text: &str) -> Source {
        Source {
            number,
            href: "post.html#a".into(),
            title: "Post".into(),
            headings: Vec::new(),
            date: None,
            language: Language::ENGLISH,
            text: text.into(),
        }
    }

    fn answer(kind: AnswerKind, sentence: SentenceKind, support: Vec<Span>) -> Answer {
        let text = "Yes.".to_owned();
        Answer {
            sentences: vec![Sentence { lead: String::new(), text, kind: sentence, support, highlight: None }],
            kind,
            language: Language::ENGLISH,
            question: None,
            sources: vec![source(1, "Yes."), source(2, "It is so."), source(3, "It is so.")],
            stopped: false,
            figures: None,
        }
    }

    fn span(source: usize) -> Span {
        Span { source, start: 0, end: 2 }
    }

    fn numbers(cards: &[Card]) -> Vec<usize> {
        cards.iter().map(|card| card.source.number).collect()
    }

    #[track_caller]
    fn check(answer: Answer, heading: Heading, shown: &[usize], others: &[usize]) {
        let panel = Panel::of(&Reply::finished(answer));
        assert_eq!(
            (panel.heading, numbers(&panel.shown), numbers(&panel.others)),
            (heading, shown.into(), others.into())
        );
    }

    #[test]
    fn what_is_cited_stands_apart() {
        let quoted = |support| answer(AnswerKind::Extractive, SentenceKind::Quoted, support);
        check(quoted(vec![span(2)]), Heading::Cited, &[2], &[1, 3]);
        check(quoted(vec![]), Heading::Found, &[1, 2, 3], &[]);
        check(answer(AnswerKind::NotFound, SentenceKind::Said, vec![]), Heading::Nearest, &[1, 2, 3], &[]);
        check(answer(AnswerKind::Conversation, SentenceKind::Said, vec![]), Heading::Cited, &[], &[]);
        check(answer(AnswerKind::Listing, SentenceKind::Listed, vec![span(1)]), Heading::Cited, &[], &[]);
    }

    #[test]
    fn while_an_answer_comes_all_passages_stay_in_their_order() {
        let mut reply = Reply::new();
        reply.sources = vec![source(1, "a"), source(2, "b")];
        let before: Vec<_> = Panel::of(&reply).shown.iter().map(Card::key).collect();
        reply.sources = vec![source(1, "b"), source(2, "a")];
        let mut after: Vec<_> = Panel::of(&reply).shown.iter().map(Card::key).collect();
        after.reverse();
        assert_eq!(before, after, "a card is the same one under another number");
    }

    #[test]
    fn the_same_passage_twice_makes_two_cards() {
        let panel = Panel::of(&Reply::finished(answer(AnswerKind::NotFound, SentenceKind::Said, vec![])));
        assert_ne!(panel.shown[1].key(), panel.shown[2].key());
    }

    #[test]
    fn a_copy_names_the_sources_cited() {
        let answer = answer(AnswerKind::Extractive, SentenceKind::Written, vec![span(2), span(2)]);
        let copied = copied(&answer, |href| format!("https://a.b/{href}"));
        assert_eq!(copied, "Yes. [2]\n\n[2] Post: https://a.b/post.html#a:~:text=It");
    }
}
