//! A terminal that a test looks at and types on (tmux).

use std::path::Path;

use crate::command::{Output, Run};
use crate::machine::wait_until;
use crate::project::Project;

/// A separate terminal, which ends with the test.
pub(crate) struct Terminal {
    socket: String,
}

impl Terminal {
    pub(crate) fn new(name: &str, project: &Project, command: &str) -> Self {
        let terminal = Self { socket: format!("ltc-{name}-{}", std::process::id()) };
        // In CI, `CI` is set, and ltc would not draw a screen.
        let command = format!("env -u CI TERM=screen-256color {command}; echo EXIT $?; sleep 60");
        let folder = project.path().display().to_string();
        terminal.tmux(&["new-session", "-d", "-x", "100", "-y", "44", "-c", &folder, &command]).exits(0);
        terminal
    }

    fn tmux(&self, args: &[&str]) -> Run {
        Run::new("tmux", Path::new(".")).args(&["-f", "/dev/null", "-L", &self.socket]).args(args)
    }

    fn screen(&self) -> Output {
        self.tmux(&["capture-pane", "-p"]).output()
    }

    /// Waits until the screen has all of these.
    pub(crate) fn shows(&self, parts: &[&str]) -> Output {
        wait_until(&format!("{parts:?} are on the screen"), || {
            let screen = self.screen();
            parts.iter().all(|part| screen.contains(part))
        });
        self.screen()
    }

    pub(crate) fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]).exits(0);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]).output();
    }
}
