//! A file that lines are appended to, each as a whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

/// A file that is written line by line.
pub(crate) trait Disk: Send + std::fmt::Debug {
    /// Appends all of the bytes, or none of them.
    ///
    /// # Errors
    /// If they cannot be written, for example because the disk is full.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// A new file that is written line by line.
#[derive(Debug)]
pub(crate) struct AppendFile {
    file: File,
    length: u64,
}

impl AppendFile {
    /// Creates the file.
    ///
    /// # Errors
    /// If the file exists, or cannot be created.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        Ok(Self { file, length: 0 })
    }
}

impl Disk for AppendFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.file.write_all(bytes) {
            Ok(()) => {
                self.length += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                // Removes an incomplete line, so that the next attempt continues after a whole line.
                self.file.set_len(self.length)?;
                Err(error)
            }
        }
    }
}
