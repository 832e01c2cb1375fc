//! Whether what a model wrote is in the passages: each claim is held against what they say, sentence by sentence.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use daneel_corpus::Language;
use daneel_model::{Embedder, TextKind};

use crate::claims::Claim;
use crate::phrases::phrases;
use crate::plan::occurs;
use crate::tokens::{has, tokens};
use crate::units::{UnitKind, units};
use crate::{Error, Source, Span, facts, words};

/// Share of a claim's words that two neighbouring sentences of a passage must hold.
const SUPPORT: f32 = 0.7;
/// A claim with fewer content words would fit anything by its words: all of them must be there, and beside the question's.
const WORDS_OF_SHORT: usize = 3;
/// Share of the question's words that must stand beside a short claim.
const QUESTION_SHARE: f32 = 0.5;
/// Least cosine of a claim and a sentence in another language that say the same. On 135 sentences of XQuAD and their
/// translations, multilingual-e5-small puts 94 % of the pairs above it, and 0.4 % of a sentence's neighbours.
const SAME_MEANING: f32 = 0.87;
/// Share of words that two claims have in common if they say the same again.
const REPETITION: f32 = 0.9;

/// What became of a claim.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// The passages say it, here.
    Supported(Vec<Span>),
    /// They do not.
    Unsupported,
    /// Only [`Verifier::verify_meaning`] can tell: the passages are in another language.
    Unknown,
    /// It says that the texts do not answer.
    Abstains,
    /// "Yes.", or a lead-in: it says nothing alone, and stands or falls with the claim after it.
    Incomplete,
    /// It was said before.
    Repeats,
}

/// The passages, ready to be compared with claims.
pub(crate) struct Verifier<'a> {
    language: Language,
    question: HashSet<String>,
    question_names: HashSet<String>,
    passages: Vec<Passage<'a>>,
    /// Whether there is something that can compare meanings across languages.
    compares_meanings: bool,
    said: Vec<HashSet<String>>,
}

struct Passage<'a> {
    source: &'a Source,
    statements: Vec<Statement>,
    /// Stems of title and headings.
    header: HashSet<String>,
    /// All words, in lower case.
    all_words: HashSet<String>,
    /// What a reader found in it.
    span: Option<Range<usize>>,
}

struct Statement {
    range: Range<usize>,
    text: String,
    stems: HashSet<String>,
    numbers: BTreeSet<String>,
}

/// A claim's contents.
struct Contents {
    stems: HashSet<String>,
    numbers: BTreeSet<String>,
    names: HashSet<String>,
}

impl<'a> Verifier<'a> {
    /// `spans` are what a reader would quote, each with the position of its source: with them, claims must rest there.
    pub fn new(
        question: &str,
        language: Language,
        sources: &'a [Source],
        spans: &[(usize, Range<usize>)],
        compares_meanings: bool,
    ) -> Self {
        let passages = sources.iter().enumerate().map(|(position, source)| {
            let span = spans.iter().find(|(of, _)| *of == position).map(|(_, span)| span.clone());
            Passage::new(source, span)
        });
        Self {
            language,
            question: words::of_question(question, language),
            question_names: facts::names(question, language),
            passages: passages.collect(),
            compares_meanings,
            said: Vec::new(),
        }
    }

    /// Holds a claim against the passages.
    pub fn verify(&mut self, claim: &Claim) -> Verdict {
        if claim.is_code {
            return self.verify_code(&claim.text);
        }
        let found = tokens(&facts::without_contractions(&claim.text));
        let grammar = &phrases(self.language).grammar;
        let abstains = occurs(grammar.abstentions, &found, self.language);
        let contents = self.contents(&claim.text);
        let is_particle = found.iter().all(|token| has(grammar.particles, &token.word));
        let says_nothing = contents.stems.is_empty() && contents.numbers.is_empty();
        if is_particle || says_nothing {
            return if abstains { Verdict::Abstains } else { Verdict::Incomplete };
        }
        if claim.text.ends_with(':') {
            return if self.can_announce(&contents) { Verdict::Incomplete } else { Verdict::Unsupported };
        }
        if self.is_said(&contents.stems) {
            return Verdict::Repeats;
        }
        let verdict = match self.support(claim, &contents) {
            // What the passages themselves say not to be there is an answer.
            Verdict::Unsupported | Verdict::Unknown if abstains => Verdict::Abstains,
            verdict => verdict,
        };
        if matches!(verdict, Verdict::Supported(_) | Verdict::Unknown) {
            self.said.push(contents.stems);
        }
        verdict
    }

    fn contents(&self, text: &str) -> Contents {
        Contents {
            stems: words::content_words(text, self.language),
            numbers: facts::numbers(text, self.language),
            names: facts::names(text, self.language),
        }
    }

    /// Code counts if its lines stand in one passage just so.
    fn verify_code(&self, fenced: &str) -> Verdict {
        let lines = fenced.lines().filter(|line| !line.trim_start().starts_with("```"));
        let lines: Vec<String> = lines.map(one_line).filter(|line| !line.is_empty()).collect();
        let holds = |passage: &&Passage<'_>| {
            let text = one_line(&passage.source.text);
            lines.iter().all(|line| text.contains(line.as_str()))
        };
        match self.passages.iter().find(holds) {
            Some(passage) if !lines.is_empty() => Verdict::Supported(vec![passage.source.whole()]),
            _ => Verdict::Unsupported,
        }
    }

    /// Whether a lead-in is made of the question's words and of a passage's.
    fn can_announce(&self, contents: &Contents) -> bool {
        self.passages.iter().any(|passage| {
            let mut known = self.question.clone();
            known.extend(passage.header.iter().cloned());
            known.extend(passage.statements.iter().flat_map(|statement| statement.stems.iter().cloned()));
            words::coverage(&contents.stems, &known) >= 0.5
                && contents.names.iter().all(|name| self.knows(passage, name))
        })
    }

    fn is_said(&self, stems: &HashSet<String>) -> bool {
        let same = |other: &HashSet<String>| {
            words::coverage(stems, other) >= REPETITION && words::coverage(other, stems) >= REPETITION
        };
        !stems.is_empty() && self.said.iter().any(same)
    }

    fn support(&self, claim: &Claim, contents: &Contents) -> Verdict {
        let mut best: Option<(f32, Span)> = None;
        for passage in &self.passages {
            if passage.source.language != self.language || !self.agrees(passage, claim, contents) {
                continue;
            }
            let bonus = if claim.cited.contains(&passage.source.number) { 0.01 } else { 0.0 };
            for window in passage.windows() {
                if let Some(share) = self.share(passage, window, claim, contents)
                    && best.as_ref().is_none_or(|(most, _)| share + bonus > *most)
                {
                    best = Some((share + bonus, passage.span_of(window)));
                }
            }
        }
        match best {
            Some((_, span)) => Verdict::Supported(vec![span]),
            None if self.compares_meanings && self.foreign().next().is_some() => Verdict::Unknown,
            None => Verdict::Unsupported,
        }
    }

    /// Whether a passage knows all names and all code of a claim. Those of the question need not be in it.
    fn agrees(&self, passage: &Passage<'_>, claim: &Claim, contents: &Contents) -> bool {
        contents.names.iter().all(|name| self.knows(passage, name))
            && facts::code_spans(&claim.text).all(|code| {
                passage.source.text.contains(code) || self.question_names.contains(&code.to_lowercase())
            })
    }

    /// Whether a name is in a passage or in the question; the plural of an abbreviation is the same name.
    fn knows(&self, passage: &Passage<'_>, name: &str) -> bool {
        let is_there = |name: &str| passage.all_words.contains(name) || self.question_names.contains(name);
        is_there(name) || name.strip_suffix('s').is_some_and(is_there) || is_there(&format!("{name}s"))
    }

    /// How much of a claim a window of a passage says; none where that is too little, or something else.
    fn share(
        &self,
        passage: &Passage<'_>,
        window: &[Statement],
        claim: &Claim,
        contents: &Contents,
    ) -> Option<f32> {
        let has_stem = |stem: &String| window.iter().any(|statement| statement.stems.contains(stem));
        let has_number = |number: &String| {
            window.iter().any(|statement| statement.numbers.contains(number))
                || passage.source.date.as_ref().is_some_and(|date| date.starts_with(number.as_str()))
        };
        if !contents.numbers.iter().all(has_number) {
            return None;
        }
        let held =
            contents.stems.iter().filter(|stem| has_stem(stem) || passage.header.contains(*stem)).count();
        let share = if contents.stems.is_empty() { 1.0 } else { held as f32 / contents.stems.len() as f32 };
        let is_short = contents.stems.len() < WORDS_OF_SHORT;
        if is_short {
            // The subject of a short claim is in the question: what stands beside it must be about that.
            let beside =
                self.question.iter().filter(|stem| has_stem(stem) || passage.header.contains(*stem)).count();
            let is_beside = beside as f32 >= QUESTION_SHARE * self.question.len() as f32;
            if share < 1.0 || !(is_beside || passage.reads(window)) {
                return None;
            }
        } else if share < SUPPORT {
            return None;
        }
        if !self.rests_on_span(passage, window, &claim.text) {
            return None;
        }
        let shared: HashSet<String> = contents.stems.iter().filter(|stem| has_stem(stem)).cloned().collect();
        let says_not = facts::is_negated(&claim.text, self.language, Some(&shared));
        let said_not = window
            .iter()
            .any(|statement| facts::is_negated(&statement.text, passage.source.language, Some(&shared)));
        (says_not == said_not).then_some(share)
    }

    /// With a reader: whether a claim says what the reader found, or what stands around it.
    fn rests_on_span(&self, passage: &Passage<'_>, window: &[Statement], claim: &str) -> bool {
        let has_spans = self.passages.iter().any(|passage| passage.span.is_some());
        !has_spans || passage.reads(window) || self.says_a_span(claim)
    }

    /// Whether a claim has the words and numbers of what a reader found.
    fn says_a_span(&self, claim: &str) -> bool {
        let said = words::content_words(claim, self.language);
        let numbers = facts::numbers(claim, self.language);
        self.passages.iter().any(|passage| {
            let source = passage.source;
            let Some(found) = passage.span.clone().and_then(|span| source.text.get(span)) else {
                return false;
            };
            let stems = words::content_words(found, source.language);
            let found_numbers = facts::numbers(found, source.language);
            found_numbers.is_subset(&numbers)
                && if stems.is_empty() {
                    !found_numbers.is_empty()
                } else {
                    words::coverage(&stems, &said) >= 0.5
                }
        })
    }

    fn foreign(&self) -> impl Iterator<Item = &Passage<'a>> {
        self.passages.iter().filter(|passage| passage.source.language != self.language)
    }

    /// Holds a claim against the passages in other languages: the nearest sentence in meaning must agree in numbers, names
    /// and negation.
    ///
    /// # Errors
    /// If the embedder fails.
    pub async fn verify_meaning(&self, claim: &Claim, embedder: &Embedder) -> Result<Verdict, Error> {
        let contents = self.contents(&claim.text);
        let claimed = embedder.embed(&[&claim.text], TextKind::Passage).await?.pop().unwrap_or_default();
        let says_not = facts::is_negated(&claim.text, self.language, None);
        let mut best: Option<(f32, Span)> = None;
        for passage in self.foreign().filter(|passage| self.agrees(passage, claim, &contents)) {
            let agreeing: Vec<&Statement> = passage
                .statements
                .iter()
                .filter(|statement| {
                    contents.numbers.is_subset(&statement.numbers)
                        && says_not == facts::is_negated(&statement.text, passage.source.language, None)
                        && self.rests_on_span(passage, std::slice::from_ref(*statement), &claim.text)
                })
                .collect();
            let texts: Vec<&str> = agreeing.iter().map(|statement| statement.text.as_str()).collect();
            let vectors = embedder.embed(&texts, TextKind::Passage).await?;
            for (statement, vector) in agreeing.into_iter().zip(vectors) {
                let cosine = words::dot(&claimed, &vector);
                if cosine >= SAME_MEANING && best.as_ref().is_none_or(|(most, _)| cosine > *most) {
                    best = Some((cosine, passage.span_of(std::slice::from_ref(statement))));
                }
            }
        }
        Ok(best.map_or(Verdict::Unsupported, |(_, span)| Verdict::Supported(vec![span])))
    }

    /// The words of a claim that a reader found, as bytes of the claim.
    pub fn highlight(&self, claim: &str, support: &[Span]) -> Option<(usize, usize)> {
        let passage =
            self.passages.iter().find(|p| support.iter().any(|span| span.source == p.source.number))?;
        let found = passage.source.text.get(passage.span.clone()?)?;
        claim.find(found).map(|start| (start, start + found.len()))
    }
}

impl<'a> Passage<'a> {
    fn new(source: &'a Source, span: Option<Range<usize>>) -> Self {
        let language = source.language;
        let header = format!("{} {}", source.title, source.headings.join(" "));
        let whole = |kind: UnitKind| kind != UnitKind::List;
        let statements =
            units(&source.text, language).into_iter().filter(|unit| whole(unit.kind)).map(|unit| {
                let text = unit.words(&source.text);
                Statement {
                    range: unit.range.clone(),
                    stems: words::content_words(&text, language),
                    numbers: facts::numbers(&text, language),
                    text,
                }
            });
        let all_words = tokens(&format!("{header} {}", source.text)).into_iter().map(|token| token.word);
        Self {
            source,
            statements: statements.collect(),
            header: words::content_words(&header, language),
            all_words: all_words.collect(),
            span,
        }
    }

    /// Each statement, and each with the one after it.
    fn windows(&self) -> impl Iterator<Item = &[Statement]> {
        self.statements.chunks(1).chain(self.statements.windows(2))
    }

    fn span_of(&self, window: &[Statement]) -> Span {
        let start = window.first().map_or(0, |statement| statement.range.start);
        let end = window.last().map_or(0, |statement| statement.range.end);
        Span { source: self.source.number, start, end }
    }

    /// Whether a reader found its answer in a window.
    fn reads(&self, window: &[Statement]) -> bool {
        let within = |span: &Range<usize>| {
            window
                .iter()
                .any(|statement| span.start < statement.range.end && statement.range.start < span.end)
        };
        self.span.as_ref().is_some_and(within)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
