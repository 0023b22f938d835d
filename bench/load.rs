//! CPU time per request: one program after the other, on core 1, against nginx on core 0. Measurements are interleaved, so that other
//! activity on the machine affects all of them alike; ratios are computed within a round.

use std::time::Duration;

use super::nginx::Nginx;
use super::peers::{self, Program, words};
use super::scenarios::{Reference, SCENARIOS, Scenario};
use super::{Bench, Outcome, process, quiet, scaling, sequence, specs};

/// The number of users, each with a connection, in every program.
pub(crate) const CONNECTIONS: &str = "64";

/// The resources that a program used in one measurement.
pub(crate) struct Measurement {
    /// CPU time per request, in microseconds.
    pub(crate) us: f64,
    pub(crate) rps: f64,
    rss_mib: f64,
    /// The number of cores that it kept busy.
    pub(crate) cores: f64,
}

pub(crate) fn run(bench: &Bench) -> Outcome {
    let nginx = Nginx::start(bench)?;
    for scenario in SCENARIOS.iter().filter(|scenario| bench.wants(scenario.name)) {
        let programs = programs(bench, scenario)?;
        let mut first = 0;
        let round = || {
            first += 1;
            round(bench, &nginx, &programs, first)
        };
        let (rounds, note) = quiet::rounds(bench, round)?;
        println!("\n{}\n{note}", scenario.name);
        table(scenario, &programs, &rounds);
    }
    if bench.wants(sequence::NAME) {
        sequence::run(bench, &nginx)?;
    }
    drop(nginx);
    if bench.wants(scaling::NAME) {
        scaling::run(bench)?;
    }
    Ok(())
}

/// The measurements of a scenario, ltc first.
fn programs(bench: &Bench, scenario: &Scenario) -> Outcome<Vec<Program>> {
    let spec = |name| Ok::<_, Box<dyn std::error::Error>>(ltc(bench, &specs::build(bench, name, 1)?.display().to_string(), "1"));
    let mut programs = vec![("ltc", spec(scenario.spec)?)];
    for (name, reference) in scenario.references {
        match reference {
            Reference::Spec(other) => programs.push((name, spec(other)?)),
            Reference::Wrk(path) if process::is_there("wrk") => programs.push((name, peers::wrk(bench, path))),
            Reference::H2load(path) if process::is_there("h2load") => programs.push((name, peers::h2load_shared(bench, path))),
            Reference::Wrk(_) | Reference::H2load(_) => {}
        }
    }
    if let Some(request) = scenario.peers {
        programs.extend(peers::installed(bench, scenario.server, request)?);
    }
    Ok(programs)
}

/// The measurement of each program, in the order of the programs. Each round starts with another one, because some programs disturb the
/// next measurement.
fn round(bench: &Bench, nginx: &Nginx, programs: &[Program], first: usize) -> Outcome<Vec<Measurement>> {
    let first = first % programs.len();
    let (before, behind) = programs.split_at(first);
    let measurements = behind.iter().chain(before).map(|(_, command)| measure(bench, nginx, command, "1"));
    let mut measurements = measurements.collect::<Outcome<Vec<Measurement>>>()?;
    measurements.rotate_right(first);
    Ok(measurements)
}

fn table(scenario: &Scenario, programs: &[Program], rounds: &[Vec<Measurement>]) {
    let Scenario { base, goal, .. } = scenario;
    println!(
        "{:<10} {:>10} {:>12} {:>10} {:>18}  half of the rounds",
        "",
        "CPU us/req",
        "requests/s",
        "RSS MiB",
        format!("ratio to {base}")
    );
    let base = programs.iter().position(|(program, _)| program == base);
    for (index, (program, _)) in programs.iter().enumerate() {
        let ratios = |share| base.map(|base| quantile(rounds.iter().map(|round| round[index].us / round[base].us), share));
        let middle = |of: fn(&Measurement) -> f64| median(rounds.iter().map(|round| of(&round[index])));
        println!(
            "{program:<10} {:>10.2} {:>12.0} {:>10.1} {:>18}  {}",
            middle(|one| one.us),
            middle(|one| one.rps),
            middle(|one| one.rss_mib),
            ratios(0.5).map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            ratios(0.25).zip(ratios(0.75)).map_or_else(String::new, |(low, high)| format!("{low:.2} to {high:.2}")),
        );
    }
    if let (Some(goal), Some(base)) = (goal, base) {
        let ratio = quantile(rounds.iter().map(|round| round[0].us / round[base].us), 0.5);
        println!("goal: at most {goal:.2}, {}", if ratio <= *goal { "reached" } else { "missed" });
    }
}

/// Measures a program against nginx, which counts its requests.
pub(crate) fn measure(bench: &Bench, nginx: &Nginx, command: &[String], cores: &str) -> Outcome<Measurement> {
    let before = nginx.requests()?;
    let used = process::run(command, cores, &bench.folder, limit(bench))?;
    // The second query for the count is itself a request.
    let requests = (nginx.requests()? - before - 1) as f64;
    if requests == 0.0 {
        return Err(format!("{} sent no request\n{}", command.join(" "), used.stdout).into());
    }
    Ok(Measurement::of(used.cpu, used.seconds, requests, used.rss_kib))
}

impl Measurement {
    pub(crate) fn of(cpu: f64, seconds: f64, requests: f64, rss_kib: u64) -> Self {
        Self { us: cpu * 1e6 / requests, rps: requests / seconds, rss_mib: rss_kib as f64 / 1024.0, cores: cpu / seconds }
    }
}

/// The time limit of a measurement.
pub(crate) fn limit(bench: &Bench) -> Duration {
    Duration::from_secs(bench.args.seconds + 60)
}

/// The command that runs one of ltc's binaries.
pub(crate) fn ltc(bench: &Bench, binary: &str, threads: &str) -> Vec<String> {
    let duration = format!("{}s", bench.args.seconds);
    words(&[binary, "--threads", threads, "--clients", CONNECTIONS, "--hatch-rate", "100000", "--duration", &duration])
}

/// The median.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    quantile(values, 0.5)
}

/// The quantile: this share of the values is below it.
fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get((values.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}
