//! The path of a command's output: the requested file, or a file with the usual name in the requested folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, is_separator};

/// The path of a file with that name, if the requested path is a folder, else the requested path itself. A path that ends with a separator
/// is a folder, even if it does not exist yet. Nothing is created here: a command that fails leaves no folder behind.
pub(crate) fn output_path(requested: Option<&Path>, name: &str) -> PathBuf {
    let Some(path) = requested else { return PathBuf::from(name) };
    let names_a_folder = path.as_os_str().as_encoded_bytes().last().is_some_and(|last| is_separator(char::from(*last)));
    if names_a_folder || path.is_dir() { path.join(name) } else { path.to_path_buf() }
}

/// Writes an output, and the folder that it is in.
///
/// # Errors
/// If the folder cannot be created, or the file cannot be written.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    create_folder(path)?;
    fs::write(path, content)
}

/// Creates the folder of an output.
///
/// # Errors
/// If it cannot be created.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or(Ok(()), fs::create_dir_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_in_a_folder_has_the_usual_name() {
        let folder = tempfile::tempdir().unwrap();
        let of = |path: &Path| output_path(Some(path), "x");
        assert_eq!(of(folder.path()), folder.path().join("x"));
        assert_eq!(of(&folder.path().join("new")), folder.path().join("new"));
        assert_eq!(of(&folder.path().join("new/deep/")), folder.path().join("new/deep/x"));
        assert!(!folder.path().join("new").exists());
        write(&of(&folder.path().join("new/deep/")), "").unwrap();
        assert!(folder.path().join("new/deep/x").is_file());
        assert_eq!(of(Path::new("..")), Path::new("../x"));
        assert_eq!(output_path(None, "x"), Path::new("x"));
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(write(&of(&folder.path().join("file/")), "").is_err());
    }
}
