//! A file on this machine becomes a model file.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use anyhow::Context as _;
use daneel_model::{Error, ModelFile};

/// An open file that is read in parts.
pub struct LocalFile {
    file: File,
    length: u64,
}

impl LocalFile {
    /// Opens a file.
    ///
    /// # Errors
    /// Names the file.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let context = || format!("{} cannot be opened", path.display());
        let file = File::open(path).with_context(context)?;
        let length = file.metadata().with_context(context)?.len();
        Ok(Self { file, length })
    }
}

impl ModelFile for LocalFile {
    fn len(&self) -> u64 {
        self.length
    }

    async fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        // Checked before the allocation: a damaged header may ask for more bytes than there are.
        if offset.checked_add(length as u64).is_none_or(|end| end > self.length) {
            return Err(Error::Read(format!(
                "{length} bytes at {offset} are past the end ({} bytes)",
                self.length
            )));
        }
        let mut bytes = vec![0; length];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|error| Error::Read(error.to_string()))?;
        Ok(bytes)
    }
}
