//! Commands that tests run, and their output. A command that does not end is killed, and its test fails.

use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::ops::Deref;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::machine;

/// The time limit of a command. It only keeps a broken test from hanging: a first build compiles the runtime, which takes minutes.
const LIMIT: Duration = Duration::from_secs(900);

/// A command before its start.
pub(crate) struct Run {
    command: Command,
    /// Whether it waits until no test measures a load.
    waits: bool,
}

impl Run {
    /// A program in a folder, which prints no colors.
    pub(crate) fn new(program: impl AsRef<OsStr>, folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder).env("NO_COLOR", "1");
        Self { command, waits: false }
    }

    pub(crate) fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Makes it wait for measurements, because it may compile.
    pub(crate) fn beside_no_measurement(mut self) -> Self {
        self.waits = true;
        self
    }

    /// Starts it. Its output can be read while it runs.
    pub(crate) fn start(mut self) -> Running {
        let building = self.waits.then(machine::building);
        let started = self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = started.unwrap_or_else(|error| panic!("{:?}: {error}", self.command));
        Running { child, _building: building }
    }

    /// Runs it to its end, with any exit code.
    pub(crate) fn output(self) -> Output {
        self.start().output()
    }

    /// Runs it to its end, and asserts its exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Output {
        self.start().exits(code)
    }
}

/// A running command. It is killed when its test ends.
pub(crate) struct Running {
    pub(crate) child: Child,
    _building: Option<machine::Processors>,
}

impl Running {
    /// Sends it Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends it a signal, such as `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("kill can be run").success());
    }

    /// Reads standard error up to the first line that contains this text, and returns that line.
    pub(crate) fn wait_for_line(&mut self, part: &str) -> String {
        let pipe = self.child.stderr.as_mut().expect("it is read once");
        let mut line = Vec::new();
        #[expect(clippy::unbuffered_bytes, reason = "bytes after the line stay in the pipe")]
        for byte in pipe.bytes().map(|byte| byte.expect("the pipe can be read")) {
            line.push(byte);
            if byte == b'\n' {
                let text = String::from_utf8_lossy(&line).into_owned();
                if text.contains(part) {
                    return text;
                }
                line.clear();
            }
        }
        panic!("it ended without a line with {part:?}");
    }

    /// Waits for its end.
    pub(crate) fn output(mut self) -> Output {
        let deadline = Instant::now() + LIMIT;
        let (stdout, stderr) = (read(self.child.stdout.take()), read(self.child.stderr.take()));
        let rest = || deadline.saturating_duration_since(Instant::now());
        let [stdout, stderr] =
            [stdout, stderr].map(|text| text.recv_timeout(rest()).unwrap_or_else(|_| panic!("it did not end in {LIMIT:?}")));
        let status = self.child.wait().expect("its output has ended");
        Output { code: status.code(), all: format!("{stdout}{stderr}"), stdout }
    }

    /// Waits for its end, and asserts its exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Output {
        let output = self.output();
        assert_eq!(output.code, Some(code), "{output}");
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has already ended, unless its test fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe to its end.
fn read(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, text) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.map(|mut pipe| pipe.read_to_end(&mut bytes));
        // After a failed test, nobody receives this.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    text
}

/// The output of a command: standard output, then standard error.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    all: String,
}

impl Output {
    /// Asserts that all of these texts were printed.
    #[track_caller]
    pub(crate) fn prints(&self, parts: &[&str]) -> &Self {
        let missing: Vec<&str> = parts.iter().copied().filter(|part| !self.all.contains(part)).collect();
        assert!(missing.is_empty(), "{missing:?} is not in:\n{self}");
        self
    }

    /// Asserts that none of these texts were printed.
    #[track_caller]
    pub(crate) fn omits(&self, parts: &[&str]) -> &Self {
        let found: Vec<&str> = parts.iter().copied().filter(|part| self.all.contains(part)).collect();
        assert!(found.is_empty(), "{found:?} is in:\n{self}");
        self
    }
}

impl Deref for Output {
    type Target = str;

    fn deref(&self) -> &str {
        &self.all
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.all)
    }
}
