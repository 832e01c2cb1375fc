//! A corpus folder becomes title and description of its site, from whoever knows them best.

use std::{fs, path::Path};

use daneel_corpus::{Document, SETTINGS_FILES, SiteInfo};

use super::{Settings, walk::CorpusFile};

/// Built pages that are asked for the name of their site.
const PAGES: usize = 100;

/// What the site is called and about.
pub struct Naming {
    /// Never empty.
    pub title: String,
    /// What the texts are about, where anybody says it.
    pub description: Option<String>,
}

/// Finds it: by the author's word here, then by the settings of the generator, by the built
/// pages, by the front page; in the end the folder's name is its title.
pub fn naming(settings: &Settings, input: &Path, files: &[CorpusFile], documents: &[Document]) -> Naming {
    let generator = of_generator(input);
    let title = settings
        .title
        .clone()
        .or(generator.title)
        .or_else(|| of_pages(files).title)
        .or_else(|| of_front_page(documents))
        .unwrap_or_else(|| of_folder(input));
    Naming { title, description: settings.description.clone().or(generator.description) }
}

/// The settings inside the folder, or beside it where the folder is what a generator writes or reads.
fn of_generator(input: &Path) -> SiteInfo {
    let Ok(input) = input.canonicalize() else { return SiteInfo::default() };
    let name = input.file_name().map(|name| name.to_string_lossy().into_owned());
    let beside = input.parent().zip(name.as_deref());
    let places = [Some((input.as_path(), None)), beside.map(|(parent, name)| (parent, Some(name)))];
    let mut found = SiteInfo::default();
    for (folder, name) in places.into_iter().flatten() {
        for file in SETTINGS_FILES {
            let Ok(bytes) = fs::read(folder.join(file)) else { continue };
            let info = SiteInfo::of_settings(file, &bytes, name);
            found.title = found.title.or(info.title);
            found.description = found.description.or(info.description);
        }
    }
    found
}

fn of_pages(files: &[CorpusFile]) -> SiteInfo {
    let is_page = |file: &&CorpusFile| file.source.ends_with(".html") || file.source.ends_with(".htm");
    let pages: Vec<Vec<u8>> =
        files.iter().filter(is_page).take(PAGES).filter_map(|file| fs::read(&file.path).ok()).collect();
    SiteInfo::of_pages(pages.iter().map(Vec::as_slice))
}

/// A README speaks of the folder, not of the site.
fn of_front_page(documents: &[Document]) -> Option<String> {
    let is_front =
        |document: &&Document| matches!(document.source.as_str(), "index.html" | "index.md" | "_index.md");
    let title = documents.iter().find(is_front)?.title.trim();
    (!title.is_empty()).then(|| title.to_owned())
}

fn of_folder(input: &Path) -> String {
    let name =
        input.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    name.unwrap_or_else(|| "Daneel".to_owned()).replace(['-', '_'], " ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }

    #[test]
    fn the_generator_names_its_site() {
        let folder = tempfile::tempdir().unwrap();
        write(
            folder.path(),
            &[("_config.yml", "title: Il blog\n"), ("README.md", "# How to build"), ("_site/a.html", "")],
        );
        for input in [folder.path().to_owned(), folder.path().join("_site")] {
            assert_eq!(of_generator(&input).title.as_deref(), Some("Il blog"), "{}", input.display());
        }
        fs::create_dir(folder.path().join("notes")).unwrap();
        assert_eq!(of_generator(&folder.path().join("notes")), SiteInfo::default());
    }

    #[test]
    fn a_folder_without_any_word_gives_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("my-notes");
        write(&input, &[("a.txt", "x"), ("README.md", "# Read me")]);
        assert_eq!(of_folder(&input), "my notes");
        assert_eq!(of_generator(&input), SiteInfo::default());
    }
}
