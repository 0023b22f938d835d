//! A test's project: its files in a temporary folder, and the commands that run there.
//!
//! ```text
//! Project::new().spec("shop", SPEC).env("shop: …").profile("shop", "clients: 2, duration: 1s").build("shop").run("shop", &["--debug"]).exits(0)
//! ```

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use ltc::pipeline::{self, Checked, Target};
use serde_json::Value;

use crate::command::Run;
use crate::machine;
use crate::report::Report;

/// The repository's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder in the target folder, for files that later runs of the tests reuse.
pub(crate) fn shared_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

/// `ltc` with these arguments in a folder. All tests share one cache, so that the runtime is compiled once.
pub(crate) fn ltc(folder: &Path, args: &[&str]) -> Run {
    ltc_at(env!("CARGO_BIN_EXE_ltc"), folder, args)
}

/// As `ltc`, with another copy of the program.
pub(crate) fn ltc_at(program: impl AsRef<OsStr>, folder: &Path, args: &[&str]) -> Run {
    Run::new(program, folder).args(args).env("LTC_CACHE_DIR", shared_folder("ltc-cache")).beside_no_measurement()
}

/// The binary of one of the repository's specs, built once in a process of tests.
pub(crate) fn binary(spec: &str) -> PathBuf {
    static BUILT: OnceLock<Mutex<HashMap<String, PathBuf>>> = OnceLock::new();
    let mut built = BUILT.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let build = || {
        let out = shared_folder("binaries").join(format!("{spec}-{}", std::process::id()));
        ltc(root(), &["build", &format!("specs/{spec}.lt"), "-o", &out.display().to_string()]).exits(0);
        out
    };
    built.entry(spec.to_owned()).or_insert_with(build).clone()
}

/// A folder with specs and configuration, and optionally a demo server for them.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    path: PathBuf,
    server: Option<ltc_demo::Handle>,
}

impl Project {
    /// An empty project.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let project = Self { path: folder.path().to_owned(), folder, server: None };
        for folder in ["config", "specs/data"] {
            fs::create_dir_all(project.path().join(folder)).expect("a folder");
        }
        project
    }

    /// The project `shop`, as `ltc new` writes it.
    pub(crate) fn created() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        ltc(folder.path(), &["new", "shop"]).exits(0);
        Self { path: folder.path().join("shop"), folder, server: None }
    }

    /// The repository's own specs and configuration, with a demo server that has these options.
    pub(crate) fn examples_with(options: ltc_demo::Options) -> Self {
        let mut project = Self::new().copy("config", "config").copy("specs", "specs");
        project.server = Some(ltc_demo::spawn(options).expect("a port is free"));
        project.at_server();
        project
    }

    /// A project without files, with a demo server.
    pub(crate) fn with_server() -> Self {
        let mut project = Self::new();
        project.server = Some(ltc_demo::spawn(ltc_demo::Options::any_port()).expect("a port is free"));
        project
    }

    /// Replaces the usual address of the demo server in the configuration by that of this project's server.
    pub(crate) fn at_server(&self) {
        let address = self.server.as_ref().expect("a server").addr().to_string();
        for file in files(&self.path().join("config")) {
            let text = fs::read_to_string(&file).expect("configuration is text");
            fs::write(&file, text.replace("127.0.0.1:8137", &address)).expect("a file");
        }
    }

    /// The repository's own specs and configuration, with a demo server.
    pub(crate) fn examples() -> Self {
        Self::examples_with(ltc_demo::Options::any_port())
    }

    /// As `examples`, with a demo server that answers 503 for the paths of single treatments.
    pub(crate) fn failing_examples() -> Self {
        let mut options = ltc_demo::Options::any_port();
        options.faults.status.insert("/tpdata/treatments/".to_owned(), 503);
        Self::examples_with(options)
    }

    /// Adds a file.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    /// Adds `specs/NAME.lt`.
    pub(crate) fn spec(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.file(&format!("specs/{name}.lt"), text)
    }

    /// Adds the environment `here`, which the profiles of [`Self::profile`] use.
    pub(crate) fn env(self, text: impl AsRef<[u8]>) -> Self {
        self.file("config/here.yml", text)
    }

    /// Adds `specs/NAME.profile.yml`. `runner` is the content of that section, on one line.
    pub(crate) fn profile(self, name: &str, runner: &str) -> Self {
        let text = format!("test_header: {{ env: here }}\nprofile:\n  runner: {{ {runner} }}\n");
        self.file(&format!("specs/{name}.profile.yml"), text)
    }

    /// Adds a file or folder of the repository.
    pub(crate) fn copy(self, from: &str, to: &str) -> Self {
        copy(&root().join(from), &self.path().join(to));
        self
    }

    /// Builds `specs/NAME.lt` to the binary `NAME`.
    pub(crate) fn build(self, name: &str) -> Self {
        self.ltc(&["build", &format!("specs/{name}.lt"), "-o", name]).exits(0);
        self
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The temporary folder of the project; for a project of [`Self::created`], the folder that contains it.
    pub(crate) fn outside(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.path().join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Reads a JSON file, such as the report of a run.
    pub(crate) fn json(&self, path: &str) -> Value {
        serde_json::from_str(&self.read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The JSON report of a run.
    pub(crate) fn report(&self, path: &str) -> Report {
        Report(self.json(path))
    }

    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().expect("it is in the project")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    /// Replaces a text that a file contains, as many editors save: the new file is renamed over the old one.
    pub(crate) fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} does not contain {from:?}");
        let new = format!("{path}.swp");
        self.write(&new, text.replace(from, to));
        fs::rename(self.path().join(new), self.path().join(path)).expect("a file");
    }

    /// `ltc` in this project.
    pub(crate) fn ltc(&self, args: &[&str]) -> Run {
        ltc(self.path(), args)
    }

    /// A binary that was built in this project, or else that of the repository's spec with this name.
    pub(crate) fn run(&self, name: &str, args: &[&str]) -> Run {
        let own = self.path().join(name);
        let program = if own.is_file() { own } else { binary(name) };
        Run::new(program, self.path()).env_remove("LTC_DEMO_URL").args(args)
    }

    /// The compiler's result for `specs/NAME.lt`, without a process.
    pub(crate) fn check(&self, name: &str) -> Result<Checked, String> {
        check(self.path(), name)
    }

    /// The demo server.
    pub(crate) fn server(&self) -> &ltc_demo::Handle {
        self.server.as_ref().expect("the project has a demo server")
    }

    /// The requests that the demo server itself counted.
    pub(crate) fn served(&self) -> Value {
        let body = crate::server::get(&self.server().addr().to_string(), "/_demo/stats");
        serde_json::from_str(&body).expect("the server's counts are JSON")
    }

    /// The requests of a route that the demo server itself counted.
    pub(crate) fn route(&self, name: &str) -> u64 {
        self.served()["routes"][name].as_u64().unwrap_or(0)
    }

    /// Waits until the demo server has received this number of requests.
    pub(crate) fn wait_for_requests(&self, count: u64) {
        machine::wait_until(&format!("the server has got {count} requests"), || self.served()["total"].as_u64() >= Some(count));
    }
}

/// The compiler's result for `specs/NAME.lt` in a folder, with its profile if there is one.
pub(crate) fn check(root: &Path, name: &str) -> Result<Checked, String> {
    let spec = root.join(format!("specs/{name}.lt"));
    let profile = spec.with_extension("profile.yml");
    let profile = profile.is_file().then_some(profile);
    pipeline::check(&Target { root: root.to_owned(), spec, profile, ..Target::default() })
}

/// The files of a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}

fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        return;
    }
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let entry = entry.expect("an entry");
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}
