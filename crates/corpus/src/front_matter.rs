//! The block between `---` (YAML) or `+++` (TOML) that opens a Markdown file becomes what Daneel needs of it.

use serde_json::{Map, Value};

use crate::{Error, Language};

/// What front matter says, whichever generator it is for.
#[derive(Debug, Default)]
pub(crate) struct FrontMatter {
    fields: Map<String, Value>,
    pub format: Option<Format>,
}

/// How front matter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Yaml,
    Toml,
}

impl Format {
    fn name(self) -> &'static str {
        match self {
            Format::Yaml => "YAML",
            Format::Toml => "TOML",
        }
    }
}

/// Splits a file into its front matter, empty where there is none, and its body.
///
/// # Errors
/// [`Error::FrontMatter`] with the line in the file.
pub(crate) fn split(text: &str) -> Result<(FrontMatter, &str), Error> {
    let Some((format, block, body)) = find_block(text) else { return Ok((FrontMatter::default(), text)) };
    let fields = match format {
        Format::Yaml => yaml(block)?,
        Format::Toml => toml(block)?,
    };
    Ok((FrontMatter { fields, format: Some(format) }, body))
}

impl FrontMatter {
    /// The text of a field: also numbers, booleans and dates, as written.
    pub fn text(&self, key: &str) -> Option<String> {
        self.fields.get(key).and_then(text_of)
    }

    /// Whether a field is there, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// A list of texts, also where it is written as one text; words are split at `separator`.
    pub fn list(&self, key: &str, separator: fn(char) -> bool) -> Vec<String> {
        match self.fields.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(text_of).collect(),
            Some(value) => text_of(value).map_or_else(Vec::new, |text| {
                text.split(separator)
                    .map(str::trim)
                    .filter(|word| !word.is_empty())
                    .map(str::to_owned)
                    .collect()
            }),
            None => Vec::new(),
        }
    }

    /// Tags, then categories, each once; in Zola under `[taxonomies]`.
    pub fn tags(&self) -> Vec<String> {
        let taxonomy = |name: &str| match self.fields.get("taxonomies").and_then(|all| all.get(name)) {
            Some(Value::Array(items)) => items.iter().filter_map(text_of).collect(),
            _ => Vec::new(),
        };
        let mut tags: Vec<String> = Vec::new();
        let lists = [
            self.list("tags", |c| c == ','),
            taxonomy("tags"),
            self.list("categories", char::is_whitespace),
            self.text("category").into_iter().collect(),
            taxonomy("categories"),
        ];
        for tag in lists.into_iter().flatten() {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        tags
    }

    /// `YYYY-MM-DD`.
    pub fn date(&self) -> Option<String> {
        ["date", "published", "publishDate", "pubDate"].iter().find_map(|key| iso_date(&self.text(key)?))
    }

    /// The language the author states.
    pub fn language(&self) -> Option<Language> {
        ["lang", "language", "locale"].iter().find_map(|key| Language::from_tag(&self.text(key)?))
    }

    /// The day from which Hugo and others show the text.
    pub fn publish_date(&self) -> Option<String> {
        ["publishDate", "publishdate", "pubDate"].iter().find_map(|key| iso_date(&self.text(key)?))
    }

    /// The day from which Hugo no longer shows the text.
    pub fn expiry(&self) -> Option<String> {
        ["expiryDate", "expirydate", "unpublishDate", "unpublishdate"]
            .iter()
            .find_map(|key| iso_date(&self.text(key)?))
    }

    /// Whether the author says that the text is not ready: also as `draft: yes`, `published: "false"`.
    pub fn is_draft(&self) -> bool {
        self.says("draft", &["true", "yes", "y", "on", "1"])
            || self.says("published", &["false", "no", "n", "off", "0"])
    }

    /// Whether the generator is told to make no page of it: Zola's `render = false`, Hugo's `build.render: never`.
    pub fn is_hidden(&self) -> bool {
        let render = |build: &Value| build.get("render").and_then(text_of);
        let never = |value: String| matches!(value.to_ascii_lowercase().as_str(), "never" | "false");
        let of_build = ["build", "_build"].iter().find_map(|key| render(self.fields.get(*key)?));
        self.says("render", &["false"]) || of_build.is_some_and(never)
    }

    fn says(&self, key: &str, values: &[&str]) -> bool {
        self.text(key).is_some_and(|text| values.contains(&text.trim().to_ascii_lowercase().as_str()))
    }
}

/// The `YYYY-MM-DD` a date or time begins with; months and days of one digit are filled up.
pub(crate) fn iso_date(text: &str) -> Option<String> {
    let mut parts = text.trim().splitn(3, '-');
    let (year, month, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if year.len() != 4 || !is_number(year) || !is_number(month) || n_digits > 2 {
        return None;
    }
    let month: u8 = month.parse().ok()?;
    let day: u8 = rest[..n_digits].parse().ok()?;
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| format!("{year}-{month:02}-{day:02}"))
}

/// Format, content and what follows, if the text opens with a marker line that has its pair.
fn find_block(text: &str) -> Option<(Format, &str, &str)> {
    let (first, rest) = text.split_once('\n')?;
    let (format, marker) = match first.trim_end() {
        "---" => (Format::Yaml, "---"),
        "+++" => (Format::Toml, "+++"),
        _ => return None,
    };
    let mut offset = 0;
    for line in rest.split_inclusive('\n') {
        let end = line.trim_end();
        if end == marker || (format == Format::Yaml && end == "...") {
            return Some((format, &rest[..offset], &rest[offset + line.len()..]));
        }
        offset += line.len();
    }
    None
}

/// The fields of a YAML mapping.
///
/// # Errors
/// [`Error::FrontMatter`] with the line, counted from a marker above the block.
pub(crate) fn yaml(block: &str) -> Result<Map<String, Value>, Error> {
    let fail =
        |line: usize, message: String| Error::FrontMatter { format: Format::Yaml.name(), line, message };
    if block.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Map::new());
    }
    // A title `No` is no boolean.
    let options = serde_saphyr::options! { strict_booleans: true };
    match serde_saphyr::from_str_with_options::<Value>(block, options) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(fail(2, "it is no list of `key: value` lines".to_owned())),
        Err(error) => {
            let line = error.location().map_or(1, |location| usize::try_from(location.line()).unwrap_or(1));
            let message = first_line(&error.without_snippet().to_string());
            // Its own line numbers do not count the opening `---`.
            let message = message.split(" at line ").next().unwrap_or(&message);
            Err(fail(line + 1, message.to_owned()))
        }
    }
}

/// The fields of a TOML table; dates and times become texts.
///
/// # Errors
/// [`Error::FrontMatter`] with the line, counted from a marker above the block.
pub(crate) fn toml(block: &str) -> Result<Map<String, Value>, Error> {
    let table: toml::Table = block.parse().map_err(|error: toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start.min(block.len()));
        let line = block.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count();
        Error::FrontMatter {
            format: Format::Toml.name(),
            line: line + 2,
            message: first_line(error.message()),
        }
    })?;
    Ok(table.into_iter().map(|(key, value)| (key, json_of(value))).collect())
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().trim().to_owned()
}

fn json_of(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(flag) => Value::Bool(flag),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => items.into_iter().map(json_of).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json_of(value))).collect(),
    }
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_toml_say_the_same() {
        let yaml = "---\ntitle: \"RAG: what\"\ndate: 2024-3-1 10:00:00 +0100\nlang: it-IT\ntags: [a, b c]\ndraft: false\n---\nBody\n";
        let toml = "+++\ntitle = 'RAG: what'\ndate = 2024-03-01T10:00:00+01:00\nlanguage = 'it'\n[taxonomies]\ntags = ['a', 'b c']\n+++\nBody\n";
        for text in [yaml, toml] {
            let (front_matter, body) = split(text).unwrap();
            assert_eq!(body, "Body\n");
            assert_eq!(front_matter.text("title").as_deref(), Some("RAG: what"));
            assert_eq!(front_matter.date().as_deref(), Some("2024-03-01"));
            assert_eq!(front_matter.language(), Some(Language::ITALIAN));
            assert_eq!(front_matter.tags(), ["a", "b c"]);
            assert!(!front_matter.is_draft());
        }
    }

    #[test]
    fn errors_name_the_line_of_the_file() {
        let check = |text: &str, expected_line: usize| match split(text) {
            Err(error @ Error::FrontMatter { line, .. }) => assert_eq!(line, expected_line, "{error}"),
            other => panic!("{other:?}"),
        };
        check("---\ntitle: ok\nbroken: a: b\nother: 1\n---\nBody", 3);
        check("---\njust a sentence\n---\nBody", 2);
        check("+++\ntitle = 'ok'\nbroken = = 1\n+++\nBody", 3);
    }

    #[test]
    fn what_is_no_front_matter_is_body() {
        for text in ["", "---", "---\nnever closed", "text\n---\na: b\n---\n"] {
            assert_eq!(split(text).unwrap().1, text);
        }
        assert_eq!(split("---\n---\nBody").unwrap().1, "Body");
        assert_eq!(split("---\n# only a comment\n---\nBody").unwrap().1, "Body");
    }

    #[test]
    fn dates_are_checked() {
        assert_eq!(iso_date("2024-03-01").as_deref(), Some("2024-03-01"));
        assert_eq!(iso_date("2024-03-01T10:00:00Z").as_deref(), Some("2024-03-01"));
        for text in ["", "2024", "2024-13-01", "2024-00-10", "24-1-1", "2024-1-", "yesterday", "٢٠٢٤-٠١-٠١"]
        {
            assert_eq!(iso_date(text), None, "{text}");
        }
    }
}
