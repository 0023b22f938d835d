//! Measures the compiler's speed: `cargo run --release --example compile_speed`.
//!
//! Checks specs of 300 and 1,000 lines, and builds them again after an edit; with `--first` also into an empty cache, which takes minutes.
//! The specs repeat the shop's scenario under other names. It also checks a spec of 10,000 steps, one of 20,000 sequences, and one with an
//! environment of 50,000 keys; with `--check`, only these. On a busy machine, the CPU time of each figure is more meaningful than the elapsed
//! time.

#[path = "big_spec.rs"]
mod big_spec;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ltc::build::{Builder, Options, Progress};
use ltc::pipeline::{self, Target};

const ROUNDS: usize = 5;

/// The environment.
const HERE: &str = "shop: { url: \"http://127.0.0.1:8137/shop\" }\n";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("ltc-compile-speed-{}", std::process::id()));
    fs::create_dir_all(folder.join("config"))?;
    fs::write(folder.join("config/here.yml"), HERE)?;
    let asks = |option: &str| std::env::args().any(|arg| arg == option);
    let outcome = check_huge(&folder).and_then(|()| if asks("--check") { Ok(()) } else { measure(&folder, asks("--first")) });
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
        check(&format!("{written:>5} lines"), &target)?;
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

/// Checks specs and environments that are larger than any that people write, as generators may write them.
fn check_huge(folder: &Path) -> Result<(), Box<dyn Error>> {
    let api = "api shop { base env.shop.url; healthcheck none }\n";
    let steps: String = (0..10_000).map(|n| format!("  step \"Step {n}\" {{\n    shop GET /items/{n}\n    expect 200\n  }}\n")).collect();
    let sequences: String = (0..20_000).map(|n| format!("sequence S{n} {{ step \"Step {n}\" {{ shop GET /; expect 200 }} }}\n")).collect();
    let tasks: String = (0..20_000).map(|n| format!("  1 S{n}\n")).collect();
    let keys: String = (0..50_000).map(|n| format!("key{n}: value {n}\n")).collect();
    let few = format!("{api}sequence S {{ step \"Step\" {{ shop GET /; expect 200 }} }}\nuser U {{ run S }}\n");
    check("10,000 steps", &write(folder, "steps", &format!("{api}sequence S {{\n{steps}}}\nuser U {{ run S }}\n"))?)?;
    check("20,000 sequences", &write(folder, "sequences", &format!("{api}{sequences}tasks T {{\n{tasks}}}\nuser U {{ run T }}\n"))?)?;
    fs::write(folder.join("config/here.yml"), format!("{HERE}{keys}"))?;
    check("50,000 keys", &write(folder, "keys", &few)?)?;
    fs::write(folder.join("config/here.yml"), HERE)?;
    Ok(())
}

/// Checks a spec, and prints how long it took.
fn check(what: &str, target: &Target) -> Result<(), Box<dyn Error>> {
    let mut checks = Vec::new();
    let before = cpu();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let checked = pipeline::check(target)?;
        checks.push(begun.elapsed());
        assert!(checked.program.is_some() && checked.diagnostics.iter().next().is_none(), "{:?}", checked.diagnostics);
    }
    let (took, used) = (median(checks).as_secs_f64() * 1e3, (cpu() - before) * 1e3 / ROUNDS as f64);
    println!("{:<38} {took:>8.1} ms, {used:.0} ms of CPU", format!("ltc check, {what}"));
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
    write(folder, name, &big_spec::text(lines, edit))
}

/// A spec with its profile.
fn write(folder: &Path, name: &str, text: &str) -> Result<Target, Box<dyn Error>> {
    let path = folder.join("specs").join(format!("{name}.lt"));
    fs::create_dir_all(folder.join("specs"))?;
    fs::write(&path, text)?;
    let profile = path.with_extension("profile.yml");
    fs::write(&profile, big_spec::PROFILE)?;
    Ok(Target { root: folder.to_path_buf(), spec: path, profile: Some(profile), ..Target::default() })
}
