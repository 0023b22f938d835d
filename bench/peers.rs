//! The load generators that ltc is compared with, and the commands with which each sends the same request over 64 connections, one after
//! another.

use std::path::{Path, PathBuf};

use super::load::CONNECTIONS;
use super::process::is_there;
use super::scenarios::{Request, Server};
use super::{Bench, Outcome};

/// A program to measure: its name in the table, and the command that runs it.
pub(crate) type Program = (&'static str, Vec<String>);

/// The folder with the peers' own files.
const OWN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bench/peers");

/// The installed peers that can send the request. The users of goose, locust and artillery send only GET requests.
pub(crate) fn installed(bench: &Bench, server: Server, Request { path, body }: Request) -> Outcome<Vec<Program>> {
    let origin = match server {
        Server::Plain => bench.origin(false),
        Server::Tls => bench.origin(true),
        Server::Http2 => return Ok(http2(bench, path)),
    };
    let origin = origin.as_str();
    let url = format!("{origin}{path}");
    let mut programs: Vec<Program> = plain(bench, &url, body)?.into_iter().filter(|(name, _)| is_there(name)).collect();
    if path == "/close" {
        // h2load never ends where the server closes connections.
        programs.retain(|(name, _)| *name != "h2load");
    }
    // The floor reads each response in one piece, on a connection that stays open.
    let is_small = !path.ends_with(".json") && path != "/close";
    if let Some(host) = origin.strip_prefix("http://").filter(|_| is_small) {
        programs.push(("floor", floor(bench, host, path, body)?));
    }
    programs.extend(is_there("k6").then(|| ("k6", k6(bench, &url, body))));
    if body.is_none() {
        let seconds = bench.args.seconds.to_string();
        programs.extend(goose(origin, path, &seconds).map(|command| ("goose", command)));
        programs.extend(locust(bench, origin, path, &seconds).map(|command| ("locust", command)));
        programs.extend(is_there("artillery").then(|| ("artillery", artillery(origin, path, &seconds))));
    }
    programs.retain(|(name, _)| bench.meets(name));
    Ok(programs)
}

/// h2load, with one request at a time on each connection.
fn http2(bench: &Bench, path: &str) -> Vec<Program> {
    Some(("h2load", h2load(bench, path, CONNECTIONS, "1"))).filter(|(name, _)| is_there(name) && bench.meets(name)).into_iter().collect()
}

/// h2load with one connection, which carries the requests of all users.
pub(crate) fn h2load_shared(bench: &Bench, path: &str) -> Vec<String> {
    h2load(bench, path, "1", CONNECTIONS)
}

/// h2load over HTTP/2, with this number of connections and of requests at a time on each.
fn h2load(bench: &Bench, path: &str, connections: &str, requests: &str) -> Vec<String> {
    let (seconds, url) = (bench.args.seconds.to_string(), format!("https://127.0.0.1:{}{path}", bench.args.port + 3));
    words(&["h2load", "-t", "1", "-c", connections, "-m", requests, "-D", &seconds, &url])
}

/// wrk's GET of a path.
pub(crate) fn wrk(bench: &Bench, path: &str) -> Vec<String> {
    let (time, url) = (format!("{}s", bench.args.seconds), bench.origin(false) + path);
    words(&["wrk", "-t", "1", "-c", CONNECTIONS, "-d", &time, &url])
}

/// Peers that need only a command line.
fn plain(bench: &Bench, url: &str, body: Option<&str>) -> Outcome<[Program; 5]> {
    let seconds = bench.args.seconds.to_string();
    let time = format!("{seconds}s");
    let mut wrk = vec!["-t", "1", "-c", CONNECTIONS, "-d", &time];
    let mut h2load = vec!["--h1", "-t", "1", "-c", CONNECTIONS, "-D", &seconds];
    let mut hey = vec!["-cpus", "1", "-c", CONNECTIONS, "-z", &time];
    let mut ab = vec!["-q", "-k", "-c", CONNECTIONS, "-n", "100000000", "-t", &seconds];
    let mut oha = vec!["--no-tui", "--insecure", "-c", CONNECTIONS, "-z", &time];
    if let Some(body) = body {
        std::fs::write(bench.folder.join("post.json"), body)?;
        std::fs::write(bench.folder.join("post.lua"), script(body))?;
        wrk.extend(["-s", "post.lua"]);
        h2load.extend(["-d", "post.json"]);
        hey.extend(["-m", "POST", "-T", "application/json", "-d", body]);
        ab.extend(["-p", "post.json", "-T", "application/json"]);
        oha.extend(["-m", "POST", "-T", "application/json", "-d", body]);
    }
    Ok([("wrk", wrk), ("h2load", h2load), ("hey", hey), ("ab", ab), ("oha", oha)].map(|(name, args)| {
        let command = [&[name], &args[..], &[url]].concat();
        (name, words(&command))
    }))
}

fn script(body: &str) -> String {
    format!("wrk.method = \"POST\"\nwrk.body = '{body}'\nwrk.headers[\"Content-Type\"] = \"application/json\"\n")
}

/// The command for `floor.rs` of this program, without encryption.
fn floor(bench: &Bench, host: &str, path: &str, body: Option<&str>) -> std::io::Result<Vec<String>> {
    let variables = [format!("PEER_HOST={host}"), format!("PEER_PATH={path}"), format!("PEER_BODY={}", body.unwrap_or_default())];
    let program = std::env::current_exe()?.display().to_string();
    let run = ["env", &variables[0], &variables[1], &variables[2], &program, "floor", "--seconds", &bench.args.seconds.to_string()];
    Ok(words(&run))
}

/// k6 with `peers/k6.js`, without the server that it otherwise opens for queries about the run.
fn k6(bench: &Bench, url: &str, body: Option<&str>) -> Vec<String> {
    let (url, body) = (format!("PEER_URL={url}"), format!("PEER_BODY={}", body.unwrap_or_default()));
    let (time, file) = (format!("{}s", bench.args.seconds), format!("{OWN}/k6.js"));
    let run = ["k6", "run", "--vus", CONNECTIONS, "--duration", &time, "--env", &url, "--env", &body];
    words(&[&run[..], &["--insecure-skip-tls-verify", "--no-usage-report", "--address", "", "--quiet", &file]].concat())
}

/// goose is a library. Its program is `peers/goose`, if it has been built.
fn goose(origin: &str, path: &str, seconds: &str) -> Option<Vec<String>> {
    const NAME: &str = "goose-peer";
    // If cargo puts all programs into one folder, it is next to the harness's own.
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.parent()?.with_file_name("release").join(NAME)));
    let built = [Some(Path::new(OWN).join("goose/target/release").join(NAME)), beside].into_iter().flatten().find(|file| file.is_file());
    let program = built.or_else(|| is_there(NAME).then(|| PathBuf::from(NAME)))?.display().to_string();
    let item = format!("PEER_PATH={path}");
    let users = ["env", &item, &program, "--host", origin, "--users", CONNECTIONS, "--increase-rate", "1000", "--run-time", seconds];
    Some(words(&[&users[..], &["--no-telnet", "--accept-invalid-certs", "--quiet", "--no-print-metrics"]].concat()))
}

/// locust with one process and the users of `peers/locustfile.py`.
fn locust(bench: &Bench, origin: &str, path: &str, seconds: &str) -> Option<Vec<String>> {
    let program = match &bench.args.locust {
        Some(folder) => folder.join("bin/locust").display().to_string(),
        None => is_there("locust").then(|| "locust".to_owned())?,
    };
    let (item, file) = (format!("PEER_PATH={path}"), format!("{OWN}/locustfile.py"));
    let users = ["env", &item, &program, "--headless", "-f", &file, "--host", origin, "-u", CONNECTIONS, "-r", "1000", "-t", seconds];
    Some(words(&[&users[..], &["--only-summary", "--loglevel", "ERROR"]].concat()))
}

/// Artillery with `peers/artillery.yml`.
fn artillery(origin: &str, path: &str, seconds: &str) -> Vec<String> {
    let variables = [format!("PEER_ORIGIN={origin}"), format!("PEER_PATH={path}"), format!("PEER_SECONDS={seconds}")];
    let file = format!("{OWN}/artillery.yml");
    let run = ["env", "ARTILLERY_DISABLE_TELEMETRY=true", &variables[0], &variables[1], &variables[2]];
    words(&[&run[..], &["artillery", "run", "--quiet", &file]].concat())
}

/// A command from its words.
pub(crate) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
