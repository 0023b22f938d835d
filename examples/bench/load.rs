//! CPU time a request: each program in turn, on core 1, against nginx on core 0. Turns are interleaved, so that what else the machine does
//! meets all of them alike; ratios are of the same round.

use std::process::Command;
use std::time::Duration;

use super::nginx::{Nginx, PORT, TLS_PORT};
use super::process::{self, Used, is_there};
use super::{Bench, Outcome, specs};

const CONNECTIONS: &str = "64";

struct Turn {
    us: f64,
    rps: f64,
    rss_mib: f64,
}

/// A scenario: its name, the spec, the URL and the body that the peers send.
const SCENARIOS: [(&str, &str, &str, Option<&str>); 5] = [
    ("bare GET", "get", "/item", None),
    ("GET, status, header and JSON checked", "checked", "/item", None),
    ("the same, no two answers alike", "varied", "/varied", None),
    ("POST, JSON in and out", "post", "/orders", Some(r#"{"sku":"sku-00042","count":3,"note":"ring twice","gift":false}"#)),
    ("HTTPS GET, status and JSON checked", "https", "https /item", None),
];

pub(crate) fn run(bench: &Bench) -> Outcome {
    let nginx = Nginx::start(&bench.folder)?;
    std::fs::write(bench.folder.join("post.lua"), post_script())?;
    for (name, spec, path, body) in SCENARIOS {
        if !name.contains(&bench.args.only) {
            continue;
        }
        let binary = specs::build(bench, spec, 1)?;
        let url = match path.strip_prefix("https ") {
            Some(path) => format!("https://127.0.0.1:{TLS_PORT}{path}"),
            None => format!("http://127.0.0.1:{PORT}{path}"),
        };
        let mut programs = vec![("ltc", ltc(bench, &binary.display().to_string()))];
        programs.extend(peers(bench, &url, body).into_iter().filter(|(program, _)| is_there(program)));
        let mut turns: Vec<Vec<Turn>> = programs.iter().map(|_| Vec::new()).collect();
        for _ in 0..bench.args.rounds {
            for ((_, command), turns) in programs.iter().zip(&mut turns) {
                let before = nginx.requests()?;
                let used = process::run(command, "1", &bench.folder, Duration::from_secs(bench.args.seconds + 60))?;
                // The second question counts itself.
                let requests = nginx.requests()? - before - 1;
                turns.push(turn(&used, requests));
            }
        }
        println!("\n{name}");
        println!("{:<8} {:>10} {:>12} {:>10} {:>14}", "", "CPU us/req", "requests/s", "RSS MiB", "ratio to wrk");
        let wrk = programs.iter().position(|(program, _)| *program == "wrk");
        for ((program, _), of) in programs.iter().zip(&turns) {
            let ratio = wrk.map(|wrk| median(of.iter().zip(&turns[wrk]).map(|(one, wrk)| one.us / wrk.us)));
            println!(
                "{program:<8} {:>10.2} {:>12.0} {:>10.1} {:>14}",
                median(of.iter().map(|turn| turn.us)),
                median(of.iter().map(|turn| turn.rps)),
                median(of.iter().map(|turn| turn.rss_mib)),
                ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            );
        }
    }
    if "tpdata sequence".contains(&bench.args.only) {
        sequence(bench, &nginx)?;
    }
    Ok(())
}

/// The README's sequence of three requests, without its waits, against the demo server; wrk's turns are bare GETs to nginx.
fn sequence(bench: &Bench, nginx: &Nginx) -> Outcome {
    let binary = specs::build(bench, "tpdata", 1)?.display().to_string();
    let here = std::env::current_exe()?;
    let program = here.parent().and_then(|examples| examples.parent()).ok_or("no folder of programs")?.join("ltc");
    let mut demo = Command::new("taskset").args(["-c", "0"]).arg(program).args(["demo", "--serve", "--port", "18183"]).spawn()?;
    std::thread::sleep(Duration::from_secs(1));
    let outcome = turns_of_sequence(bench, nginx, &binary);
    demo.kill()?;
    demo.wait()?;
    let turns = outcome?;
    println!("\ntpdata sequence against the demo server, wrk's bare GET to nginx");
    println!("{:<8} {:>10.2} us/request", "ltc", median(turns.iter().map(|(ltc, _)| *ltc)));
    println!("{:<8} {:>10.2} us/request", "wrk", median(turns.iter().map(|(_, wrk)| *wrk)));
    println!("ratio    {:>10.2}", median(turns.iter().map(|(ltc, wrk)| ltc / wrk)));
    Ok(())
}

fn turns_of_sequence(bench: &Bench, nginx: &Nginx, binary: &str) -> Outcome<Vec<(f64, f64)>> {
    let limit = Duration::from_secs(bench.args.seconds + 60);
    let mut command = words(&["env", "LTC_DEMO_URL=http://127.0.0.1:18183"]);
    command.extend(ltc(bench, binary));
    command.extend(words(&["--json", "sequence.json"]));
    let url = format!("http://127.0.0.1:{PORT}/item");
    let wrk = words(&["wrk", "-t", "1", "-c", CONNECTIONS, "-d", &format!("{}s", bench.args.seconds), &url]);
    let mut turns = Vec::new();
    for _ in 0..bench.args.rounds {
        let used = process::run(&command, "1", &bench.folder, limit)?;
        let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(bench.folder.join("sequence.json"))?)?;
        let count =
            |key: &str| report["total"]["names"].as_array().into_iter().flatten().filter_map(|name| name[key].as_f64()).sum::<f64>();
        let ltc = used.cpu * 1e6 / (count("requests") + count("skipped"));
        let before = nginx.requests()?;
        let used = process::run(&wrk, "1", &bench.folder, limit)?;
        turns.push((ltc, used.cpu * 1e6 / (nginx.requests()? - before - 1) as f64));
    }
    Ok(turns)
}

fn turn(used: &Used, requests: u64) -> Turn {
    let requests = requests as f64;
    Turn { us: used.cpu * 1e6 / requests, rps: requests / used.seconds, rss_mib: used.rss_kib as f64 / 1024.0 }
}

fn ltc(bench: &Bench, binary: &str) -> Vec<String> {
    let duration = format!("{}s", bench.args.seconds);
    words(&[binary, "--threads", "1", "--clients", CONNECTIONS, "--hatch-rate", "100000", "--duration", &duration])
}

fn peers(bench: &Bench, url: &str, body: Option<&str>) -> Vec<(&'static str, Vec<String>)> {
    let seconds = bench.args.seconds.to_string();
    let time = format!("{seconds}s");
    let mut wrk = vec!["wrk", "-t", "1", "-c", CONNECTIONS, "-d", &time];
    let mut h2load = vec!["h2load", "--h1", "-t", "1", "-c", CONNECTIONS, "-D", &seconds];
    let mut hey = vec!["hey", "-cpus", "1", "-c", CONNECTIONS, "-z", &time];
    let mut ab = vec!["ab", "-q", "-k", "-c", CONNECTIONS, "-n", "100000000", "-t", &seconds];
    let mut oha = vec!["oha", "--no-tui", "--insecure", "-c", CONNECTIONS, "-z", &time];
    if let Some(body) = body {
        wrk.extend(["-s", "post.lua"]);
        h2load.extend(["-d", "post.json"]);
        hey.extend(["-m", "POST", "-T", "application/json", "-d", body]);
        ab.extend(["-p", "post.json", "-T", "application/json"]);
        oha.extend(["-m", "POST", "-T", "application/json", "-d", body]);
        // A file that can't be written is found out by the peers.
        let _ = std::fs::write(bench.folder.join("post.json"), body);
    }
    [wrk, h2load, hey, ab, oha]
        .into_iter()
        .map(|mut command| {
            command.push(url);
            (if command[0] == "h2load" { "h2load" } else { program(command[0]) }, words(&command))
        })
        .collect()
}

fn program(name: &str) -> &'static str {
    ["wrk", "hey", "ab", "oha"].into_iter().find(|known| *known == name).unwrap_or("?")
}

fn post_script() -> String {
    let body = SCENARIOS.iter().find_map(|(.., body)| *body).unwrap_or_default();
    format!("wrk.method = \"POST\"\nwrk.body = '{body}'\nwrk.headers[\"Content-Type\"] = \"application/json\"\n")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The middle one.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
