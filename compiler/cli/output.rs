//! Decides which files a command may overwrite, so that a mistyped `-o` does not destroy a file of the user or the system.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::screen::Failure;
use crate::output_path::output_path;
use crate::{build, doc};

/// The kinds of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A compiled test.
    Binary,
    /// The Rust of a generated crate.
    Rust,
    /// A page of `ltc doc`.
    Page,
    /// A packed runtime.
    Runtime,
    /// The checksum beside it.
    Checksum,
    /// A kind of file that ltc cannot recognize.
    Other,
}

/// The path of the output: in the requested folder, or the requested path, or the name in the current folder.
pub(super) fn path(requested: Option<&Path>, name: &str) -> Result<PathBuf, Failure> {
    let wrong = |message: String| Failure::wrong(message).help("use another path: `-o PATH`");
    let shown = requested.unwrap_or(Path::new(name)).display();
    let path = output_path(requested, name);
    if path.file_name().is_none() { Err(wrong(format!("`{shown}` is not the path of a file"))) } else { Ok(path) }
}

/// Accepts a new path and a regular file that ltc wrote before; with `force` any regular file.
pub(super) fn check(path: &Path, kind: Kind, force: bool) -> Result<(), Failure> {
    if !is_there(path)? || force || is_own(path, kind) {
        return Ok(());
    }
    let message = format!("{} already exists, and ltc did not write it", path.display());
    Err(Failure::wrong(message).help("use another path: `-o PATH`, or overwrite it with `--force`"))
}

/// Whether a regular file exists at the path. Any other kind of file is an error: a device, pipe, link or folder is never replaced.
pub(super) fn is_there(path: &Path) -> Result<bool, Failure> {
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Failure::wrong(format!("cannot write {}: {error}", path.display()))),
    };
    let what = match found.file_type() {
        kind if kind.is_file() => return Ok(true),
        kind if kind.is_dir() => "folder",
        kind if kind.is_symlink() => "link",
        _ => "device, pipe or socket",
    };
    let message = format!("unexpected {what} {}, expected a regular file or a new path", path.display());
    Err(Failure::wrong(message).help("use another path, or remove it first"))
}

fn is_own(path: &Path, kind: Kind) -> bool {
    match kind {
        Kind::Binary => fs::read(path).is_ok_and(|content| is_own_binary(&content)),
        Kind::Rust => start_of(path).lines().next().is_some_and(|line| line.contains("Made by `ltc build`")),
        Kind::Page => start_of(path).contains(doc::MARK),
        Kind::Runtime => build::is_archive(path),
        Kind::Checksum => fs::read_to_string(path).is_ok_and(|text| is_checksum(&text)),
        Kind::Other => false,
    }
}

/// Whether a text is one line: a SHA-256 and the name of a file.
fn is_checksum(text: &str) -> bool {
    let line = text.strip_suffix('\n').filter(|line| !line.contains('\n')).and_then(|line| line.split_once("  "));
    line.is_some_and(|(sum, _)| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The first kilobyte of a text.
fn start_of(path: &Path) -> String {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(1_024).read_to_end(&mut start));
    // The text read may end within a character.
    read.map(|_| String::from_utf8_lossy(&start).into_owned()).unwrap_or_default()
}

/// Whether a file is a program that contains the words of `--version`. They are joined here, so that `ltc` itself does not contain them.
fn is_own_binary(content: &[u8]) -> bool {
    const MAGICS: [&[u8]; 5] = [b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"MZ"];
    let mark = ["compiled by ltc,", "the load test compiler"].join(" ");
    let is_program = MAGICS.iter().any(|magic| content.starts_with(magic));
    is_program && memchr::memmem::find(content, mark.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_ltc_wrote_are_replaced_without_force() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, content: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            path
        };
        let mark = ["compiled by ltc,", "the load test compiler"].join(" ");
        let own = at("own", format!("\x7fELF..0.1.0\n{mark}..").as_bytes());
        let rust = at("main.rs", "//! x.lt, compiled by ltc 0. Made by `ltc build`; do not edit.\n// \u{e4}".as_bytes());
        let page = at("shop.html", format!("<!doctype html>\n<head>\n{}", doc::MARK).as_bytes());
        let text = at("notes", mark.as_bytes());
        let sum = at("r.sha256", format!("{}  r.tar.zst\n", "0a".repeat(32)).as_bytes());
        let archive = at("r.tar.zst", &build::archive_start());
        let foreign = at("program", b"\x7fELF");
        let accepts = |path: &Path, kind| [false, true].map(|force| check(path, kind, force).is_ok());
        assert_eq!(accepts(&own, Kind::Binary), [true, true]);
        assert_eq!(accepts(&rust, Kind::Rust), [true, true]);
        assert_eq!(accepts(&sum, Kind::Checksum), [true, true]);
        assert_eq!(accepts(&archive, Kind::Runtime), [true, true]);
        assert_eq!(accepts(&page, Kind::Page), [true, true]);
        assert_eq!(accepts(&folder.path().join("new"), Kind::Binary), [true, true]);
        for (path, kind) in [
            (&text, Kind::Binary),
            (&foreign, Kind::Binary),
            (&own, Kind::Rust),
            (&rust, Kind::Binary),
            (&own, Kind::Other),
            (&text, Kind::Page),
            (&text, Kind::Runtime),
            (&sum, Kind::Runtime),
            (&archive, Kind::Checksum),
        ] {
            assert_eq!(accepts(path, kind), [false, true], "{}", path.display());
        }
    }

    #[test]
    fn ltc_is_not_a_binary_that_ltc_built() {
        assert!(!is_own_binary(&fs::read(std::env::current_exe().unwrap()).unwrap()));
    }

    #[test]
    #[cfg(unix)]
    fn devices_links_and_folders_are_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        for path in [link.as_path(), folder.path(), Path::new("/dev/null")] {
            assert!(check(path, Kind::Binary, true).is_err(), "{}", path.display());
        }
    }
}
