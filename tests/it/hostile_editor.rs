//! Editors that do not keep to the protocol, and sessions of unusual size.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

use crate::project::Project;

/// A generous limit against hanging.
const TIMEOUT: Duration = Duration::from_secs(100);

const SPEC: &str = "sequence S {\n  let name = 1\n  log \"{name}\"\n}\nuser U { run S }\n";

/// Sends messages to a server: a method with an id is a request. Returns the answers, each as its result or as the message of its error, and
/// how the server ended.
fn session(messages: Vec<(Option<i32>, &str, Value)>) -> (Vec<Value>, Result<(), String>) {
    let (server, client) = Connection::memory();
    let (done, ended) = channel();
    std::thread::spawn(move || done.send(ltc::lsp::serve_on(&server)));
    for (id, method, params) in messages {
        let method = method.to_owned();
        let message = match id {
            Some(id) => Message::from(Request::new(id.into(), method, params)),
            None => Notification::new(method, params).into(),
        };
        // A server that has ended takes no more messages.
        let _ = client.sender.send(message);
    }
    let end = match ended.recv_timeout(TIMEOUT) {
        Ok(end) => end,
        Err(RecvTimeoutError::Timeout) => panic!("the server did not end"),
        Err(RecvTimeoutError::Disconnected) => panic!("the server panicked"),
    };
    let answers = client.receiver.try_iter().filter_map(|message| match message {
        Message::Response(answer) => Some(answer.error.map_or_else(|| answer.result.unwrap_or_default(), |error| json!(error.message))),
        _ => None,
    });
    (answers.collect(), end)
}

#[test]
fn session_survives_messages_that_are_out_of_order() {
    let hover = || json!({ "textDocument": { "uri": "file:///nowhere/x.lt" }, "position": 5 });
    let (answers, end) = session(vec![
        (None, "textDocument/didOpen", json!({})),
        (Some(1), "textDocument/hover", hover()),
        (Some(2), "initialize", json!({})),
        // A client may leave `initialized` out.
        (Some(3), "textDocument/hover", hover()),
        (Some(4), "initialize", json!([])),
        (None, "$/cancelRequest", json!({ "id": 3 })),
        (None, "textDocument/didChange", json!("x")),
        (Some(5), "shutdown", Value::Null),
        (Some(6), "textDocument/hover", hover()),
        (None, "textDocument/didChange", json!({})),
        (None, "exit", Value::Null),
    ]);
    assert_eq!(end, Ok(()));
    assert_eq!(answers[0], json!("unexpected `textDocument/hover`, expected `initialize` first"));
    assert_eq!(answers[1]["serverInfo"]["name"], json!("ltc"));
    let rest = ["", "unknown method `initialize`", "", "unexpected `textDocument/hover` after `shutdown`, expected `exit`"];
    let rest = rest.map(|text| if text.is_empty() { Value::Null } else { json!(text) });
    assert_eq!(answers[2..], rest);
}

#[test]
fn session_that_ends_early_says_so() {
    assert_eq!(session(vec![(None, "exit", Value::Null)]), (Vec::new(), Ok(())));
    let (_, end) = session(vec![(Some(1), "initialize", json!({})), (None, "exit", Value::Null)]);
    assert_eq!(end, Err("the editor ended without `shutdown`".to_owned()));
}

#[test]
fn wrong_messages_are_answered_and_the_session_continues() {
    let project = Project::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_ltc"))
        .arg("lsp")
        .current_dir(project.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for content in [
            &br#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#[..],
            b"{nope",
            b"[]",
            b"\xff",
            br#"{"jsonrpc":"2.0","method":"x","params":"\ud83d"}"#,
            br#"{"jsonrpc":"2.0","id":2,"method":"shutdown"}"#,
            br#"{"jsonrpc":"2.0","method":"exit"}"#,
        ] {
            write!(input, "Content-Length: {}\r\n\r\n", content.len()).and_then(|()| input.write_all(content)).unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    for part in ["-32700", "is not valid JSON", "-32600", "is no request, notification or response", "is not UTF-8 text", "\"id\":2"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn thousands_of_open_specs_are_answered() {
    const SPECS: usize = 2_000;
    let project = Project::new();
    let uri = |number: usize| format!("file://{}/specs/open{number}.lt", project.path().display());
    let mut messages = vec![(Some(1), "initialize", json!({}))];
    for number in 0..SPECS {
        let document = json!({ "uri": uri(number), "version": 1, "languageId": "lt", "text": SPEC });
        messages.push((None, "textDocument/didOpen", json!({ "textDocument": document })));
    }
    let position = json!({ "line": 1, "character": 7 });
    messages.push((Some(2), "textDocument/references", json!({ "textDocument": { "uri": uri(7) }, "position": position })));
    messages.push((Some(3), "workspace/symbol", json!({ "query": "s" })));
    messages.push((Some(4), "shutdown", Value::Null));
    messages.push((None, "exit", Value::Null));
    let (answers, end) = session(messages);
    assert_eq!((answers.len(), end), (4, Ok(())));
    assert_eq!(answers[1].as_array().map(Vec::len), Some(2));
    assert_eq!(answers[2].as_array().map(Vec::len), Some(SPECS));
}
