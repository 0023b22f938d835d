//! The files that results are written to, in all their forms.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Ending, Refusal};
use crate::report::{Look, Report};

/// Which files are wanted.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Outputs {
    /// Write PREFIX_stats.csv, PREFIX_stats_history.csv and PREFIX_failures.csv as Locust does
    #[arg(long, value_name = "PREFIX", help_heading = "Results")]
    csv: Option<PathBuf>,
    /// Write all results, histograms included, as JSON
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    json: Option<PathBuf>,
    /// Write a report as one HTML page that needs nothing else
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    html: Option<PathBuf>,
    /// Write thresholds and steps as JUnit test cases, for CI
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    junit: Option<PathBuf>,
    /// Write a summary in Markdown, for a pull request's comment
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    summary_md: Option<PathBuf>,
}

type Writer = fn(&Report, &mut dyn io::Write) -> io::Result<()>;

impl Outputs {
    /// The forms that are one file.
    fn files(&self) -> impl Iterator<Item = (&Path, Writer)> {
        let all: [(&Option<PathBuf>, Writer); 4] = [
            (&self.json, |report, out| report.to_json(out)),
            (&self.html, crate::report::html::write),
            (&self.junit, crate::report::junit::write),
            (&self.summary_md, crate::report::markdown::write),
        ];
        all.into_iter().filter_map(|(path, write)| Some((path.as_deref()?, write)))
    }

    /// Makes the folders of the files that were asked for, and tries to open them: what can't be written is said before the load.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let csv = self.csv.iter().flat_map(|prefix| crate::report::csv::files(prefix));
        let all = csv.chain(self.files().map(|(path, _)| path.to_owned()));
        let wrong: Vec<String> = all.filter_map(|path| open(&path).err()).collect();
        if wrong.is_empty() { Ok(()) } else { Err(Refusal::wrong(wrong)) }
    }

    /// Prints the tables and writes all files; where one fails the others are still written.
    pub(crate) fn write(&self, report: &Report) -> Unwritten {
        let console = crate::report::console::write(&mut anstream::stdout(), report, Look::of_stdout());
        // Nobody reads any more where a pipe is closed (`./test | head`): that is the reader's choice, and no failure.
        let console = console.err().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
        let mut wrong: Vec<String> = console.map(|error| format!("standard output can't be written: {error}")).into_iter().collect();
        wrong.extend(self.save(report));
        Unwritten(wrong)
    }

    /// Writes the files; what went wrong is a line each.
    fn save(&self, report: &Report) -> Vec<String> {
        let mut wrong: Vec<String> = self.csv.iter().filter_map(|prefix| crate::report::csv::write(report, prefix).err()).collect();
        wrong.extend(self.files().filter_map(|(path, write)| save(path, report, write).err()));
        wrong
    }
}

/// Outputs that couldn't be written, a line each: they change the exit code, and never a verdict.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Unwritten(Vec<String>);

impl Unwritten {
    /// Says which, and with which exit code a run that ended so ends then.
    pub(crate) fn told(self, ending: Ending) -> Ending {
        self.0.iter().for_each(|line| anstream::eprintln!("warning: {line}"));
        if self.0.is_empty() { ending } else { Ending::Broken }
    }
}

/// Writes a report's JSON.
pub(super) fn save_json(path: &Path, report: &Report) -> Result<(), Refusal> {
    save(path, report, |report, out| report.to_json(out)).map_err(Refusal::broken)
}

fn save(path: &Path, report: &Report, write: Writer) -> Result<(), String> {
    let written = |file: File| {
        file.set_len(0)?;
        let mut out = BufWriter::new(file);
        write(report, &mut out)?;
        io::Write::flush(&mut out)
    };
    open(path).and_then(|file| written(file).map_err(|error| format!("{} can't be written: {error}", path.display())))
}

/// Opens a file without changing what is in it: that is replaced when there is something better.
fn open(path: &Path) -> Result<File, String> {
    let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    folder
        .and_then(|()| std::fs::OpenOptions::new().write(true).create(true).truncate(false).open(path))
        .map_err(|error| format!("{} can't be written: {error}", path.display()))
}
