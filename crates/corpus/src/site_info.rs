//! The settings of a site generator, or else its built pages, become what the whole site says of itself.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::{
    decode::{declared_charset, decode},
    front_matter,
    html::{self, SiteNames},
    outline::one_line,
};

/// What a whole site says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteInfo {
    /// Its title.
    pub title: Option<String>,
    /// What it is about, in a sentence or two.
    pub description: Option<String>,
}

/// Names of the settings files that [`SiteInfo::of_settings`] reads, where the generator looks for them.
pub const SETTINGS_FILES: &[&str] = &[
    "_config.yml",
    "_config.yaml",
    "_config.toml",
    "hugo.toml",
    "hugo.yaml",
    "hugo.yml",
    "hugo.json",
    "config/_default/hugo.toml",
    "config/_default/hugo.yaml",
    "config/_default/config.toml",
    "config/_default/config.yaml",
    "config.toml",
    "config.yaml",
    "config.yml",
    "config.json",
    "book.toml",
    "mkdocs.yml",
    "mkdocs.yaml",
];

/// Where generators write the site or look for its texts, unless they are told otherwise.
const USUAL_FOLDERS: &[&str] =
    &["_site", "public", "book", "site", "docs", "src", "content", "_posts", "source"];

/// Keys by which settings name such a folder.
const FOLDER_KEYS: &[&str] = &[
    "/destination",
    "/source",
    "/publishDir",
    "/contentDir",
    "/output_dir",
    "/book/src",
    "/build/build-dir",
    "/site_dir",
    "/docs_dir",
];

/// A site's name is on most of its pages; one part in so many is enough.
const LEAST_SHARE: usize = 2;

impl SiteInfo {
    /// What the settings of Jekyll, Hugo, Zola, mdBook or MkDocs say; nothing where they cannot be read.
    ///
    /// `folder` names the corpus folder where the settings stand beside it: they count if that is where the generator
    /// writes the site, or looks for its texts. `None` is for settings inside the corpus folder.
    pub fn of_settings(file: &str, bytes: &[u8], folder: Option<&str>) -> Self {
        let Some(fields) = settings(file, bytes) else { return Self::default() };
        let fields = Value::Object(fields);
        let text = |pointer: &str| fields.pointer(pointer).and_then(Value::as_str).map(one_line);
        let is_of_site = folder.is_none_or(|folder| {
            let told = FOLDER_KEYS.iter().filter_map(|key| text(key));
            let told: Vec<String> = told.map(|path| path.trim_matches(['.', '/']).to_owned()).collect();
            USUAL_FOLDERS.contains(&folder) || told.iter().any(|path| path == folder)
        });
        if !is_of_site {
            return Self::default();
        }
        let language = ["/defaultContentLanguage", "/default_language"].iter().find_map(|key| text(key));
        let language = language.unwrap_or_else(|| "en".to_owned());
        let first = |keys: &[&str]| {
            keys.iter()
                .flat_map(|key| [format!("/languages/{language}{key}"), (*key).to_owned()])
                .find_map(|key| text(&key).filter(|text| !text.is_empty()))
        };
        Self {
            title: first(&["/title", "/book/title", "/site_name"]),
            description: first(&[
                "/description",
                "/params/description",
                "/book/description",
                "/site_description",
                "/extra/description",
            ]),
        }
    }

    /// What built HTML pages say: the site name in their heads, else the end that most of their titles share.
    pub fn of_pages<'a>(pages: impl Iterator<Item = &'a [u8]>) -> Self {
        let names: Vec<SiteNames> = pages
            .filter_map(|bytes| html::site_names(&decode(bytes, declared_charset(bytes)).ok()?).ok())
            .collect();
        let stated = most_common(names.iter().filter_map(|page| page.site_name.as_deref()), names.len());
        let ends = || names.iter().filter_map(|page| html::title_end(page.title.as_deref()?));
        // Alone it may as well be half of the one page's title.
        let end = if names.len() > 1 { most_common(ends(), names.len()) } else { None };
        Self { title: stated.or(end), description: None }
    }
}

/// The fields of a settings file, by its format.
fn settings(file: &str, bytes: &[u8]) -> Option<Map<String, Value>> {
    let text = decode(bytes, None).ok()?;
    match file.rsplit('.').next()? {
        "toml" => front_matter::toml(&text).ok(),
        "json" => serde_json::from_str(&text).ok(),
        // MkDocs has tags of Python in its YAML: its plain lines still say what is wanted.
        _ => Some(front_matter::yaml(&text).unwrap_or_else(|_| plain_lines(&text))),
    }
}

/// `key: value` lines that are not indented, of YAML that is more than data.
fn plain_lines(text: &str) -> Map<String, Value> {
    let line = |line: &str| {
        let (key, value) = line.split_once(": ")?;
        let fields = front_matter::yaml(&format!("value: {value}")).ok()?;
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        is_key.then(|| Some((key.to_owned(), fields.get("value")?.clone()))).flatten()
    };
    text.lines().filter_map(line).collect()
}

/// The most frequent text, if it stands on a fair part of `n_pages`.
fn most_common<'a>(texts: impl Iterator<Item = &'a str>, n_pages: usize) -> Option<String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for text in texts {
        *counts.entry(text).or_default() += 1;
    }
    let (text, count) = counts.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)))?;
    (count * LEAST_SHARE >= n_pages).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(file: &str, text: &str, title: Option<&str>, description: Option<&str>) {
        let found = SiteInfo::of_settings(file, text.as_bytes(), None);
        assert_eq!((found.title.as_deref(), found.description.as_deref()), (title, description), "{file}");
    }

    #[test]
    fn generators_say_their_titles() {
        let both = (Some("Il blog"), Some("Di robot."));
        check("_config.yml", "title: Il blog # mine\ndescription: >-\n  Di\n  robot.\n", both.0, both.1);
        check("hugo.toml", "title = 'Il blog'\n[params]\ndescription = 'Di robot.'\n", both.0, both.1);
        check("hugo.yaml", "title: Il blog\nparams:\n  description: Di robot.\n", both.0, both.1);
        check(
            "config.toml",
            "base_url = '/'\ntitle = 'Il blog'\ndescription = 'Di robot.'\n",
            both.0,
            both.1,
        );
        check("config.json", r#"{"title": "Il blog", "description": "Di robot."}"#, both.0, both.1);
        check("book.toml", "[book]\ntitle = 'Il blog'\ndescription = 'Di robot.'\n", both.0, both.1);
        check("mkdocs.yml", "site_name: Il blog\nsite_description: 'Di robot.'\n", both.0, both.1);
        let tags = "site_name: Il blog\nemoji: !!python/name:material.x\nbad: [\n  title: no\n";
        check("mkdocs.yml", tags, both.0, None);
    }

    #[test]
    fn the_default_language_speaks_first() {
        let text = "title = 'Both'\ndefaultContentLanguage = 'it'\n[languages.it]\ntitle = 'Il blog'\n[languages.en]\ntitle = 'The blog'\n";
        check("hugo.toml", text, Some("Il blog"), None);
    }

    #[test]
    fn settings_that_cannot_be_read_say_nothing() {
        for text in ["", "title = = 1", "\0\0\0", "title = 3", "title = ''", "[title]\nx = 1"] {
            check("config.toml", text, None, None);
        }
        check("_config.yml", "- a\n- b\n", None, None);
    }

    #[test]
    fn settings_beside_the_folder_count_if_they_mean_it() {
        let title = |text: &str, folder: &str| {
            SiteInfo::of_settings("config.toml", text.as_bytes(), Some(folder)).title
        };
        assert_eq!(title("title = 'A'", "public").as_deref(), Some("A"));
        assert_eq!(title("title = 'A'", "notes"), None);
        assert_eq!(title("title = 'A'\npublishDir = './out/'", "out").as_deref(), Some("A"));
    }

    fn of_pages(heads: &[&str]) -> Option<String> {
        let pages: Vec<String> = heads.iter().map(|head| format!("<head>{head}</head><p>Text.")).collect();
        SiteInfo::of_pages(pages.iter().map(|page| page.as_bytes())).title
    }

    #[test]
    fn pages_say_the_name_of_their_site() {
        let named = "<meta property=og:site_name content='Robots'><title>A - B</title>";
        assert_eq!(of_pages(&[named, named, "<title>C</title>"]).as_deref(), Some("Robots"));
        let titles = ["<title>A - Robots</title>", "<title>B - Robots</title>", "<title>Robots</title>"];
        assert_eq!(of_pages(&titles).as_deref(), Some("Robots"));
        assert_eq!(
            of_pages(&["<title>A | Robots</title>", "<title>B | x</title>", "<title>C</title>"]),
            None
        );
        assert_eq!(of_pages(&["<title>Rust - a story</title>"]), None);
        assert_eq!(of_pages(&[]), None);
        // Pages that lead elsewhere are many in some books, and all of one title.
        let moved = "<meta http-equiv=refresh content='0; url=/new/'><title>Redirecting...</title>";
        let pages = [moved, moved, moved, "<title>A - Robots</title>", "<title>B - Robots</title>"];
        assert_eq!(of_pages(&pages).as_deref(), Some("Robots"));
    }
}
