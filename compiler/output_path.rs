//! The path of a command's output: the requested file, or a file with the usual name in the requested folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf, is_separator};

/// The path of a file with that name, if the requested path is a folder, else the requested path itself. A path that ends with a separator
/// is a folder, which is created.
pub(crate) fn output_path(requested: Option<&Path>, name: &str) -> io::Result<PathBuf> {
    let Some(path) = requested else { return Ok(PathBuf::from(name)) };
    let names_a_folder = path.as_os_str().as_encoded_bytes().last().is_some_and(|last| is_separator(char::from(*last)));
    if names_a_folder {
        fs::create_dir_all(path)?;
    }
    Ok(if path.is_dir() { path.join(name) } else { path.to_path_buf() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_in_a_folder_has_the_usual_name() {
        let folder = tempfile::tempdir().unwrap();
        let of = |path: &Path| output_path(Some(path), "x").unwrap();
        assert_eq!(of(folder.path()), folder.path().join("x"));
        assert_eq!(of(&folder.path().join("new")), folder.path().join("new"));
        assert_eq!(of(&folder.path().join("new/deep/")), folder.path().join("new/deep/x"));
        assert!(folder.path().join("new/deep").is_dir());
        assert_eq!(of(Path::new("..")), Path::new("../x"));
        assert_eq!(output_path(None, "x").unwrap(), Path::new("x"));
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(output_path(Some(&folder.path().join("file/")), "x").is_err());
    }
}
