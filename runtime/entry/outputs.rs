//! Writes the results to files, in all their forms. One of the files may be `-`, standard output: the tables then go to standard error, so
//! that the form is the only text on standard output.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{ExitStatus, StartupError};
use crate::replace::replace;
use crate::report::{Report, TextStyle};
use crate::say::unless_gone;

/// Means standard output in place of a file.
const STDOUT: &str = "-";

/// The files to write.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Outputs {
    /// Write PREFIX_stats, _stats_history, _failures and _exceptions.csv as Locust does, and PREFIX_unfinished.csv
    #[arg(long, value_name = "PREFIX", help_heading = "Results")]
    csv: Option<PathBuf>,
    /// Write all results with histograms as JSON; `-`, here and below, means standard output, with tables on standard error
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    json: Option<PathBuf>,
    /// Write a report as one self-contained HTML page
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    html: Option<PathBuf>,
    /// Write thresholds and steps as JUnit test cases, for CI
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    junit: Option<PathBuf>,
    /// Write a summary in Markdown, for a comment on a pull request
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    summary_md: Option<PathBuf>,
}

type Writer = fn(&Report, &mut dyn io::Write) -> io::Result<()>;

impl Outputs {
    /// The forms that are a single file, with their options.
    fn forms(&self) -> impl Iterator<Item = (&'static str, &Path, Writer)> {
        let all: [(&str, &Option<PathBuf>, Writer); 4] = [
            ("--json", &self.json, |report, out| report.to_json(out)),
            ("--html", &self.html, crate::report::html::write),
            ("--junit", &self.junit, crate::report::junit::write),
            ("--summary-md", &self.summary_md, crate::report::markdown::write),
        ];
        all.into_iter().filter_map(|(option, path, write)| Some((option, path.as_deref()?, write)))
    }

    /// The form that goes to standard output, if one does.
    fn printed(&self) -> Option<Writer> {
        self.forms().find(|(_, path, _)| is_stdout(path)).map(|(.., write)| write)
    }

    fn files(&self) -> impl Iterator<Item = (&Path, Writer)> {
        self.forms().filter(|(_, path, _)| !is_stdout(path)).map(|(_, path, write)| (path, write))
    }

    /// The options that were given.
    pub(crate) fn given(&self) -> impl Iterator<Item = &'static str> {
        self.csv.iter().map(|_| "--csv").chain(self.forms().map(|(option, ..)| option))
    }

    /// Creates the folders of the requested files and tries to open the files, so that a file that can't be written is reported before the
    /// load.
    ///
    /// # Errors
    ///
    /// Options that exclude each other are a wrong command line. A file that can't be written has the same exit code as after the load.
    pub(crate) fn check(&self) -> Result<(), StartupError> {
        let csv = self.csv.iter().flat_map(|prefix| crate::report::csv::files(prefix));
        let all = csv.chain(self.files().map(|(path, _)| path.to_owned()));
        let mut wrong: Vec<String> = Vec::new();
        let printed: Vec<&str> = self.forms().filter(|(_, path, _)| is_stdout(path)).map(|(option, ..)| option).collect();
        if printed.len() > 1 {
            wrong.push(format!(
                "unexpected {}, expected at most one output on standard output: name files for the others",
                printed.join(" - and ") + " -"
            ));
        }
        if self.csv.as_deref().is_some_and(is_stdout) {
            wrong.push("unexpected --csv -, expected --csv PREFIX: CSV results are several files".to_owned());
        }
        if !wrong.is_empty() {
            return Err(StartupError::wrong(wrong));
        }
        let lines: Vec<String> = all.filter_map(|path| check_file(&path).err()).collect();
        if lines.is_empty() { Ok(()) } else { Err(StartupError { ending: ExitStatus::Broken, lines }) }
    }

    /// Prints the tables and writes all files. If one of them fails, the others are still written.
    pub(crate) fn write(&self, report: &Report) -> WriteErrors {
        let printed = match self.printed() {
            None => crate::report::console::write(&mut anstream::stdout(), report, TextStyle::of_stdout()),
            Some(write) => {
                // Standard error is for people, so it isn't an error if it is closed.
                let _ = crate::report::console::write(&mut anstream::stderr(), report, TextStyle::of_stderr());
                let mut out = BufWriter::new(io::stdout().lock());
                write(report, &mut out).and_then(|()| end_line(&mut out))
            }
        };
        let printed = unless_gone(printed).err();
        let mut wrong: Vec<String> = printed.map(|error| format!("cannot write standard output: {error}")).into_iter().collect();
        wrong.extend(self.save(report));
        WriteErrors(wrong)
    }

    /// Writes the files. Each error is one line.
    fn save(&self, report: &Report) -> Vec<String> {
        let mut wrong: Vec<String> = self.csv.iter().filter_map(|prefix| crate::report::csv::write(report, prefix).err()).collect();
        wrong.extend(self.files().filter_map(|(path, write)| save(path, report, write).err()));
        wrong
    }
}

/// Outputs that couldn't be written, one line each. They change the exit code, but never a verdict.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct WriteErrors(Vec<String>);

impl WriteErrors {
    /// Prints the errors, whatever the `loglevel`, and returns the exit code of a run that ended like this.
    pub(crate) fn print(self, ending: ExitStatus) -> ExitStatus {
        self.0.iter().for_each(|line| crate::say::err!("warning: {line}"));
        if self.0.is_empty() { ending } else { ExitStatus::Broken }
    }
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new(STDOUT)
}

/// Ends the output with a line break, because programs may read it line by line.
fn end_line(out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(b"\n")?;
    out.flush()
}

/// Writes a report's JSON. `-` means standard output.
pub(super) fn save_json(path: &Path, report: &Report) -> Result<(), StartupError> {
    if is_stdout(path) {
        let mut out = BufWriter::new(io::stdout().lock());
        let written = report.to_json(&mut out).and_then(|()| end_line(&mut out));
        return unless_gone(written).map_err(|error| StartupError::broken(format!("standard output: {error}")));
    }
    save(path, report, |report, out| report.to_json(out)).map_err(StartupError::broken)
}

fn save(path: &Path, report: &Report, write: Writer) -> Result<(), String> {
    let wrong = |error: io::Error| format!("cannot write {}: {error}", path.display());
    if !is_passed_by_shell(path) {
        check_kind(path)?;
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        return folder.and_then(|()| replace(path, |out| write(report, out))).map_err(wrong);
    }
    let written = |file: File| {
        // A pipe of the shell has no length.
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        let mut out = BufWriter::new(file);
        write(report, &mut out)?;
        io::Write::flush(&mut out)
    };
    open(path).and_then(|file| written(file).map_err(wrong))
}

/// Opens a file without changing its content, which is replaced only when the report is complete.
fn open(path: &Path) -> Result<File, String> {
    check_kind(path)?;
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder
        .and_then(|()| std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(path))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Whether a file can be written. A new one is removed again, so that a command that writes no results leaves no empty file.
fn check_file(path: &Path) -> Result<(), String> {
    let is_new = std::fs::symlink_metadata(path).is_err();
    open(path)?;
    if is_new {
        // The file may stay: it is written later, or it is empty.
        let _ = std::fs::remove_file(path);
    }
    Ok(())
}

/// Refuses what is there and no regular file: a device, a FIFO, a directory, or a link, which would lead to another file than the one that
/// is named. What a shell passes as an open file (`--json >(jq .)`, `/dev/stdout`) is meant so.
fn check_kind(path: &Path) -> Result<(), String> {
    if is_passed_by_shell(path) {
        return Ok(());
    }
    let Ok(there) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let kind = there.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_symlink() {
        "a link"
    } else if kind.is_dir() {
        "a directory"
    } else {
        "no regular file"
    };
    Err(format!("cannot write {}: it is {what}; name a new file or a regular one, or `-` for standard output", path.display()))
}

/// `/dev/stdout`, `/dev/stderr` and the open files of `/dev/fd`.
fn is_passed_by_shell(path: &Path) -> bool {
    let of_folder = |folder: &str| path.strip_prefix(folder).is_ok_and(|name| name.as_os_str().to_str().is_some_and(is_number));
    ["/dev/stdout", "/dev/stderr"].iter().any(|known| path == Path::new(known)) || of_folder("/dev/fd") || of_folder("/proc/self/fd")
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_written_only_to_new_and_regular_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("regular"), "").unwrap();
        std::os::unix::fs::symlink(path("regular"), path("link")).unwrap();
        std::os::unix::fs::symlink(path("nothing"), path("dangling")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        assert!(check_file(&path("regular")).is_ok() && path("regular").exists());
        assert!(check_file(&path("new/file")).is_ok() && !path("new/file").exists());
        assert!(open(&path("regular")).is_ok() && open(&path("new/file")).is_ok());
        for (name, what) in [("link", "a link"), ("dangling", "a link"), ("new", "a directory"), ("socket", "no regular file")] {
            let why = open(&path(name)).unwrap_err();
            assert!(why.contains(&format!("it is {what}; name a new file")), "{why}");
        }
        assert!(check_kind(Path::new("/dev/null")).unwrap_err().contains("no regular file"));
        for shell in ["/dev/stdout", "/dev/fd/63", "/proc/self/fd/3"] {
            assert_eq!(check_kind(Path::new(shell)), Ok(()), "{shell}");
        }
        assert!(!is_passed_by_shell(Path::new("/dev/fd/../null")));
    }

    fn outputs(json: &str, html: &str) -> Outputs {
        Outputs { json: Some(json.into()), html: Some(html.into()), ..Outputs::default() }
    }

    #[test]
    fn only_one_report_format_may_go_to_standard_output() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.html");
        let file = file.to_str().unwrap();
        assert!(outputs("-", file).check().is_ok());
        assert!(outputs("-", file).printed().is_some() && outputs(file, file).printed().is_none());
        assert_eq!(outputs("-", file).files().count(), 1);
        assert!(!Path::new(STDOUT).exists());
        let refusal = outputs("-", "-").check().unwrap_err();
        assert_eq!(
            refusal.lines,
            ["unexpected --json - and --html -, expected at most one output on standard output: name files for the others"]
        );
        let csv = Outputs { csv: Some("-".into()), ..Outputs::default() };
        assert!(csv.check().unwrap_err().lines[0].starts_with("unexpected --csv -"));
        assert!(!Path::new("-_stats.csv").exists());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_no_wrong_command_line() {
        let folder = tempfile::tempdir().unwrap();
        let (good, bad) = (folder.path().join("run.json"), folder.path().join("run.json/run.html"));
        std::fs::write(&good, "an earlier run").unwrap();
        let refusal = outputs(good.to_str().unwrap(), bad.to_str().unwrap()).check().unwrap_err();
        assert_eq!((refusal.ending, refusal.lines.len()), (ExitStatus::Broken, 1), "{refusal:?}");
        assert!(refusal.lines[0].contains("cannot write ") && refusal.lines[0].contains("run.html"), "{refusal:?}");
        assert_eq!(std::fs::read_to_string(&good).unwrap(), "an earlier run");
        assert_eq!(outputs("-", "-").check().unwrap_err().ending, ExitStatus::Wrong);
    }

    #[test]
    fn report_options_are_listed_as_they_were_given() {
        let all = Outputs { csv: Some("x".into()), junit: Some("y".into()), ..outputs("a", "b") };
        assert_eq!(all.given().collect::<Vec<_>>(), ["--csv", "--json", "--html", "--junit"]);
    }
}
