//! Which documents a list shows: by date from the document table, by topic from what a search finds.

use std::collections::HashSet;

use daneel_corpus::{DocumentInfo, Language};

use crate::phrases::phrases;
use crate::plan::{ListRequest, Order, Period};
use crate::reply::Reply;
use crate::retrieval::Retriever;
use crate::{AnswerKind, Error, Sentence, SentenceKind, Source, about, words};

/// Passages that a topic is looked for in.
const DEPTH: usize = 60;
/// Share of the topic's words that a document in the topic's language must have in its tags, its title or one passage.
const COVERED: f32 = 0.99;
/// A document in another language counts if its best passage's cosine is this close to that of one that has the words.
const NEAR_COSINE: f32 = 0.01;

/// Tells the list that was asked for; its kind is [`AnswerKind::NotFound`] if it is empty.
///
/// # Errors
/// If an engine fails.
pub(crate) async fn list(
    request: &ListRequest,
    retriever: Retriever<'_>,
    language: Language,
    reply: &mut Reply<'_>,
) -> Result<AnswerKind, Error> {
    let table = retriever.index.documents();
    let replies = &phrases(language).replies;
    let grammar = &phrases(language).grammar;
    let mut documents: Vec<DocumentInfo> = match &request.topic {
        Some(topic) => about_topic(topic, table, retriever, language).await?,
        None => table.to_vec(),
    };
    if let Some(period) = &request.period {
        documents = of_period(documents, period);
    }
    let by_date = request.order != Order::Best || (request.topic.is_none());
    if by_date {
        let is_dated = documents.iter().any(|document| document.date.is_some());
        if request.order != Order::Best && !is_dated && !documents.is_empty() {
            reply.say("", replies.no_dates);
        }
        sort_by_date(&mut documents, request.order, language);
    }
    let topic = request.topic.as_deref().unwrap_or_default();
    let period = request.period.map(|period| period.name(grammar)).unwrap_or_default();
    let fill = |phrase: &str| {
        let phrase = phrase.replace("{topic}", topic).replace("{period}", &period);
        phrase.replace("{n}", &documents.len().to_string())
    };
    if documents.is_empty() {
        let none = if request.period.is_some() { replies.none_period } else { replies.none_topic };
        reply.say("", fill(none));
        return Ok(AnswerKind::NotFound);
    }
    let intro = match (&request.topic, &request.period, request.order) {
        (Some(_), _, _) => replies.list_topic,
        (None, Some(_), _) => replies.list_period,
        (None, None, Order::Latest) => replies.list_latest,
        (None, None, Order::Oldest) => replies.list_oldest,
        (None, None, Order::Best) => replies.list_all,
    };
    reply.say(if reply.is_empty() { "" } else { "\n\n" }, fill(intro));
    documents.truncate(request.limit);
    let first = reply.n_sources() + 1;
    let sources: Vec<Source> =
        (first..).zip(&documents).map(|(number, document)| about::source(document, number)).collect();
    reply.offer(first - 1, &sources);
    sources.iter().map(item).for_each(|sentence| reply.push(sentence));
    Ok(AnswerKind::Listing)
}

/// One document: title, date, first lines.
fn item(source: &Source) -> Sentence {
    let mut text = source.title.clone();
    if let Some(date) = &source.date {
        text.push_str(&format!(" ({date})"));
    }
    let summary = source.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !summary.is_empty() {
        text.push_str(": ");
        text.push_str(&summary);
    }
    Sentence {
        lead: "\n- ".to_owned(),
        text,
        kind: SentenceKind::Listed,
        support: vec![source.whole()],
        highlight: Some((0, source.title.len())),
    }
}

fn of_period(documents: Vec<DocumentInfo>, period: &Period) -> Vec<DocumentInfo> {
    let dated = |document: &DocumentInfo, period: &Period| {
        document.date.as_ref().is_some_and(|date| period.contains(date))
    };
    let mut found: Vec<DocumentInfo> =
        documents.into_iter().filter(|document| dated(document, period)).collect();
    // "In March" is the latest March that has documents.
    if period.year.is_none() {
        let latest =
            found.iter().filter_map(|document| document.date.as_deref()?.get(..4)?.parse().ok()).max();
        found.retain(|document| dated(document, &Period { year: latest, ..*period }));
    }
    found
}

/// By date, without those that have none where others do; of one date the reader's language first.
fn sort_by_date(documents: &mut Vec<DocumentInfo>, order: Order, language: Language) {
    if order != Order::Best && documents.iter().any(|document| document.date.is_some()) {
        documents.retain(|document| document.date.is_some());
    }
    documents.sort_by_key(|document| document.language != language);
    match order {
        Order::Oldest => documents.sort_by(|a, b| a.date.cmp(&b.date)),
        Order::Latest | Order::Best => documents.sort_by(|a, b| b.date.cmp(&a.date)),
    }
}

/// The documents that are about a topic, those in the topic's language first, then the best first.
async fn about_topic(
    topic: &str,
    table: &[DocumentInfo],
    retriever: Retriever<'_>,
    language: Language,
) -> Result<Vec<DocumentInfo>, Error> {
    let (hits, _) = retriever.hits(topic, language, DEPTH).await?;
    let mut found: Vec<(DocumentInfo, bool, Option<f32>)> = Vec::new();
    let mut seen = HashSet::new();
    // Its own tags say what a document is about.
    let tagged =
        table.iter().filter(|document| document.tags.iter().any(|tag| covers(tag, topic, document.language)));
    for document in tagged.filter(|document| is_short(topic, document.language)) {
        seen.insert(document.url.clone());
        found.push((document.clone(), true, None));
    }
    for hit in hits {
        let source = retriever.source(hit.chunk, 0)?;
        let url = source.href.split('#').next().unwrap_or_default().to_owned();
        let text = format!("{} {} {}", source.title, source.headings.join(" "), source.text);
        let has_words = covers(&text, topic, source.language);
        if let Some(known) = found.iter_mut().find(|(document, ..)| document.url == url) {
            known.1 |= has_words;
            known.2 = known.2.or(hit.cosine);
        } else if seen.insert(url.clone()) {
            let row = table.iter().find(|document| document.url == url).cloned();
            found.push((row.unwrap_or_else(|| from_passage(&source, url)), has_words, hit.cosine));
        }
    }
    let best = found
        .iter()
        .filter(|(_, has_words, _)| *has_words)
        .filter_map(|(.., cosine)| *cosine)
        .reduce(f32::max);
    found.retain(|(document, has_words, cosine)| {
        let is_near = |(cosine, best): (&f32, f32)| *cosine >= best - NEAR_COSINE;
        *has_words || (document.language != language && cosine.as_ref().zip(best).is_some_and(is_near))
    });
    found.sort_by_key(|(document, ..)| document.language != language);
    Ok(found.into_iter().map(|(document, ..)| document).collect())
}

/// Whether a text has all content words of a topic.
fn covers(text: &str, topic: &str, language: Language) -> bool {
    let wanted = words::content_words(topic, language);
    words::coverage(&wanted, &words::content_words(text, language)) >= COVERED
}

/// Whether a topic can be a tag: one of some words is a subject of its own.
fn is_short(topic: &str, language: Language) -> bool {
    (1..=3).contains(&words::content_words(topic, language).len())
}

/// What a passage tells of its document.
fn from_passage(source: &Source, url: String) -> DocumentInfo {
    let summary = words::sentences(&source.text).first().map_or("", |sentence| sentence.trim());
    DocumentInfo {
        url,
        title: source.title.clone(),
        date: source.date.clone(),
        tags: Vec::new(),
        language: source.language,
        summary: summary.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(title: &str, date: Option<&str>, language: Language) -> DocumentInfo {
        DocumentInfo {
            url: title.into(),
            title: title.into(),
            date: date.map(str::to_owned),
            tags: vec![],
            language,
            summary: "First\nlines.".into(),
        }
    }

    fn titles(documents: &[DocumentInfo]) -> Vec<&str> {
        documents.iter().map(|document| document.title.as_str()).collect()
    }

    #[test]
    fn dates_order_and_the_readers_language_breaks_ties() {
        let (it, en) = (Language::ITALIAN, Language::ENGLISH);
        let mut documents = vec![
            document("old", Some("2020-01-01"), en),
            document("nuovo", Some("2024-03-01"), it),
            document("new", Some("2024-03-01"), en),
            document("undated", None, en),
        ];
        sort_by_date(&mut documents, Order::Latest, en);
        assert_eq!(titles(&documents), ["new", "nuovo", "old"]);
        sort_by_date(&mut documents, Order::Oldest, it);
        assert_eq!(titles(&documents), ["old", "nuovo", "new"]);
    }

    #[test]
    fn a_month_is_the_latest_one_that_has_documents() {
        let of = |period| {
            let documents = vec![
                document("a", Some("2022-03-05"), Language::ENGLISH),
                document("b", Some("2023-03-05"), Language::ENGLISH),
                document("c", Some("2024-04-05"), Language::ENGLISH),
            ];
            of_period(documents, &period)
        };
        assert_eq!(titles(&of(Period { year: None, month: Some(3) })), ["b"]);
        assert_eq!(titles(&of(Period { year: Some(2022), month: Some(3) })), ["a"]);
        assert!(of(Period { year: Some(2021), month: None }).is_empty());
    }

    #[test]
    fn an_item_shows_title_date_and_first_lines() {
        let document = document("Why local", Some("2024-03-01"), Language::ENGLISH);
        let source = about::source(&document, 2);
        let item = item(&source);
        assert_eq!(item.text, "Why local (2024-03-01): First lines.");
        assert_eq!(item.highlight, Some((0, 9)));
        assert_eq!(source.quote(&item.support[0]), Some("First\nlines."));
    }
}
