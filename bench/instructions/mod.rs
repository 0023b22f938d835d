//! Counts the instructions of an iteration: `cargo run --example bench -- instructions [--check | --bless]`.
//!
//! The spec scenarios.lt is compiled as `ltc build` compiles users' specs, with a server in memory instead of `main` (answers.rs), and run
//! under valgrind's callgrind. The result is the difference between a run and one with twice the iterations, so that starting and
//! connecting cancel out. Instructions inside the kernel are not counted, and no socket is opened: for the same code the counts of two runs
//! differ by less than 0.1 %. They do depend on the compiler, the C library and the kind of processor, which counts.txt names.

mod counts;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ltc::build::{Builder, Options, Progress};
use ltc::pipeline::{self, Target};

use super::{Bench, Outcome};
use counts::{Counts, Scenario};

/// The user classes of scenarios.lt, and the subject of each.
const SCENARIOS: &[Scenario] = &[
    Scenario { class: "CheckedGet", what: "GET, status, header and JSON checked", iterations: 200, fails: false },
    Scenario { class: "VariedGet", what: "the same, no two answers alike", iterations: 200, fails: false },
    Scenario { class: "JsonPost", what: "POST with a JSON body, a take", iterations: 200, fails: false },
    Scenario { class: "ManyHeaders", what: "GET with headers and auth, headers checked and taken", iterations: 200, fails: false },
    Scenario { class: "CookieInJar", what: "GET with a cookie of the jar", iterations: 200, fails: false },
    Scenario { class: "GzipAnswer", what: "GET, answer in gzip", iterations: 200, fails: false },
    Scenario { class: "ChunkedAnswer", what: "GET, answer in chunks", iterations: 200, fails: false },
    Scenario { class: "RedirectedGet", what: "GET, redirected once", iterations: 200, fails: false },
    Scenario { class: "LargeJson", what: "GET, 40 KB of JSON, members at its end", iterations: 40, fails: false },
    Scenario { class: "VariedLargeJson", what: "the same, every response different", iterations: 200, fails: false },
    Scenario { class: "HugeJson", what: "GET, 1 MB of JSON, a list and a JSONPath", iterations: 3, fails: false },
    Scenario { class: "Http2Get", what: "GET over HTTP/2", iterations: 200, fails: false },
    Scenario { class: "NewConnection", what: "GET on a new connection", iterations: 200, fails: false },
    Scenario { class: "ThreeSteps", what: "a sequence: POST, GET, DELETE", iterations: 200, fails: false },
    Scenario { class: "FailedGet", what: "GET, a status that isn't expected", iterations: 200, fails: true },
];

/// Counts, and then prints, checks or writes the counts.
pub(crate) fn run(bench: &Bench) -> Outcome {
    let binary = build(&bench.folder)?;
    let mut counted = Counts::of_this_machine()?;
    for scenario in SCENARIOS.iter().filter(|scenario| bench.wants(scenario.class)) {
        let fewer = instructions(bench, &binary, scenario, scenario.iterations)?;
        let more = instructions(bench, &binary, scenario, 2 * scenario.iterations)?;
        counted.add(scenario.class, more.saturating_sub(fewer) / scenario.iterations);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("bench/instructions/counts.txt");
    let known = fs::read_to_string(&file).ok().map(|text| Counts::parse(&text)).transpose()?.unwrap_or_default();
    print!("{}", counted.table(&known, SCENARIOS));
    if bench.args.bless {
        fs::write(&file, counted.over(&known).to_text(SCENARIOS))?;
        println!("written to {}", file.display());
    } else if bench.args.check {
        counted.check(&known)?;
        println!("no scenario takes more than {} % more instructions than counts.txt says", counts::TOLERANCE_PERCENT);
    }
    Ok(())
}

/// Compiles the scenarios as a user's spec.
fn build(folder: &Path) -> Outcome<PathBuf> {
    let (spec, profile, config) = (folder.join("specs/scenarios.lt"), folder.join("specs/scenarios.profile.yml"), folder.join("config"));
    fs::create_dir_all(folder.join("specs"))?;
    fs::create_dir_all(&config)?;
    fs::write(&spec, include_str!("scenarios.lt"))?;
    fs::write(&profile, "test_header: { env: here }\nprofile: { runner: { clients: 1, hatch_rate: 1, duration: 1s } }\n")?;
    fs::write(config.join("here.yml"), "{}\n")?;
    let target = Target { root: folder.to_path_buf(), profile: Some(profile), spec, ..Target::default() };
    let checked = pipeline::check(&target)?;
    if checked.program.is_none() {
        return Err(format!("scenarios.lt: {:?}", checked.diagnostics).into());
    }
    let mut emitted = checked.emit()?;
    let (main, entry) = ("ltc_runtime::main(&PROGRAM)", "answers::main(&PROGRAM)");
    if emitted.main.matches(main).count() != 1 {
        return Err(format!("unexpected Rust of the scenarios, expected one `{main}`").into());
    }
    emitted.main = emitted.main.replace(main, entry) + "mod answers;\n";
    emitted.files.push(("answers.rs".into(), include_bytes!("answers.rs").to_vec()));
    emitted.files.push(("item.json.gz".into(), include_bytes!("item.json.gz").to_vec()));
    let builder = Builder::new(Options { cache: None, offline: false, thin_lto: false, pie: false, progress: Progress::Silent })?;
    // The cache identifies a crate by its spec's path. This path is fixed, so that the next run finds it compiled.
    Ok(builder.compile("scenarios", Path::new("bench/instructions/scenarios.lt"), &emitted)?.binary)
}

/// The total number of instructions of a run.
fn instructions(bench: &Bench, binary: &Path, scenario: &Scenario, iterations: u64) -> Outcome<u64> {
    let out = bench.folder.join("callgrind.out");
    let mut command = Command::new("valgrind");
    // The environment is fixed, because its size would shift the stack in memory.
    command.env_clear().args(["--tool=callgrind", "--quiet"]).arg(format!("--callgrind-out-file={}", out.display()));
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env("PATH", path).arg(binary).args([scenario.class, &iterations.to_string(), if scenario.fails { "all" } else { "none" }]);
    let output = command.output().map_err(|error| format!("valgrind can't be run: {error} (install it: `apt-get install valgrind`)"))?;
    if !output.status.success() {
        return Err(format!("{}: {}", scenario.class, String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = fs::read_to_string(&out)?;
    let total = text.lines().find_map(|line| line.strip_prefix("summary: ").or_else(|| line.strip_prefix("totals: ")));
    let total = total.ok_or("no `summary:` in callgrind's file")?;
    Ok(total.trim().parse().map_err(|error| format!("`{total}` is no count of instructions: {error}"))?)
}
