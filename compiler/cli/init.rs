//! `ltc init`: makes an existing folder, such as a repository, a project. It never changes or overwrites a file, except that it adds lines
//! to `.gitignore`.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use clap::Args;

use super::build::here;
use super::new::valid;
use super::screen::{Failure, Screen};
use super::template;
use crate::project::REGISTRY;

const EXAMPLES: &str = "\
Examples:
  ltc init               make the current folder a project; its first test has the folder's name
  ltc init checkout      the same, with another name for the test";

/// Makes the current folder a project: adds a spec, its profile, an environment and a registry to what is there.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Init {
    /// Name of the first test [default: the folder's]
    name: Option<String>,
}

impl Init {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let folder = here()?;
        let name = self.name.unwrap_or_else(|| folder_name(&folder));
        let name = valid(&name, "ltc init")?;
        if folder.join(REGISTRY).exists() {
            return Err(Failure::wrong(format!("{REGISTRY} already exists: this folder is a project"))
                .help(format!("add a test to it: `ltc new test {name}`")));
        }
        let files = template::within(name, |path| folder.join(path).exists());
        let spec = format!("specs/{name}.lt");
        if !files.iter().any(|(path, _)| *path == spec) {
            return Err(Failure::wrong(format!("{spec} already exists")).help("use another name: `ltc init NAME`"));
        }
        for (path, text) in &files {
            let unable = |error| Failure::wrong(format!("cannot write {path}: {error}"));
            if path == ".gitignore" {
                add_lines(&folder.join(path), text).map_err(unable)?;
            } else {
                write_new(&folder.join(path), text).map_err(unable)?;
            }
            screen.print_unless_quiet(format_args!("wrote {path}"));
        }
        screen.print_unless_quiet("");
        screen.print_unless_quiet("Next:");
        screen.print_unless_quiet("  ltc demo --serve                   in another terminal: the server for the test");
        screen.print_unless_quiet(format_args!("  ltc run {name} --debug"));
        Ok(())
    }
}

/// The folder's name, reduced to the characters that a test's name may have.
fn folder_name(folder: &Path) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let plain = ltc_config::identity::plain(&name);
    let usable = plain.trim_start_matches(|char: char| !char.is_ascii_alphabetic());
    if valid(usable, "ltc init").is_ok() { usable.to_owned() } else { "load".to_owned() }
}

/// Writes a new file. Fails if the file exists, even if another process has just created it.
pub(super) fn write_new(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// Appends those of the lines that a file does not contain.
pub(super) fn add_lines(path: &Path, lines: &str) -> io::Result<()> {
    let there = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let known: Vec<&str> = there.lines().map(str::trim).collect();
    let mut new: String = lines.lines().filter(|line| !known.contains(line)).map(|line| format!("{line}\n")).collect();
    if !new.is_empty() && !there.is_empty() && !there.ends_with('\n') {
        new.insert(0, '\n');
    }
    fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(new.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folder_gives_a_name_that_a_test_may_have() {
        assert_eq!(folder_name(Path::new("/home/ann/my shop")), "my-shop");
        assert_eq!(folder_name(Path::new("/srv/2nd")), "nd");
        assert_eq!(folder_name(Path::new("/specs")), "load");
        assert_eq!(folder_name(Path::new("/")), "load");
    }

    #[test]
    fn lines_are_added_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".gitignore");
        fs::write(&path, "/target\n/runs").unwrap();
        add_lines(&path, "/shop\n/runs\n").unwrap();
        add_lines(&path, "/shop\n/runs\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "/target\n/runs\n/shop\n");
    }
}
