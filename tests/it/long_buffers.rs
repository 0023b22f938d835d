//! Long buffers of an editor: the language server answers every request in a time that grows in proportion to the length of the buffer.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

use crate::long_texts::{self, processor_seconds};
use crate::project::Project;

/// The kinds of text: long lines, many lines, many declarations, and many mistakes of the sort that has fixes.
const KINDS: [&str; 14] = [
    "steps",
    "sequences",
    "takes of one step",
    "items of a list",
    "holes of a text",
    "calls of requests",
    "parameters and arguments",
    "tasks",
    "users",
    "data sources",
    "unknown names",
    "unknown functions",
    "words",
    "wide characters",
];

/// The length of the shorter buffer of each pair.
const BYTES: usize = 20_000;

/// The longest wait for an answer. A server that hangs would otherwise hang the test.
const ANSWER_MAX: Duration = Duration::from_secs(120);

struct Client {
    connection: Connection,
    answers: Receiver<Message>,
    requests: i32,
}

impl Client {
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.requests += 1;
        let request = Request::new(self.requests.into(), method.to_owned(), params);
        self.connection.sender.send(request.into()).unwrap();
        loop {
            if let Message::Response(answer) = self.answers.recv_timeout(ANSWER_MAX).unwrap_or_else(|_| panic!("no answer to {method}")) {
                assert!(answer.error.is_none(), "{method}: {answer:?}");
                return answer.result.unwrap_or_default();
            }
        }
    }

    fn tell(&self, method: &str, params: Value) {
        self.connection.sender.send(Notification::new(method.to_owned(), params).into()).unwrap();
    }
}

/// The processor time that a server needs for one session with this buffer.
fn session(text: &str) -> f64 {
    let project = Project::new();
    let (server, client) = Connection::memory();
    let thread = std::thread::spawn(move || {
        ltc::lsp::serve_on(&server).unwrap();
        processor_seconds()
    });
    let (forward, answers) = channel();
    // The connection has no buffer, so a thread takes what the server sends.
    let receiver = client.receiver.clone();
    std::thread::spawn(move || receiver.iter().all(|message| forward.send(message).is_ok()));
    let mut client = Client { connection: client, answers, requests: 0 };
    client.ask("initialize", json!({ "capabilities": {} }));
    client.tell("initialized", json!({}));
    let uri = format!("file://{}/specs/x.lt", project.path().display());
    let document = json!({ "uri": uri });
    client.tell("textDocument/didOpen", json!({ "textDocument": { "uri": uri, "languageId": "lt", "version": 1, "text": text } }));
    let line = text.lines().count() - 1;
    let all = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": line + 1, "character": 0 } });
    // The name of the api: the head of each text declares it, and many lines use it.
    let name = json!({ "line": 0, "character": 5 });
    let end = json!({ "line": line, "character": text.lines().last().map_or(0, |line| line.encode_utf16().count()) });
    for method in ["semanticTokens/full", "documentSymbol", "foldingRange", "codeLens", "formatting"] {
        client
            .ask(&format!("textDocument/{method}"), json!({ "textDocument": document, "options": { "tabSize": 2, "insertSpaces": true } }));
    }
    for method in ["inlayHint", "codeAction"] {
        client.ask(&format!("textDocument/{method}"), json!({ "textDocument": document, "range": all, "context": { "diagnostics": [] } }));
    }
    for position in [name, end] {
        for method in ["hover", "definition", "references", "documentHighlight", "completion", "signatureHelp"] {
            let context = json!({ "includeDeclaration": true });
            client.ask(&format!("textDocument/{method}"), json!({ "textDocument": document, "position": position, "context": context }));
        }
    }
    client.ask("workspace/symbol", json!({ "query": "" }));
    client.ask("shutdown", Value::Null);
    client.tell("exit", Value::Null);
    thread.join().unwrap()
}

#[test]
fn server_answers_in_linear_time() {
    let all = long_texts::kinds();
    let mut slow = Vec::new();
    for name in KINDS {
        let kind = all.iter().find(|kind| kind.name == name).unwrap();
        let bytes = long_texts::bytes(BYTES);
        let (short, long) = (session(&kind.text(bytes)), session(&kind.text(bytes * long_texts::FACTOR)));
        println!("{name}: {short:.2} s, {long:.2} s");
        if long > short * long_texts::FACTOR_MAX + long_texts::NOISE_S {
            slow.push(format!("{name}: {short:.2} s for {bytes} bytes, {long:.2} s for {} times as many", long_texts::FACTOR));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
