//! A site grows in a temporary folder beside its place; at the end its files take the place of the previous site's, and files that no
//! build wrote stay where they are.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::site::MANIFEST;

/// The list of what a build wrote, as paths below the site with `/`: what the next one replaces.
const WRITTEN: &str = "daneel-files.json";
/// Folders that belong to a site of a build that wrote no list.
const OWN_FOLDERS: [&str; 4] = ["index", "models", "prompts", "read"];
/// Files of other programs in a folder that is published: they do not make it one that must not be written to.
const HARMLESS: [&str; 4] = ["CNAME", "README.md", "LICENSE", "_headers"];

/// A site in the making. Dropped before [`Staging::publish`], it leaves nothing behind.
pub struct Staging {
    /// Holds the new site and, for a moment, the previous one; on the same file system as both.
    temporary: TempDir,
    out: PathBuf,
    /// Whether files that no build wrote may be replaced.
    force: bool,
}

impl Staging {
    /// Prepares to write a site to `out`.
    ///
    /// # Errors
    /// If `out` is something that must not be replaced, or its parent cannot be written.
    pub fn create(out: &Path, input: &Path, force: bool) -> anyhow::Result<Self> {
        let out = std::path::absolute(out).with_context(|| format!("{} is not a path", out.display()))?;
        refuse_to_lose(&out, input, force)?;
        let parent = out.parent().with_context(|| format!("{} cannot be a site", out.display()))?;
        crate::cache::create_folder(parent)?;
        let temporary = tempfile::Builder::new()
            .prefix(".daneel-")
            .tempdir_in(parent)
            .with_context(|| format!("{} cannot be written", parent.display()))?;
        let staging = Self { temporary, out, force };
        let folder = staging.folder();
        fs::create_dir(&folder).with_context(|| format!("{} cannot be created", folder.display()))?;
        Ok(staging)
    }

    /// Where the new site grows.
    pub fn folder(&self) -> PathBuf {
        self.temporary.path().join("site")
    }

    /// The site that is there now, if it is one.
    pub fn previous(&self) -> Option<&Path> {
        self.out.join(MANIFEST).is_file().then_some(&self.out)
    }

    /// Puts the new site in the place of the previous one, file by file, and keeps whatever else is there.
    ///
    /// # Errors
    /// If a file that no build wrote is in the way, or one cannot be moved; the previous site is then as it was.
    pub fn publish(self) -> anyhow::Result<()> {
        let folder = self.folder();
        let mut new = files(&folder)?;
        new.insert(WRITTEN.to_owned());
        let list = serde_json::to_vec_pretty(&new).context("the list of files cannot be written as JSON")?;
        fs::write(folder.join(WRITTEN), list)
            .with_context(|| format!("{WRITTEN} cannot be written; is the disk full?"))?;
        let old = self.written_before()?;
        let is_foreign = |path: &&String| !old.contains(*path) && self.out.join(path).exists();
        if let Some(path) = new.iter().find(is_foreign).filter(|_| !self.force) {
            bail!(
                "{} was not written by Daneel and would be replaced; move it, or pass --force to replace it",
                self.out.join(path).display()
            );
        }
        crate::cache::create_folder(&self.out)?;
        let previous = self.temporary.path().join("previous");
        let mut moves = Moves::default();
        let moved = (|| {
            // What is replaced by force goes with the old.
            let replaced = old.iter().chain(new.difference(&old)).filter(|path| self.out.join(path).exists());
            for path in replaced {
                moves.rename(self.out.join(path), previous.join(path))?;
            }
            // A page that is open looks at the manifest: it comes when all that it names is there.
            let last = |path: &&String| path.as_str() == MANIFEST;
            for path in new.iter().filter(|path| !last(path)).chain(new.iter().filter(last)) {
                moves.rename(folder.join(path), self.out.join(path))?;
            }
            anyhow::Ok(())
        })();
        if let Err(error) = moved {
            moves.undo()?;
            return Err(error);
        }
        for path in old.difference(&new) {
            remove_empty_folders(&self.out, path);
        }
        Ok(())
    }

    /// The files of the previous site that a build wrote.
    fn written_before(&self) -> anyhow::Result<BTreeSet<String>> {
        let Some(previous) = self.previous() else { return Ok(BTreeSet::new()) };
        let list = previous.join(WRITTEN);
        if list.is_file() {
            let bytes = fs::read(&list).with_context(|| format!("{} cannot be read", list.display()))?;
            let paths: BTreeSet<String> = serde_json::from_slice(&bytes)
                .with_context(|| format!("{} is damaged; delete it", list.display()))?;
            // A list says what is removed: nothing outside of the site is.
            let is_inside = |path: &String| {
                Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
            };
            return Ok(paths.into_iter().filter(is_inside).collect());
        }
        // Earlier builds wrote no list, but nothing else into these folders; the page's files have the new ones' names.
        let new = files(&self.folder())?;
        let is_own = |path: &String| {
            new.contains(path) || OWN_FOLDERS.iter().any(|folder| path.starts_with(&format!("{folder}/")))
        };
        Ok(files(previous)?.into_iter().filter(is_own).chain([MANIFEST.to_owned()]).collect())
    }
}

/// Renamings that can be taken back.
#[derive(Default)]
struct Moves {
    done: Vec<(PathBuf, PathBuf)>,
}

impl Moves {
    fn rename(&mut self, from: PathBuf, to: PathBuf) -> anyhow::Result<()> {
        if let Some(folder) = to.parent() {
            crate::cache::create_folder(folder)?;
        }
        fs::rename(&from, &to).with_context(|| format!("{} cannot be written", to.display()))?;
        self.done.push((from, to));
        Ok(())
    }

    fn undo(self) -> anyhow::Result<()> {
        for (from, to) in self.done.into_iter().rev() {
            fs::rename(&to, &from)
                .with_context(|| format!("the previous site could not be put back to {}", from.display()))?;
        }
        Ok(())
    }
}

/// Paths of the files below a folder, with `/`.
fn files(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    for entry in WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("{} cannot be read", folder.display()))?;
        if !entry.file_type().is_dir() {
            let path = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let names: Vec<_> = path.iter().map(|name| name.to_string_lossy()).collect();
            files.insert(names.join("/"));
        }
    }
    Ok(files)
}

/// Removes the folders that a file was in, as far as nothing else is.
fn remove_empty_folders(site: &Path, path: &str) {
    for folder in Path::new(path).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()) {
        // One that is not empty, or gone already, is none of our business.
        if fs::remove_dir(site.join(folder)).is_err() {
            break;
        }
    }
}

/// Refuses to write among anything but a site, unless forced; and among the author's texts in any case.
fn refuse_to_lose(out: &Path, input: &Path, force: bool) -> anyhow::Result<()> {
    let input = input.canonicalize().with_context(|| format!("there is no folder {}", input.display()))?;
    if let Ok(out) = out.canonicalize()
        && input.starts_with(&out)
    {
        bail!(
            "the site would replace the texts it is made from; choose another folder than {}",
            out.display()
        );
    }
    if !out.exists() {
        return Ok(());
    }
    if !out.is_dir() {
        bail!("{} is a file; choose another folder with --out", out.display());
    }
    let entries = fs::read_dir(out).with_context(|| format!("{} cannot be read", out.display()))?;
    let is_harmless = |name: &str| name.starts_with('.') || HARMLESS.contains(&name);
    let mut others = entries
        .filter(|entry| entry.as_ref().is_ok_and(|entry| !is_harmless(&entry.file_name().to_string_lossy())));
    if others.next().is_some() && !out.join(MANIFEST).is_file() && !force {
        bail!(
            "{} holds files that are no site of Daneel; choose another folder, or pass --force to write the site among them",
            out.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> (TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (input, out) = (folder.path().join("texts"), folder.path().join("site"));
        fs::create_dir(&input).unwrap();
        (folder, input, out)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_published_site_replaces_the_previous_one() {
        let (folder, input, out) = setup();
        fs::create_dir(&out).unwrap();
        fs::write(out.join(MANIFEST), "old").unwrap();
        let staging = Staging::create(&out, &input, false).unwrap();
        assert!(staging.previous().is_some());
        fs::write(staging.folder().join(MANIFEST), "new").unwrap();
        assert_eq!(fs::read(out.join(MANIFEST)).unwrap(), b"old");
        staging.publish().unwrap();
        assert_eq!(fs::read(out.join(MANIFEST)).unwrap(), b"new");
        assert_eq!(names(folder.path()), ["site", "texts"]);
    }

    #[test]
    fn a_dropped_site_leaves_nothing_behind() {
        let (folder, input, out) = setup();
        let staging = Staging::create(&out, &input, false).unwrap();
        fs::write(staging.folder().join(MANIFEST), "new").unwrap();
        drop(staging);
        assert_eq!(names(folder.path()), ["texts"]);
    }

    #[test]
    fn a_site_that_cannot_be_moved_leaves_the_previous_one() {
        let (folder, input, out) = setup();
        fs::create_dir_all(out.join("index")).unwrap();
        fs::write(out.join(MANIFEST), "old").unwrap();
        fs::write(out.join("index/000"), "old").unwrap();
        // A folder of somebody else stands where a file has to.
        fs::create_dir_all(out.join("models/x/mine")).unwrap();
        let staging = Staging::create(&out, &input, true).unwrap();
        fs::write(staging.folder().join(MANIFEST), "new").unwrap();
        fs::create_dir(staging.folder().join("models")).unwrap();
        fs::write(staging.folder().join("models/x"), "new").unwrap();
        fs::create_dir_all(staging.temporary.path().join("previous/models/x/in/the/way")).unwrap();
        assert!(staging.publish().is_err());
        assert_eq!(fs::read(out.join(MANIFEST)).unwrap(), b"old");
        assert_eq!(fs::read(out.join("index/000")).unwrap(), b"old");
        assert!(out.join("models/x/mine").is_dir());
        assert_eq!(names(folder.path()), ["site", "texts"]);
    }

    fn publish(out: &Path, input: &Path, force: bool, files: &[(&str, &str)]) -> anyhow::Result<()> {
        let staging = Staging::create(out, input, force)?;
        for (path, text) in files {
            let path = staging.folder().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        staging.publish()
    }

    #[test]
    fn what_no_build_wrote_stays() {
        let (_folder, input, out) = setup();
        publish(&out, &input, false, &[(MANIFEST, "1"), ("read/old/a.html", "a"), ("index.html", "page")])
            .unwrap();
        for (path, text) in [("CNAME", "example.org"), ("read/mine.html", "mine"), (".git/HEAD", "ref")] {
            fs::create_dir_all(out.join(path).parent().unwrap()).unwrap();
            fs::write(out.join(path), text).unwrap();
        }
        publish(&out, &input, false, &[(MANIFEST, "2"), ("read/b.html", "b")]).unwrap();
        let expected =
            [".git/HEAD", "CNAME", WRITTEN, MANIFEST, "read/b.html", "read/mine.html"].map(str::to_owned);
        assert_eq!(files(&out).unwrap(), BTreeSet::from(expected));
        assert!(!out.join("read/old").exists());
        // In the way of a new file.
        let refused =
            publish(&out, &input, false, &[(MANIFEST, "3"), ("read/mine.html", "new")]).unwrap_err();
        assert!(refused.to_string().contains("mine.html") && refused.to_string().contains("--force"));
        assert_eq!(fs::read(out.join(MANIFEST)).unwrap(), b"2");
        publish(&out, &input, true, &[(MANIFEST, "3"), ("read/mine.html", "new")]).unwrap();
        assert_eq!(fs::read(out.join("read/mine.html")).unwrap(), b"new");
    }

    #[test]
    fn a_site_without_a_list_loses_what_is_a_sites_only() {
        let (_folder, input, out) = setup();
        for path in [MANIFEST, "models/old/000", "index.html", "holiday.jpg"] {
            fs::create_dir_all(out.join(path).parent().unwrap()).unwrap();
            fs::write(out.join(path), "old").unwrap();
        }
        publish(&out, &input, false, &[(MANIFEST, "new"), ("index.html", "new")]).unwrap();
        let expected = [WRITTEN, MANIFEST, "holiday.jpg", "index.html"].map(str::to_owned);
        assert_eq!(files(&out).unwrap(), BTreeSet::from(expected));
    }

    #[test]
    fn a_list_names_nothing_outside_of_the_site() {
        let (folder, input, out) = setup();
        publish(&out, &input, false, &[(MANIFEST, "1")]).unwrap();
        fs::write(folder.path().join("dear"), "dear").unwrap();
        fs::write(out.join(WRITTEN), r#"["../dear", "/etc/passwd", "daneel.json", "daneel-files.json"]"#)
            .unwrap();
        publish(&out, &input, false, &[(MANIFEST, "2")]).unwrap();
        assert_eq!(fs::read(folder.path().join("dear")).unwrap(), b"dear");
        assert_eq!(fs::read(out.join(MANIFEST)).unwrap(), b"2");
    }

    #[test]
    fn foreign_files_and_the_texts_themselves_are_not_replaced() {
        let (folder, input, out) = setup();
        fs::create_dir(&out).unwrap();
        fs::write(out.join("holiday.jpg"), "").unwrap();
        assert!(Staging::create(&out, &input, false).is_err());
        assert!(Staging::create(&out, &input, true).is_ok());
        assert!(Staging::create(&input, &input, true).is_err());
        assert!(Staging::create(folder.path(), &input, true).is_err());
    }
}
