//! Commands that the server runs: `ltc` itself, and the binaries that it builds. The server's standard output belongs to the protocol, so
//! all commands write to pipes.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// The most output that an assistant gets, in bytes: the beginning and the end.
const OUTPUT_BYTES_MAX: usize = 48 * 1024;

/// The output and the exit code of a command.
#[derive(Debug)]
pub(super) struct Output {
    pub(super) code: i32,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Output {
    /// Both outputs as text, standard output first.
    pub(super) fn text(&self) -> String {
        let parts = [self.stdout.trim_end(), self.stderr.trim_end()];
        shortened(&parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("\n"))
    }
}

/// Runs `ltc`.
pub(super) async fn ltc(root: &Path, args: &[&str], longest: Duration) -> Result<Output, String> {
    let program = std::env::current_exe().map_err(|error| format!("cannot find ltc: {error}"))?;
    run(&program, root, args, longest).await
}

/// Runs a program to its end. A cancelled call ends it at once.
pub(super) async fn run(program: &Path, root: &Path, args: &[&str], longest: Duration) -> Result<Output, String> {
    let mut command = Command::new(program);
    command.args(args).current_dir(root).env("NO_COLOR", "1").stdin(Stdio::null()).kill_on_drop(true);
    let output = match tokio::time::timeout(longest, command.output()).await {
        Ok(output) => output.map_err(|error| format!("cannot run {}: {error}", program.display()))?,
        Err(_) => return Err(format!("the command did not end within {} and was stopped", ltc_config::duration::print(longest))),
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Output { code: output.status.code().unwrap_or(130), stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

/// The beginning and the end of a long text.
fn shortened(text: &str) -> String {
    if text.len() <= OUTPUT_BYTES_MAX {
        return text.to_owned();
    }
    let half = OUTPUT_BYTES_MAX / 2;
    let (start, end) = (text.floor_char_boundary(half), text.ceil_char_boundary(text.len() - half));
    format!("{}\n… {} bytes are left out …\n{}", &text[..start], end - start, &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_output_keeps_its_beginning_and_its_end() {
        let text = format!("first{}last", "é".repeat(OUTPUT_BYTES_MAX));
        let short = shortened(&text);
        assert!(short.starts_with("first") && short.ends_with("last") && short.contains("bytes are left out"));
        assert!(short.len() < OUTPUT_BYTES_MAX + 100);
        assert_eq!(shortened("x"), "x");
    }
}
