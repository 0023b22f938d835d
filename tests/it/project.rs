//! What the end-to-end tests share: a project of their own beside a demo server of their own, and binaries that are built once.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

/// The repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What tests build and install lies here, so that a second run finds it.
pub(crate) fn shelf(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// The `ltc` command with the tests' cache: the run time is compiled once for all of them.
pub(crate) fn ltc() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ltc"));
    command.env("LTC_CACHE_DIR", shelf("ltc-cache")).env("NO_COLOR", "1");
    command
}

/// Output as text, for messages.
pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The binary of one of the repository's specs, built once a test process.
pub(crate) fn binary(spec: &str) -> PathBuf {
    static BUILT: OnceLock<Mutex<HashMap<String, PathBuf>>> = OnceLock::new();
    let mut built = BUILT.get_or_init(Mutex::default).lock().expect("no test panics while it builds");
    built
        .entry(spec.to_owned())
        .or_insert_with(|| {
            let out = shelf("binaries").join(format!("{spec}-{}", std::process::id()));
            let output =
                ltc().current_dir(root()).args(["build", &format!("specs/{spec}.lt"), "-o"]).arg(&out).output().expect("ltc can be run");
            assert!(output.status.success(), "ltc build specs/{spec}.lt: {}", text(&output));
            out
        })
        .clone()
}

/// A copy of the repository's specs and configuration, talking to a demo server of its own.
pub(crate) struct Project {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) server: ltc::demo::Handle,
}

impl Project {
    pub(crate) fn new() -> Self {
        Self::with(ltc::demo::Options::any_port())
    }

    pub(crate) fn with(options: ltc::demo::Options) -> Self {
        let server = ltc::demo::spawn(options).expect("a port is free");
        let folder = tempfile::tempdir().expect("a temporary folder");
        for part in ["config", "specs"] {
            copy(&root().join(part), &folder.path().join(part), &server.addr().to_string());
        }
        Self { folder, server }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a spec's binary here.
    pub(crate) fn run(&self, spec: &str, args: &[&str]) -> Output {
        self.command(spec, args).output().expect("the binary can be run")
    }

    pub(crate) fn command(&self, spec: &str, args: &[&str]) -> Command {
        let mut command = Command::new(binary(spec));
        command.current_dir(self.path()).env("NO_COLOR", "1").env_remove("LTC_DEMO_URL").args(args);
        command
    }

    /// What the server itself counted.
    pub(crate) fn served(&self) -> serde_json::Value {
        let body = get(&self.server.addr().to_string(), "/_demo/stats");
        serde_json::from_str(&body).expect("the server's counts are JSON")
    }

    /// Waits until the server has got so many requests.
    pub(crate) fn wait_for_requests(&self, count: u64) {
        wait_until(&format!("the server has got {count} requests"), || self.served()["total"].as_u64() >= Some(count));
    }
}

/// Waits until something holds; the limit only keeps a broken test from hanging.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(120);
    while !holds() {
        assert!(std::time::Instant::now() < deadline, "still waiting until {what}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

/// A minimal GET, by a client that isn't the one under test.
pub(crate) fn get(addr: &str, path: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(addr).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n").expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers");
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

fn copy(from: &Path, to: &Path, addr: &str) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        let target = to.join(entry.file_name().expect("a name"));
        if entry.is_dir() {
            copy(&entry, &target, addr);
        } else if entry.extension().is_some_and(|extension| extension == "yml") {
            let text = fs::read_to_string(&entry).expect("text").replace("127.0.0.1:8137", addr);
            fs::write(target, text).expect("a file");
        } else {
            fs::copy(&entry, target).expect("a file");
        }
    }
}
