//! Whatever checks, compiles: random valid specs, all of which are compiled into one binary, and started.
//!
//! `LTC_VALID_SPECS=5000 LTC_VALID_SEED=1000 cargo test --test it valid_specs -- --nocapture` tries other specs, and more of them. A failure prints
//! the spec and the compiler's message; `LTC_VALID_SPECS=1 LTC_VALID_SEED=…` repeats it.

mod answers;
mod draw;
mod expressions;
mod extremes;
mod functions;
mod program;
mod requests;
mod statements;
mod writer;

use std::fmt::Write as _;
use std::path::Path;

use ltc::build::{Builder, Error, Options, Progress};
use ltc::emit::Emitted;
use ltc::format::format;

use crate::command::Run;
use crate::echo::Echo;
use crate::machine;
use crate::project::{Project, shared_folder};
use program::{ENVIRONMENT, JSON_ROWS, Program, ROWS};

/// The specs of CI.
const SPECS: u64 = 24;

/// The specs that are compiled into one binary.
const BATCH: u64 = 100;

/// A spec without errors.
struct Valid {
    seed: u64,
    text: String,
    emitted: Emitted,
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap())
}

/// A project with a spec, and perhaps one that it imports.
fn project_of(main: &str, common: Option<&str>) -> Project {
    let project = Project::new()
        .env(ENVIRONMENT)
        .file("specs/data/rows.csv", ROWS)
        .file("specs/data/rows.json", JSON_ROWS)
        .file("specs/data/cat.png", "cat");
    let project = project.profile("x", "clients: 1, duration: 1s").spec("x", main);
    match common {
        Some(common) => project.spec("common", common),
        None => project,
    }
}

/// The emitted Rust of a project's spec, or the errors of the spec.
fn emitted_of(project: &Project) -> Result<Emitted, Vec<String>> {
    let checked = project.check("x").unwrap();
    assert!(checked.config.is_empty(), "{:?}", checked.config);
    let errors = checked.diagnostics.iter().filter(|found| found.is_error());
    let errors: Vec<String> = errors.map(|found| format!("{:?} {}", found.code, found.message)).collect();
    if errors.is_empty() { Ok(checked.emit().unwrap()) } else { Err(errors) }
}

/// The emitted Rust of a seed's spec, or the errors of the spec.
fn emitted(seed: u64) -> Result<Valid, String> {
    let Program { main, imported } = Program::new(seed);
    let project = project_of(&main, imported.as_deref());
    let text = imported.iter().fold(main.clone(), |text, common| format!("{text}\n# ── common.lt\n{common}"));
    let emitted = emitted_of(&project).map_err(|errors| format!("{}\n{text}", errors.join("\n")))?;
    // The formatter must not change the meaning.
    let formatted = format(&main).unwrap_or_else(|_| panic!("seed {seed} cannot be formatted:\n{main}"));
    project.write("specs/x.lt", &formatted);
    if let Err(errors) = emitted_of(&project) {
        panic!("seed {seed} is not valid any more when it is formatted: {errors:?}\n{formatted}");
    }
    Ok(Valid { seed, text, emitted })
}

/// Compiles specs into one binary, each as a module, and runs each command line with each of them.
fn compile(name: &str, specs: &[Valid], command_lines: &[&[&str]]) {
    if std::env::var_os("LTC_VALID_CHECK_ONLY").is_some() {
        return;
    }
    let (mut modules, mut arms, mut files) = (String::new(), String::new(), Vec::new());
    for Valid { seed, emitted, .. } in specs {
        let _ = writeln!(modules, "mod s{seed};");
        let _ = writeln!(arms, "Ok(\"{seed}\") => s{seed}::main(),");
        files.push((format!("s{seed}/mod.rs"), emitted.main.replacen("fn main()", "pub fn main()", 1).into_bytes()));
        files.extend(emitted.files.iter().map(|(path, content)| (format!("s{seed}/{path}"), content.clone())));
    }
    // Attributes of a crate have no effect in a module.
    let limit = specs.iter().find_map(|spec| spec.emitted.main.lines().find(|line| line.starts_with("#![recursion_limit")));
    let main = format!(
        "{}\n{modules}fn main() -> std::process::ExitCode {{ match std::env::var(\"SPEC\").as_deref() {{ {arms} _ => std::process::ExitCode::FAILURE }} }}\n",
        limit.unwrap_or_default()
    );
    let options = Options { cache: Some(shared_folder("ltc-cache")), offline: true, progress: Progress::Silent, ..Options::default() };
    let building = machine::building();
    let built = Builder::new(options).unwrap().compile(name, Path::new(name), &Emitted { main, files });
    drop(building);
    let built = match built {
        Ok(built) => built,
        Err(Error::Bug { log, .. }) => {
            let log = std::fs::read_to_string(log).unwrap();
            let wrong: Vec<&Valid> = specs.iter().filter(|spec| log.contains(&format!("src/s{}/mod.rs:", spec.seed))).collect();
            let mut shown = String::new();
            for spec in &wrong {
                let _ = writeln!(shown, "── seed {}\n{}", spec.seed, spec.text);
            }
            let seeds: Vec<u64> = wrong.iter().map(|spec| spec.seed).collect();
            panic!("{shown}\n{log}\nthese seeds check, but do not compile: {seeds:?}");
        }
        Err(error) => panic!("{error}"),
    };
    let log = built.folder.join("prelinked.log");
    assert!(!log.exists(), "the runtime that was linked in advance lacks something: {}", std::fs::read_to_string(log).unwrap());
    let folder = tempfile::tempdir().unwrap();
    for Valid { seed, text, .. } in specs {
        for args in command_lines {
            // Requests that are signed ask for keys, which are found nowhere.
            let run = Run::new(&built.binary, folder.path()).env("SPEC", seed.to_string()).env("AWS_EC2_METADATA_DISABLED", "true");
            let output = run.args(args).output();
            assert!(!output.to_string().contains("panicked"), "seed {seed} {args:?}: {output}\n{text}");
        }
    }
}

#[test]
fn valid_specs_compile() {
    let (first, count) = (number("LTC_VALID_SEED", 0), number("LTC_VALID_SPECS", SPECS));
    let (mut invalid, mut done) = (Vec::new(), first);
    let server = Echo::start();
    let host = format!("--host=http://{}", server.addr);
    while done < first + count {
        let end = (done + BATCH).min(first + count);
        let (mut specs, begun) = (Vec::new(), std::time::Instant::now());
        for seed in done..end {
            match emitted(seed) {
                Ok(spec) => specs.push(spec),
                Err(why) => invalid.push((seed, why)),
            }
        }
        let checked = begun.elapsed();
        compile("valid", &specs, &[&["plan"], &["--debug", &host]]);
        println!("seeds {done}..{end}: {} specs, checked in {checked:.1?}, compiled in {:.1?}", specs.len(), begun.elapsed() - checked);
        done = end;
    }
    invalid.iter().for_each(|(seed, why)| println!("seed {seed} is not valid: {}", why.lines().next().unwrap_or_default()));
    // The generator does not know all rules of the language.
    let shown: Vec<String> = invalid.iter().take(3).map(|(seed, why)| format!("── seed {seed}: {why}")).collect();
    assert!(invalid.len() as u64 * 5 <= count, "{} of {count} specs are not valid:\n{}", invalid.len(), shown.join("\n"));
}
