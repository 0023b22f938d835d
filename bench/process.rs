//! Runs a program pinned to a core, and measures its resources (proc(5)).

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Outcome;

/// The kernel's unit of CPU time in `/proc/PID/stat` and `/proc/stat`.
pub(crate) const TICKS_PER_SECOND: f64 = 100.0;

/// The resources that a program used.
pub(crate) struct Used {
    /// User and system time of all its threads, in seconds.
    pub(crate) cpu: f64,
    /// Its peak memory, in KiB.
    pub(crate) rss_kib: u64,
    pub(crate) seconds: f64,
    pub(crate) stdout: String,
}

/// Runs a program on the cores (`0`, `0,1`) until it ends, or is killed after `limit`.
pub(crate) fn run(command: &[String], cores: &str, folder: &Path, limit: Duration) -> Outcome<Used> {
    watch(command, cores, folder, limit, |_, _| ())
}

/// As `run`. Also passes the memory at each sample, in KiB, to a closure, with the time since the start.
pub(crate) fn watch(command: &[String], cores: &str, folder: &Path, limit: Duration, mut look: impl FnMut(Duration, u64)) -> Outcome<Used> {
    let out = folder.join("stdout");
    let err = folder.join("stderr");
    let begun = Instant::now();
    let mut child = Command::new("taskset")
        .args(["-c", cores])
        .args(command)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(fs::File::create(&out)?)
        .stderr(fs::File::create(&err)?)
        .spawn()?;
    let stat = format!("/proc/{}/stat", child.id());
    let status = format!("/proc/{}/status", child.id());
    let mut rss_kib = 0;
    let cpu = loop {
        // The times of a zombie process are available and final.
        let text = fs::read_to_string(&stat)?;
        let fields: Vec<&str> = text.rsplit_once(") ").map(|(_, rest)| rest.split(' ').collect()).unwrap_or_default();
        if fields.first() == Some(&"Z") {
            let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).unwrap_or(0.0);
            break (ticks(11) + ticks(12)) / TICKS_PER_SECOND;
        }
        let memory = fs::read_to_string(&status).unwrap_or_default();
        let kib = |name: &str| memory.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.parse().ok());
        rss_kib = rss_kib.max(kib("VmHWM:").unwrap_or(0));
        if let Some(now) = kib("VmRSS:") {
            look(begun.elapsed(), now);
        }
        if begun.elapsed() > limit {
            child.kill()?;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let status = child.wait()?;
    let stdout = fs::read_to_string(&out)?;
    // ltc's exit code 1 means a failed threshold, and ab's that its time ran out.
    if !status.success() && status.code() != Some(1) {
        return Err(format!("{}: {status}\n{stdout}\n{}", command.join(" "), fs::read_to_string(&err)?).into());
    }
    Ok(Used { cpu, rss_kib, seconds: begun.elapsed().as_secs_f64(), stdout })
}

/// Whether a program is installed.
pub(crate) fn is_there(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
        || Path::new("/usr/sbin").join(name).is_file()
}
