//! Path and front matter become the URL under which a generator publishes the text.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::{
    Language, UrlRule,
    front_matter::{Format, FrontMatter, iso_date},
    slug::ascii_slug,
};

/// Path, inside the site folder, of the page that `daneel build` writes for a document published nowhere. As a URL it
/// is percent-encoded, see [`crate::Document::url`].
pub fn reader_path(source: &str) -> String {
    format!("read/{}.html", without_extension(source))
}

/// URL of the document at `source`; `published_path` is its path under the base of a published corpus.
pub(crate) fn url(rule: &UrlRule, source: &str, published_path: &str) -> String {
    match rule {
        UrlRule::Reader => encode_path(&reader_path(source)),
        UrlRule::Published(base) => join(base, &encode_path(published_path)),
    }
}

/// Path under which built HTML is served: its own, without `index.html`.
pub(crate) fn html_path(source: &str) -> String {
    match source.strip_suffix("index.html").or_else(|| source.strip_suffix("index.htm")) {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => folder.to_owned(),
        _ => source.to_owned(),
    }
}

/// A canonical URL as one under the base, if it is on the same site.
pub(crate) fn canonical(base: &str, canonical: &str) -> Option<String> {
    let without_scheme =
        |url: &str| url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).map(str::to_owned);
    let root = without_scheme(base)?;
    let root = root.trim_end_matches('/');
    let canonical = canonical.split(['#', '?']).next().unwrap_or_default().trim();
    let path = match without_scheme(canonical) {
        Some(canonical) => canonical.strip_prefix(root)?.to_owned(),
        None => {
            let base_path = root.find('/').map_or("", |slash| &root[slash..]);
            canonical.strip_prefix(base_path).filter(|path| path.starts_with('/'))?.to_owned()
        }
    };
    if !path.is_empty() && !path.starts_with('/') {
        return None;
    }
    Some(join(base, &html_path(&encode_url_path(path.trim_start_matches('/')))))
}

/// Path under which the generator that the front matter is written for publishes a Markdown file.
pub(crate) fn markdown_path(source: &str, front_matter: &FrontMatter, default_language: Language) -> String {
    for key in ["permalink", "url", "path"] {
        if let Some(path) = front_matter.text(key).filter(|path| !path.contains("://")) {
            let path = if key == "permalink" { expand_permalink(&path, source, front_matter) } else { path };
            let path = path.trim_start_matches('/');
            let is_file = path.is_empty()
                || path.ends_with('/')
                || path.rsplit('/').next().is_some_and(|n| n.contains('.'));
            // Jekyll serves `/about` as written; Zola and Hugo add the slash.
            return if is_file || key == "permalink" { path.to_owned() } else { format!("{path}/") };
        }
    }
    match generator(source, front_matter) {
        Generator::Jekyll if post(source).is_some() => {
            expand_permalink("/:categories/:year/:month/:day/:title.html", source, front_matter)
                .trim_start_matches('/')
                .to_owned()
        }
        Generator::Jekyll => html_path(&format!("{}.html", without_extension(source))),
        generator => pretty_path(source, front_matter, generator, default_language),
    }
}

/// Whether Zola made the front matter: its anchors and slugs are in ASCII.
pub(crate) fn is_zola(source: &str, front_matter: &FrontMatter) -> bool {
    generator(source, front_matter) == Generator::Zola
}

/// The date a file's name begins with, as Jekyll wants and others allow.
pub(crate) fn date_in_name(source: &str) -> Option<String> {
    let start = file_stem(source).get(..10)?;
    iso_date(start).filter(|date| date == start)
}

/// The language that a path names: `post.it.md`, or `it/` as the first folder.
pub(crate) fn language_in_path(source: &str) -> Option<Language> {
    let (_, suffix) = split_language(file_stem(source));
    let path = source.strip_prefix("content/").unwrap_or(source);
    let folder = path.split_once('/').map(|(folder, _)| folder);
    suffix.or_else(|| {
        folder.filter(|name| name.len() == 2).and_then(Language::from_tag).filter(Language::is_known)
    })
}

/// Path without the extension of the file's name.
pub(crate) fn without_extension(source: &str) -> &str {
    let name_start = source.rfind('/').map_or(0, |slash| slash + 1);
    match source[name_start..].rfind('.') {
        Some(dot) if dot > 0 => &source[..name_start + dot],
        _ => source,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Generator {
    Jekyll,
    Hugo,
    Zola,
}

/// Told by the folder, the format and the keys; where nothing speaks, Hugo's `/section/name/` is the most common rule.
fn generator(source: &str, front_matter: &FrontMatter) -> Generator {
    let zola = ["taxonomies", "extra", "template", "page_template", "in_search_index", "path"];
    match front_matter.format {
        _ if post(source).is_some() => Generator::Jekyll,
        Some(Format::Toml) if zola.iter().any(|key| front_matter.has(key)) => Generator::Zola,
        Some(Format::Yaml) if !source.starts_with("content/") && front_matter.has("layout") => {
            Generator::Jekyll
        }
        _ => Generator::Hugo,
    }
}

/// Folders around `_posts`, and the file's name, of a Jekyll post.
fn post(source: &str) -> Option<(&str, &str)> {
    if let Some(name) = source.strip_prefix("_posts/") {
        return Some(("", name));
    }
    source.split_once("/_posts/")
}

/// Jekyll's placeholders, and its named styles, filled in.
fn expand_permalink(pattern: &str, source: &str, front_matter: &FrontMatter) -> String {
    let pattern = match pattern {
        "pretty" => "/:categories/:year/:month/:day/:title/",
        "date" => "/:categories/:year/:month/:day/:title.html",
        "none" => "/:categories/:title.html",
        other => other,
    };
    let stem = file_stem(source);
    let name = if date_in_name(source).is_some() { stem[10..].trim_start_matches('-') } else { stem };
    let title = front_matter.text("slug").unwrap_or_else(|| name.to_owned());
    let date = front_matter.date().or_else(|| date_in_name(source)).unwrap_or_default();
    let (year, month, day) = (date.get(..4), date.get(5..7), date.get(8..10));
    let unpadded = |part: Option<&str>| part.unwrap_or_default().trim_start_matches('0').to_owned();

    let mut categories: Vec<String> = post(source).map_or_else(Vec::new, |(folders, _)| {
        folders.split('/').filter(|folder| !folder.is_empty()).map(str::to_owned).collect()
    });
    categories.extend(front_matter.list("categories", char::is_whitespace));
    categories.extend(front_matter.text("category"));
    let categories: Vec<_> = categories.iter().map(|category| dashed(category)).collect();

    let path = pattern
        .replace(":categories", &categories.join("/"))
        .replace(":year", year.unwrap_or_default())
        .replace(":short_year", year.and_then(|year| year.get(2..)).unwrap_or_default())
        .replace(":month", month.unwrap_or_default())
        .replace(":i_month", &unpadded(month))
        .replace(":day", day.unwrap_or_default())
        .replace(":i_day", &unpadded(day))
        .replace(":title", &title)
        .replace(":slug", &dashed(&title))
        .replace(":output_ext", ".html");
    let mut clean = String::with_capacity(path.len());
    for c in path.chars().filter(|c| !c.is_control()) {
        if c != '/' || !clean.ends_with('/') {
            clean.push(c);
        }
    }
    clean
}

/// `/section/name/`, as Hugo and Zola publish.
fn pretty_path(
    source: &str,
    front_matter: &FrontMatter,
    generator: Generator,
    default_language: Language,
) -> String {
    let path = source.strip_prefix("content/").unwrap_or(source);
    let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
    let (name, language) = split_language(file_stem(path));
    let segment = |name: &str| if generator == Generator::Zola { ascii_slug(name) } else { dashed(name) };

    let mut segments: Vec<String> = folder.split('/').filter(|part| !part.is_empty()).map(segment).collect();
    if let Some(language) = language.filter(|language| *language != default_language) {
        segments.insert(0, language.code().to_owned());
    }
    let is_index = matches!(name.to_ascii_lowercase().as_str(), "index" | "_index" | "readme");
    let slug = front_matter.text("slug").map(|slug| segment(&slug));
    match (is_index, slug) {
        (true, Some(slug)) => {
            segments.pop();
            segments.push(slug);
        }
        (true, None) => {}
        (false, Some(slug)) => segments.push(slug),
        (false, None) => {
            let is_dated = generator == Generator::Zola && date_in_name(source).is_some();
            segments.push(segment(if is_dated { name[10..].trim_start_matches(['-', '_']) } else { name }));
        }
    }
    segments.iter().fold(String::new(), |path, segment| path + segment + "/")
}

/// Lower case, a `-` for each space, without marks that paths do not carry: Hugo's rule.
fn dashed(name: &str) -> String {
    name.trim()
        .chars()
        .map(|c| if c.is_whitespace() { '-' } else { c })
        .filter(|c| c.is_alphanumeric() || "-_.+~".contains(*c))
        .flat_map(char::to_lowercase)
        .collect()
}

fn file_stem(source: &str) -> &str {
    let path = without_extension(source);
    path.rsplit('/').next().unwrap_or(path)
}

/// `post.it` is `post` in Italian; `node.js` is no language.
fn split_language(stem: &str) -> (&str, Option<Language>) {
    match stem.rsplit_once('.') {
        Some((name, code)) if code.len() == 2 && !name.is_empty() => {
            match Language::from_tag(code).filter(Language::is_known) {
                Some(language) => (name, Some(language)),
                None => (stem, None),
            }
        }
        _ => (stem, None),
    }
}

fn join(base: &str, path: &str) -> String {
    match (base.trim_end_matches('/'), path) {
        ("", "") => "./".to_owned(),
        // `mailto:x` and worse are paths only after a dot.
        ("", path) if path.split('/').next().is_some_and(|segment| segment.contains(':')) => {
            format!("./{path}")
        }
        ("", path) => path.to_owned(),
        (base, path) => format!("{base}/{path}"),
    }
}

/// What a path of a URL cannot hold as it is.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, PATH).to_string()
}

/// As [`encode_path`] for what is a URL already: `%` stays.
fn encode_url_path(path: &str) -> String {
    encode_path(path).replace("%25", "%")
}

#[cfg(test)]
mod tests;
