//! Listeners as a team uses them: with Debian's own Prometheus and InfluxDB, and with sinks that fail while a test runs.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::command::Output;
use crate::machine::wait_until;
use crate::project::Project;
use crate::report::Report;
use crate::server::{Server, free_port};
use crate::tools::needs;

/// Writes a project's `config/systems_credentials.yml`, and sets its profile's listeners, with statistics every second.
fn listen(project: &Project, listeners: &str, credentials: &str) {
    project.write("config/systems_credentials.yml", credentials);
    let profile = "specs/tpdata.profile.yml";
    project.edit(profile, "listeners: []", &format!("listeners: [{listeners}]\n    stats_interval: 1s"));
    project.edit(profile, "final_stats: Yes", "final_stats: No");
}

/// Runs a test for a few seconds. Returns its output and its JSON report.
fn run(project: &Project, more: &[&str]) -> (Output, Report) {
    let args = [more, &["--clients", "4", "--hatch-rate", "100", "--duration", "3s", "--json", "run.json"]].concat();
    // Listeners do not change a test's exit code.
    let output = project.run("tpdata", &args).exits(0);
    (output, project.report("run.json"))
}

/// Sends a request and returns the response's body. HTTP/1.0 has no chunks.
fn ask(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "{request} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// Repeats a request until the response contains a value, because new data may become visible with a delay.
fn ask_until<T>(port: u16, request: &str, found: impl Fn(&Value) -> Option<T>) -> T {
    let mut answer = None;
    wait_until(&format!("{request} has the figure"), || {
        answer = found(&serde_json::from_str(&ask(port, request)).unwrap_or_default());
        answer.is_some()
    });
    answer.unwrap()
}

fn prometheus(folder: &Path) -> Server {
    let port = free_port();
    fs::write(folder.join("prometheus.yml"), "{}\n").unwrap();
    let mut command = Command::new("prometheus");
    command.arg(format!("--config.file={}", folder.join("prometheus.yml").display()));
    command.arg(format!("--storage.tsdb.path={}", folder.join("tsdb").display()));
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    Server::start(command.arg("--web.enable-remote-write-receiver"), port)
}

#[test]
fn prometheus_stores_the_figures_of_a_run() {
    needs!("prometheus");
    let project = Project::examples();
    let server = prometheus(project.path());
    wait_until("Prometheus is ready", || ask(server.port, "GET /-/ready").contains("Ready"));
    listen(&project, "Prometheus", &format!("Prometheus: {{ url: 'http://127.0.0.1:{}' }}\n", server.port));
    let (_, report) = run(&project, &[]);
    let delivered = &report["run"]["listeners"][0];
    assert_eq!((delivered["dropped"].as_u64(), delivered["error"].as_str()), (Some(0), Some("")), "{delivered}");
    let query = |query: &str| {
        let request = format!("GET /api/v1/query?query={query}");
        ask_until(server.port, &request, |answer| answer["data"]["result"][0]["value"][1].as_str()?.parse::<f64>().ok())
    };
    // The series ended with the test, so the query looks into the past.
    assert_eq!(query("last_over_time(ltc_requests_total%7Btest=%22tpdata%22,env=%22cs1%22%7D[10m])") as u64, report.requests());
    assert_eq!(query("max_over_time(ltc_clients[10m])"), 4.0);
    let step = "last_over_time(ltc_transaction_requests_total%7Btransaction=%22Get%20treatment%20variant%22%7D[10m])";
    assert!(query(step) > 10.0);
    let p99 = query("max_over_time(ltc_response_time_seconds%7Bquantile=%220.99%22%7D[10m])");
    assert!(p99 > 0.0 && p99 < 5.0, "{p99}");
    // Without the end markers, the series would still be visible for five minutes.
    let now = ask(server.port, "GET /api/v1/query?query=ltc_clients");
    assert!(now.contains(r#""result":[]"#), "{now}");
}

fn influxdb(folder: &Path) -> Server {
    let port = free_port();
    let at = folder.display();
    let conf = format!(
        "reporting-disabled = true\nbind-address = \"127.0.0.1:{}\"\n[meta]\n  dir = \"{at}/meta\"\n[data]\n  dir = \"{at}/data\"\n  wal-dir = \
         \"{at}/wal\"\n[http]\n  bind-address = \"127.0.0.1:{port}\"\n",
        free_port()
    );
    fs::write(folder.join("influxdb.conf"), conf).unwrap();
    Server::start(Command::new("influxd").arg("run").arg("-config").arg(folder.join("influxdb.conf")), port)
}

#[test]
fn influxdb_stores_the_figures_of_a_run() {
    needs!("influxd");
    let project = Project::examples();
    let server = influxdb(project.path());
    let made = ask(server.port, "POST /query?q=CREATE%20DATABASE%20load");
    assert!(made.contains("results") && !made.contains("error"), "{made}");
    listen(&project, "InfluxDB", &format!("InfluxDB: {{ url: 'http://127.0.0.1:{}', database: load }}\n", server.port));
    let (_, report) = run(&project, &[]);
    let delivered = &report["run"]["listeners"][0];
    assert_eq!((delivered["dropped"].as_u64(), delivered["error"].as_str()), (Some(0), Some("")), "{delivered}");
    let query = |query: &str| {
        let request = format!("GET /query?db=load&q={query}");
        ask_until(server.port, &request, |answer| answer["results"][0]["series"][0]["values"][0][1].as_f64())
    };
    assert_eq!(query("SELECT%20last(requests)%20FROM%20ltc%20WHERE%20test='tpdata'%20AND%20env='cs1'") as u64, report.requests());
    let step = "SELECT%20last(requests)%20FROM%20ltc_transaction%20WHERE%20transaction='Get%20treatment%20variant'";
    assert!(query(step) > 10.0);
    assert!(query("SELECT%20max(%22p99.9_ms%22)%20FROM%20ltc") > 0.0);
}

/// A test sink: the requests that it gets, and its response.
struct Sink {
    addr: SocketAddr,
    seen: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Sink {
    /// Answers with this status; 0 never answers.
    fn new(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (addr, seen) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let theirs = seen.clone();
        // The thread ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = theirs.clone();
                std::thread::spawn(move || serve(stream, status, &seen));
            }
        });
        Self { addr, seen }
    }

    /// The bodies that were sent to this path.
    fn at(&self, path: &str) -> Vec<Value> {
        self.seen.lock().unwrap().iter().filter(|(line, _)| line.contains(path)).map(|(_, body)| body.clone()).collect()
    }
}

fn serve(mut stream: TcpStream, status: u16, seen: &Mutex<Vec<(String, Value)>>) {
    let (mut all, mut buffer) = (Vec::new(), [0; 65536]);
    loop {
        let text = String::from_utf8_lossy(&all).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                // Splunk accepts several consecutive documents.
                let documents: Vec<Value> = serde_json::Deserializer::from_str(body).into_iter().flatten().collect();
                seen.lock().unwrap().push((head.lines().next().unwrap_or_default().to_owned(), Value::Array(documents)));
                break;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return,
            Ok(n) => all.extend_from_slice(&buffer[..n]),
        }
    }
    if status == 0 {
        std::thread::sleep(Duration::from_secs(60));
    }
    // The client may have disconnected.
    let _ = write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
}

const SECRETS: [&str; 2] = ["sfx-secret-4711", "hec-secret-0815"];

fn both(project: &Project, signalfx: &Sink, splunk: &Sink) {
    let [sfx, hec] = SECRETS;
    let credentials =
        format!("SFx: {{ url: 'http://{}', token: {sfx} }}\nSplunk: {{ url: 'http://{}', token: {hec} }}\n", signalfx.addr, splunk.addr);
    listen(project, "Sfx, Splunk", &credentials);
}

#[test]
fn distributed_run_sends_events_once_and_every_failure() {
    let project = Project::failing_examples();
    let (signalfx, splunk) = (Sink::new(200), Sink::new(200));
    both(&project, &signalfx, &splunk);
    let args = ["run", "--shards", "2", "--clients", "4", "--hatch-rate", "100", "--duration", "3s", "--json", "run.json"];
    let output = project.run("tpdata", &args).exits(0);
    let report = project.report("run.json");

    let events: Vec<Value> = signalfx.at("/v2/event").iter().map(|documents| documents[0][0].clone()).collect();
    let kinds: Vec<_> = events.iter().map(|event| event["eventType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["locust.test_started", "locust.test_stopped"], "{output}");
    assert_eq!(events[0]["dimensions"]["version_tpdata"], report["run"]["apis"][0]["version"]);
    assert_eq!(events[0]["dimensions"]["env"], "cs1");
    let points = signalfx.at("/v2/datapoint");
    assert!(points.len() >= 2, "{points:?}");
    let gauges = points.last().unwrap()[0]["gauge"].as_array().unwrap().clone();
    let total = gauges.iter().find(|gauge| gauge["metric"] == "locust.total_requests").unwrap();
    assert_eq!(total["value"].as_u64(), Some(report.requests()));

    let entries: Vec<Value> = splunk.at("/services/collector/event").iter().flat_map(|all| all.as_array().unwrap().clone()).collect();
    let types = |what: &str| entries.iter().filter(|one| one["event"]["type"] == what).cloned().collect::<Vec<_>>();
    let (begun, ended, failed) = (types("test_started"), types("test_stopped"), types("failure"));
    assert_eq!((begun.len(), ended.len()), (1, 1), "{output}");
    // The stop event has the same verdict as the exit code and the report.
    assert_eq!((ended[0]["event"]["verdict"].as_str(), &report["verdict"]), (Some("no_thresholds"), &ended[0]["event"]["verdict"]));
    assert_eq!(events[1]["properties"]["verdict"], report["verdict"]);
    let counted: u64 = failed.iter().map(|one| one["event"]["count"].as_u64().unwrap()).sum();
    let kinds = report["total"]["failures"]["kinds"].as_array().unwrap();
    let failures: u64 = kinds.iter().map(|kind| kind["count"].as_u64().unwrap()).sum();
    assert!(failures > 10);
    assert_eq!(counted, failures);
    let first = &failed[0]["event"];
    assert!(
        first["place"].as_str().unwrap().starts_with("specs/tpdata.lt:") && first["message"].as_str().unwrap().contains("got 503"),
        "{first}"
    );
    assert!(!first.to_string().contains("demo-token"), "{first}");
    assert_no_secret(&project, &output);
}

#[test]
fn sink_that_refuses_is_named_when_the_load_begins() {
    let project = Project::examples();
    let (signalfx, splunk) = (Sink::new(401), Sink::new(200));
    both(&project, &signalfx, &splunk);
    let (output, report) = run(&project, &[]);
    let line = output.find("warning: SignalFx refuses the data: it answered 401").unwrap_or_else(|| panic!("{output}"));
    let first_interval = output.find("00:00:01  users").unwrap_or_else(|| panic!("{output}"));
    assert!(line < first_interval, "before the first interval is over: {output}");
    assert_eq!(output.matches("warning: SignalFx").count(), 1, "{output}");
    assert!(report["run"]["listeners"][0]["dropped"].as_u64().unwrap() > 0);
    assert_no_secret(&project, &output);
}

#[test]
fn hanging_and_failing_sinks_do_not_delay_the_load_and_are_reported() {
    let project = Project::failing_examples();
    let (signalfx, splunk) = (Sink::new(0), Sink::new(500));
    both(&project, &signalfx, &splunk);
    let (output, report) = run(&project, &[]);
    let served = project.route("POST /tpdata/treatments");
    assert!(served > 20, "the load was held up: {served} treatments in three seconds");
    for (index, error) in [(0, "time"), (1, "it answered 500")] {
        let delivered = &report["run"]["listeners"][index];
        assert!(delivered["dropped"].as_u64().unwrap() > 0 && delivered["error"].as_str().unwrap().contains(error), "{delivered}");
    }
    output.prints(&["SignalFx took only 0 of ", "Splunk took only 0 of "]);
    assert_no_secret(&project, &output);
}

/// Asserts that no output contains a secret.
fn assert_no_secret(project: &Project, output: &Output) {
    output.omits(&SECRETS);
    let report = project.read("run.json");
    assert!(!SECRETS.iter().any(|secret| report.contains(secret)), "a secret is in the report");
}

#[test]
fn missing_credentials_of_a_listener_are_reported_before_the_load() {
    let project = Project::examples();
    listen(&project, "Splunk, OTLP", "Splunk: { url: 'https://splunk', token: '${NO_SUCH_TOKEN}' }\n");
    let output = project.run("tpdata", &["--duration", "2s"]).exits(2);
    output.prints(&["needs the environment variable NO_SUCH_TOKEN", "missing section OTLP"]);
    assert_eq!(project.route("POST /tpdata/treatments"), 0);
}
