//! `ltc mcp`: the server with a client of the official Python SDK, and with a minimal client.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::command::Run;
use crate::project::{Project, root, shared_folder};
use crate::tools::{needs, program};

/// A project with a test of a demo server, an environment with another host, and a spec with an error.
fn project() -> (Project, ltc_demo::Handle) {
    let server = ltc_demo::spawn(ltc_demo::Options::any_port()).unwrap();
    let project = Project::created();
    project.edit("config/local.yml", "${LTC_DEMO_URL:-http://127.0.0.1:8137}", &format!("http://{}", server.addr()));
    project.write("config/elsewhere.yml", "shop: { url: http://198.51.100.7 }\n");
    project.write("specs/wrong.lt", "user Visitor { run Browsee }\nsequence Browse { }\n");
    (project, server)
}

#[test]
fn python_client_calls_every_tool_within_the_limits() {
    needs!("mcp");
    let (project, server) = project();
    let client = root().join("tests/it/mcp_client.py");
    let python = program("mcp").with_file_name("python");
    let args = [client.display().to_string(), env!("CARGO_BIN_EXE_ltc").to_owned(), project.path().display().to_string()];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let reply =
        Run::new(python, project.path()).args(&args).env("LTC_CACHE_DIR", shared_folder("ltc-cache")).beside_no_measurement().exits(0);
    let answers: Value = serde_json::from_str(reply.stdout.trim()).unwrap_or_else(|error| panic!("{error}: {reply}"));
    assert_eq!(answers["tools"], json!(["build", "check", "compare", "debug", "explain", "report", "run"]));
    let resources = answers["resources"].to_string();
    assert!(
        resources.contains("ltc://docs/language") && resources.contains("specs/shop.lt") && !resources.contains("local.yml"),
        "{resources}"
    );
    assert!(answers["language"].as_str().unwrap().starts_with("# The language"));
    for (call, fails, part) in [
        ("check", false, "\"ok\":true"),
        ("wrong", false, "did you mean `Browse`?"),
        ("explain", false, "# LT0101"),
        ("build", false, "built ./shop"),
        ("debug", false, "2 steps, 0 failed"),
        ("run", false, "### Load test shop"),
        ("run again", false, "exit code 0; JSON report: runs/shop-"),
        ("too many", true, "unexpected 4 users, expected at most 3"),
        ("too long", true, "unexpected run of 6 s, expected at most 5s"),
        ("arrivals", true, "--max-rate"),
        ("elsewhere", true, "ltc mcp --allow-host 198.51.100.7"),
        ("outside", true, "expected one within the project"),
        ("report", false, "### Load test shop"),
        ("compare", false, "shop · env local"),
    ] {
        let answer = &answers[call];
        assert!(answer["text"].as_str().unwrap().contains(part), "{call}: {answer:#}");
        assert_eq!(answer["failed"], fails, "{call}: {answer:#}");
    }
    drop(server);
}

/// A client that sends a line and reads a line.
/// A client of `ltc mcp`.
pub(crate) struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    requests: u64,
}

impl Client {
    fn start(project: &Project, args: &[&str]) -> Self {
        Self::start_with(project, args, &[])
    }

    /// Starts the server with these environment variables.
    pub(crate) fn start_with(project: &Project, args: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ltc"));
        command
            .envs(variables.iter().copied())
            .arg("mcp")
            .args(args)
            .current_dir(project.path())
            .env("LTC_CACHE_DIR", shared_folder("ltc-cache"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut client = Self { child, input, output, requests: 0 };
        let info = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
        let answer = client.ask("initialize", &info);
        assert_eq!(answer["result"]["serverInfo"]["name"], "ltc", "{answer}");
        client.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn write(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the server ended");
            let message: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            if message["id"] == id {
                return message;
            }
        }
    }

    /// The text that a tool returns, and whether it failed.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> (String, bool) {
        let answer = self.ask("tools/call", &json!({ "name": tool, "arguments": arguments }));
        let result = &answer["result"];
        (result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned(), result["isError"] == true)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The server ends with its input, unless its test fails.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn run_is_refused_unless_the_server_was_started_with_a_cap() {
    let (project, server) = project();
    let mut client = Client::start(&project, &[]);
    let (text, failed) = client.call("run", &json!({ "spec": "shop", "clients": 1, "duration": "1s" }));
    assert!(failed && text.contains("a run needs a cap") && text.contains("ltc mcp --max-clients"), "{text}");
    let (text, failed) = client.call("check", &json!({ "spec": "specs/wrong.lt" }));
    assert!(!failed && text.contains("\"ok\":false") && text.contains("LT0"), "{text}");
    let (text, failed) = client.call("check", &json!({ "spec": "../shop.lt" }));
    assert!(failed && text.contains("within the project"), "{text}");
    let (text, failed) = client.call("build", &json!({ "spec": "specs/wrong.lt" }));
    assert!(failed && text.contains("specs/wrong.lt:1:"), "{text}");
    let (text, failed) = client.call("explain", &json!({ "code": "LT9999" }));
    assert!(failed && text.contains("unknown error code"), "{text}");
    let (text, failed) = client.call("run", &json!({ "spec": "shop", "vus": 1 }));
    assert!(failed && text.starts_with("unknown argument `vus` of `run`: use `clients`\nmissing argument `duration` of `run`: "), "{text}");
    let (text, failed) = client.call("check", &json!({ "spec": 3 }));
    assert!(failed && text.starts_with("unexpected 3 for the argument `spec`, expected a string: path of a spec"), "{text}");
    let unknown = client.ask("tools/call", &json!({ "name": "start", "arguments": {} }));
    assert!(unknown["error"]["message"].as_str().unwrap().contains("unknown tool `start`: use one of `build`, `check`"), "{unknown}");
    assert_eq!(crate::server::get(&server.addr().to_string(), "/_demo/stats").matches("\"total\":0").count(), 1);
}

#[test]
fn limits_hold_for_options_hidden_in_values() {
    let (project, _server) = project();
    let mut client = Client::start(&project, &["--max-clients", "5", "--max-duration", "1m"]);
    let (text, failed) = client.call("run", &json!({ "spec": "shop", "clients": 6, "duration": "1s" }));
    assert!(failed && text.contains("unexpected 6 users, expected at most 5"), "{text}");
    let (text, failed) = client.call("run", &json!({ "spec": "shop", "clients": 1, "rate": "1/s", "duration": "1s" }));
    assert!(failed && text.contains("either `clients` or `rate`"), "{text}");
    let (text, failed) = client.call("run", &json!({ "spec": "shop", "clients": 1, "duration": "1s --host=http://198.51.100.7" }));
    assert!(failed && text.contains("invalid duration"), "{text}");
    let (text, failed) = client.call("run", &json!({ "spec": "--help", "clients": 1, "duration": "1s" }));
    assert!(failed && text.contains("unknown test `--help`"), "{text}");
    project.write("config/limits.yml", "max_clients: 2\n");
    let (text, failed) = client.call("run", &json!({ "spec": "shop", "clients": 3, "duration": "1s" }));
    assert!(failed && text.contains("expected at most 2 (`max_clients`)"), "{text}");
}
