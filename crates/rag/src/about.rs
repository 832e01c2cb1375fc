//! What Daneel says of itself, the site and its author: phrases filled with what the manifest and the document table know.

use std::collections::HashMap;

use daneel_corpus::{DocumentInfo, Language};

use crate::phrases::{Replies, phrases};
use crate::plan::Remark;
use crate::reply::Reply;
use crate::tokens::tokens;
use crate::{Manifest, Sentence, SentenceKind, Source};

/// Questions to try that are shown.
const SUGGESTIONS: usize = 3;
/// Most frequent tags that are named.
const TAGS: usize = 6;
/// Words of a title or of the last part of a URL that name the page about the author.
const ABOUT_WORDS: &[&str] = &[
    "about",
    "me",
    "author",
    "bio",
    "biography",
    "who",
    "chi",
    "sono",
    "autore",
    "autrice",
    "biografia",
    "di",
    "propos",
    "auteur",
    "über",
    "ueber",
    "mich",
    "uns",
    "autor",
    "acerca",
    "sobre",
    "mí",
    "mi",
    "mim",
    "quem",
    "sou",
    "quién",
    "soy",
    "over",
    "mij",
    "ons",
    "us",
    "siamo",
    "noi",
    "i",
    "am",
    "qui",
    "suis",
    "je",
    "a",
    "à",
    "the",
    "l",
    "this",
    "site",
    "blog",
    "questo",
    "sito",
];
/// Of these, the words that a page about the author has at least one of.
const ABOUT_CORE: &[&str] = &[
    "about",
    "bio",
    "biography",
    "chi",
    "autore",
    "autrice",
    "biografia",
    "propos",
    "auteur",
    "über",
    "ueber",
    "acerca",
    "sobre",
    "quem",
    "quién",
    "over",
    "author",
];

/// Answers a remark.
pub(crate) fn remark(remark: Remark, manifest: &Manifest, language: Language, reply: &mut Reply<'_>) {
    let replies = &phrases(language).replies;
    let text = match remark {
        Remark::Greeting => replies.greeting,
        Remark::Thanks => replies.thanks,
        Remark::Farewell => replies.farewell,
        Remark::SmallTalk => replies.small_talk,
        Remark::AboutChat => replies.about_chat,
    };
    reply.say("", filled(text, manifest));
    if matches!(remark, Remark::AboutChat | Remark::Greeting | Remark::SmallTalk) {
        suggest(manifest, language, replies, reply);
    }
}

/// Says what the site is about: the page that describes it, how much there is, from when, on what.
pub(crate) fn site(
    manifest: &Manifest,
    documents: &[DocumentInfo],
    language: Language,
    reply: &mut Reply<'_>,
) {
    let replies = &phrases(language).replies;
    reply.say("", filled(replies.about_site, manifest));
    if let Some(description) = manifest.description.as_deref().map(str::trim).filter(|text| !text.is_empty())
    {
        reply.say(" ", description);
    } else if let Some(home) = documents.iter().find(|document| is_home(document, manifest)) {
        quote_summary(home, reply);
    }
    let n_documents = if documents.is_empty() { manifest.n_documents } else { documents.len() };
    let count = if n_documents == 1 { replies.count.0 } else { replies.count.1 };
    reply.say("\n\n", count.replace("{n}", &n_documents.to_string()));
    let mut dates: Vec<&str> = documents.iter().filter_map(|document| document.date.as_deref()).collect();
    dates.sort_unstable();
    if let (Some(from), Some(to)) = (dates.first(), dates.last())
        && from != to
    {
        reply.say(" ", replies.dates.replace("{from}", from).replace("{to}", to));
    }
    let tags = frequent_tags(documents);
    if !tags.is_empty() {
        reply.say(" ", replies.tags.replace("{tags}", &tags.join(", ")));
    }
}

/// Says who writes, if that is known apart from the texts; false if nothing is.
pub(crate) fn author(
    manifest: &Manifest,
    documents: &[DocumentInfo],
    language: Language,
    reply: &mut Reply<'_>,
) -> bool {
    let replies = &phrases(language).replies;
    let page = about_pages(documents).min_by_key(|document| document.language != language);
    if let Some(name) = &manifest.persona.name {
        reply.say("", replies.author.replace("{author}", name));
    }
    if let Some(page) = page {
        quote_summary(page, reply);
    }
    manifest.persona.name.is_some() || page.is_some()
}

/// A document as the source with a number.
pub(crate) fn source(document: &DocumentInfo, number: usize) -> Source {
    Source {
        number,
        href: document.url.clone(),
        title: document.title.clone(),
        headings: Vec::new(),
        date: document.date.clone(),
        language: document.language,
        text: document.summary.clone(),
    }
}

fn quote_summary(document: &DocumentInfo, reply: &mut Reply<'_>) {
    if document.summary.trim().is_empty() {
        return;
    }
    let kept = reply.n_sources();
    let source = source(document, kept + 1);
    let (text, support) = (source.text.clone(), vec![source.whole()]);
    reply.offer(kept, &[source]);
    let lead = "\n\n".to_owned();
    reply.push(Sentence { lead, text, kind: SentenceKind::Quoted, support, highlight: None });
}

fn suggest(manifest: &Manifest, language: Language, replies: &Replies, reply: &mut Reply<'_>) {
    let suggestions = manifest.suggestions.iter().filter(|suggestion| suggestion.language == language);
    for (position, suggestion) in suggestions.take(SUGGESTIONS).enumerate() {
        if position == 0 {
            reply.say("\n\n", replies.suggestions);
        }
        reply.say("\n- ", suggestion.text.as_str());
    }
}

/// A phrase with the site's title and its author.
fn filled(phrase: &str, manifest: &Manifest) -> String {
    let named = manifest.persona.name.as_ref().filter(|name| **name != manifest.title);
    let author = named.map_or_else(String::new, |name| format!(" ({name})"));
    phrase.replace("{title}", &manifest.title).replace("{author}", &author)
}

/// Whether a document is the site's front page.
fn is_home(document: &DocumentInfo, manifest: &Manifest) -> bool {
    let path = document.url.split("://").last().unwrap_or_default();
    let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let stem = name.split('.').next().unwrap_or_default();
    let is_root = !path.trim_end_matches('/').contains('/') && (stem == "index" || path.ends_with('/'));
    is_root || document.title.eq_ignore_ascii_case(&manifest.title)
}

/// The documents that by title or URL are about the author.
fn about_pages(documents: &[DocumentInfo]) -> impl Iterator<Item = &DocumentInfo> {
    documents.iter().filter(|document| {
        let name = document.url.trim_end_matches('/').trim_end_matches("/index.html").rsplit('/').next();
        let stem = name.unwrap_or_default().split('.').next().unwrap_or_default();
        names_the_author(stem) || names_the_author(&document.title)
    })
}

fn names_the_author(name: &str) -> bool {
    let words = tokens(name);
    words.iter().all(|token| ABOUT_WORDS.contains(&token.word.as_str()))
        && words.iter().any(|token| ABOUT_CORE.contains(&token.word.as_str()))
}

fn frequent_tags(documents: &[DocumentInfo]) -> Vec<&str> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for tag in documents.iter().flat_map(|document| &document.tags) {
        *counts.entry(tag).or_default() += 1;
    }
    let mut tags: Vec<_> = counts.into_iter().collect();
    tags.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    tags.into_iter().take(TAGS).map(|(tag, _)| tag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(url: &str, title: &str, tags: &[&str]) -> DocumentInfo {
        DocumentInfo {
            url: url.into(),
            title: title.into(),
            date: None,
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            language: Language::ENGLISH,
            summary: "Words.".into(),
        }
    }

    #[test]
    fn a_page_about_the_author_is_told_by_its_name() {
        for (url, title, expected) in [
            ("https://a.b/about/", "Hello", true),
            ("chi-sono.html", "Io", true),
            ("read/x.html", "About the author", true),
            ("/about/index.html", "x", true),
            ("about-time.html", "About time", false),
            ("posts/me.html", "Me", false),
        ] {
            let documents = [document(url, title, &[])];
            assert_eq!(about_pages(&documents).next().is_some(), expected, "{url}");
        }
    }

    #[test]
    fn tags_are_named_by_frequency() {
        let documents = [document("a", "a", &["rust", "web"]), document("b", "b", &["web"])];
        assert_eq!(frequent_tags(&documents), ["web", "rust"]);
    }
}
