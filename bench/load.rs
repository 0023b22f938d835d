//! CPU time a request: one program after the other, on core 1, against nginx on core 0. Measurements are interleaved, so
//! that whatever else the machine does meets all of them alike; ratios are of the same round.

use std::time::Duration;

use super::nginx::{Nginx, PORT, TLS_PORT};
use super::peers::{self, Program, words};
use super::{Bench, Outcome, process, quiet, scaling, sequence, specs};

/// As many users, each with a connection, has every program.
pub(crate) const CONNECTIONS: &str = "64";

/// What a program used in one measurement.
pub(crate) struct Measurement {
    /// CPU time a request.
    pub(crate) us: f64,
    pub(crate) rps: f64,
    rss_mib: f64,
    /// How many cores it kept busy.
    pub(crate) cores: f64,
}

/// A scenario: its name, the spec, whether it is encrypted, the path and the body that the peers send.
const SCENARIOS: [(&str, &str, bool, &str, Option<&str>); 5] = [
    ("bare GET", "get", false, "/item", None),
    ("GET, status, header and JSON checked", "checked", false, "/item", None),
    ("the same, no two answers alike", "varied", false, "/varied", None),
    ("POST, JSON in and out", "post", false, "/orders", Some(r#"{"sku":"sku-00042","count":3,"note":"ring twice","gift":false}"#)),
    ("HTTPS GET, status and JSON checked", "https", true, "/item", None),
];

pub(crate) fn run(bench: &Bench) -> Outcome {
    let nginx = Nginx::start(&bench.folder)?;
    for (name, spec, encrypted, path, body) in SCENARIOS {
        if !bench.wants(name) {
            continue;
        }
        let binary = specs::build(bench, spec, 1)?.display().to_string();
        let origin = if encrypted { format!("https://127.0.0.1:{TLS_PORT}") } else { format!("http://127.0.0.1:{PORT}") };
        let mut programs = vec![("ltc", ltc(bench, &binary, "1"))];
        programs.extend(peers::installed(bench, &origin, path, body)?);
        let mut first = 0;
        let round = || {
            first += 1;
            round(bench, &nginx, &programs, first)
        };
        let (rounds, told) = quiet::rounds(bench, round)?;
        println!("\n{name}\n{told}");
        table(&programs, &rounds);
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

/// Each program's measurement, in the order of the programs. Each round another one is first, because some programs disturb the
/// measurement that follows theirs.
fn round(bench: &Bench, nginx: &Nginx, programs: &[Program], first: usize) -> Outcome<Vec<Measurement>> {
    let first = first % programs.len();
    let (before, behind) = programs.split_at(first);
    let measurements = behind.iter().chain(before).map(|(_, command)| measure(bench, nginx, command, "1"));
    let mut measurements = measurements.collect::<Outcome<Vec<Measurement>>>()?;
    measurements.rotate_right(first);
    Ok(measurements)
}

fn table(programs: &[Program], rounds: &[Vec<Measurement>]) {
    println!("{:<8} {:>10} {:>12} {:>10} {:>14}  half of the rounds", "", "CPU us/req", "requests/s", "RSS MiB", "ratio to wrk");
    let wrk = programs.iter().position(|(program, _)| *program == "wrk");
    for (index, (program, _)) in programs.iter().enumerate() {
        let ratios = |share| wrk.map(|wrk| quantile(rounds.iter().map(|round| round[index].us / round[wrk].us), share));
        let middle = |of: fn(&Measurement) -> f64| median(rounds.iter().map(|round| of(&round[index])));
        println!(
            "{program:<8} {:>10.2} {:>12.0} {:>10.1} {:>14}  {}",
            middle(|one| one.us),
            middle(|one| one.rps),
            middle(|one| one.rss_mib),
            ratios(0.5).map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            ratios(0.25).zip(ratios(0.75)).map_or_else(String::new, |(low, high)| format!("{low:.2} to {high:.2}")),
        );
    }
}

/// A program's measurement against nginx, which counts its requests.
pub(crate) fn measure(bench: &Bench, nginx: &Nginx, command: &[String], cores: &str) -> Outcome<Measurement> {
    let before = nginx.requests()?;
    let used = process::run(command, cores, &bench.folder, limit(bench))?;
    // The second question counts itself.
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

/// The longest that a measurement may take.
pub(crate) fn limit(bench: &Bench) -> Duration {
    Duration::from_secs(bench.args.seconds + 60)
}

/// How one of ltc's binaries is run.
pub(crate) fn ltc(bench: &Bench, binary: &str, threads: &str) -> Vec<String> {
    let duration = format!("{}s", bench.args.seconds);
    words(&[binary, "--threads", threads, "--clients", CONNECTIONS, "--hatch-rate", "100000", "--duration", &duration])
}

/// The middle one.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    quantile(values, 0.5)
}

/// The one that this share of the others lies below.
fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get((values.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}
