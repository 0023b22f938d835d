//! Measures the compiler's speed: `cargo run --release --example compile_speed`.
//!
//! Checks specs of 300 and 1,000 lines, and builds them again after an edit; with `--first` also into an empty cache, which takes minutes.
//! On a busy machine, the CPU time of each figure is more meaningful than the elapsed time. The specs repeat the shop's scenario under
//! other names.

#[path = "big_spec.rs"]
mod big_spec;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ltc::build::{Builder, Options, Progress};
use ltc::pipeline::{self, Target};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("ltc-compile-speed-{}", std::process::id()));
    fs::create_dir_all(folder.join("config"))?;
    fs::write(folder.join("config/here.yml"), "shop: { url: \"http://127.0.0.1:8137/shop\" }\n")?;
    let first = std::env::args().any(|arg| arg == "--first");
    let outcome = measure(&folder, first);
    fs::remove_dir_all(&folder)?;
    outcome
}

fn measure(folder: &Path, first: bool) -> Result<(), Box<dyn Error>> {
    if first {
        let cache = folder.join("cache");
        let took = build(folder, &spec(folder, "first", 50, 0)?, Some(cache))?;
        println!("first build of all, empty cache        {:>8.1} s", took.as_secs_f64());
    }
    for lines in [300, 1000] {
        let target = spec(folder, "big", lines, 0)?;
        let written = fs::read_to_string(&target.spec)?.lines().count();
        let mut checks = Vec::new();
        let before = cpu();
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            let checked = pipeline::check(&target)?;
            checks.push(begun.elapsed());
            assert!(checked.program.is_some(), "{:?}", checked.diagnostics);
        }
        let (took, used) = (median(checks).as_secs_f64() * 1e3, (cpu() - before) * 1e3 / ROUNDS as f64);
        println!("ltc check, {written:>5} lines                 {took:>8.1} ms, {used:.0} ms of CPU");
        build(folder, &target, None)?;
        let mut builds = Vec::new();
        let before = cpu();
        for round in 1..=ROUNDS {
            builds.push(build(folder, &spec(folder, "big", lines, round)?, None)?);
        }
        let (took, used) = (median(builds).as_secs_f64(), (cpu() - before) / ROUNDS as f64);
        println!("ltc build after an edit, {written:>5} lines   {took:>8.2} s, {used:.2} s of CPU");
    }
    Ok(())
}

/// The CPU time of this process and the children that it has waited for, in seconds; 0 if the system does not provide it.
fn cpu() -> f64 {
    // The user and system times of the process and its children, in hundredths of a second: fields 14 to 17, counted from before the name.
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    behind_name.split_whitespace().skip(11).take(4).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn build(folder: &Path, target: &Target, cache: Option<PathBuf>) -> Result<Duration, Box<dyn Error>> {
    let begun = Instant::now();
    let checked = pipeline::check(target)?;
    let emitted = checked.emit()?;
    let builder = Builder::new(Options { cache, offline: false, thin_lto: false, pie: false, progress: Progress::Silent })?;
    let built = builder.compile(&checked.name, &target.spec, &emitted)?;
    fs::copy(&built.binary, folder.join("binary"))?;
    Ok(begun.elapsed())
}

/// A spec with about this number of lines and its profile; `edit` makes it differ from the previous one.
fn spec(folder: &Path, name: &str, lines: usize, edit: usize) -> Result<Target, Box<dyn Error>> {
    let path = folder.join("specs").join(format!("{name}.lt"));
    fs::create_dir_all(folder.join("specs"))?;
    fs::write(&path, big_spec::text(lines, edit))?;
    let profile = path.with_extension("profile.yml");
    fs::write(&profile, big_spec::PROFILE)?;
    Ok(Target { root: folder.to_path_buf(), spec: path, profile: Some(profile), ..Target::default() })
}
