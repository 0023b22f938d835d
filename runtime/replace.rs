//! Replaces files: a disk that fills leaves the earlier file, and never a part of the new one.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

/// Replaces a regular file, or writes a new one.
///
/// # Errors
/// If it cannot be written. What was there stays.
pub(crate) fn replace(path: &Path, write: impl Fn(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let fill = |file: File| -> io::Result<()> {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    };
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".new-{}", std::process::id()));
    let beside = path.with_file_name(name);
    // An earlier process with the same id may have left it.
    let _ = fs::remove_file(&beside);
    let file = match File::create_new(&beside) {
        Ok(file) => file,
        // The folder may be read-only, and the file not.
        Err(error) if path.is_file() && error.kind() != io::ErrorKind::StorageFull => return fill(File::create(path)?),
        Err(error) => return Err(error),
    };
    let keep_mode = || fs::metadata(path).map_or(Ok(()), |known| fs::set_permissions(&beside, known.permissions()));
    let replaced = fill(file).and_then(|()| keep_mode()).and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&beside);
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_that_cannot_be_written_whole_stays_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        let half = |out: &mut dyn io::Write| out.write_all(b"half").and_then(|()| Err(io::ErrorKind::StorageFull.into()));
        assert_eq!(replace(&path, half).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        replace(&path, |out| out.write_all(b"whole")).unwrap();
        assert!(replace(&path, half).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "whole");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
