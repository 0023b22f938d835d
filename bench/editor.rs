//! `editor`: how fast the language server answers on a spec of 1,000 lines, after each edit, and how fast `ltc fmt` formats 10,000 lines.
//!
//! The server runs in a thread of this process and speaks over channels, so that only its own work is measured: the CPU time, which other
//! programs do not change much. A request follows an edit at once, which is the slowest case: the server has forgotten all that it knew.
//! Fails if an answer is slower than its limit.

use std::fs;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use lsp_server::{Connection, Message, Notification, Request};
use serde_json::{Value, json};

use crate::{Bench, Outcome, big_spec};

/// The longest that an answer may take, as the median of all rounds, milliseconds.
const ANSWER_MS_MAX: f64 = 20.0;
/// The longest that formatting may take, milliseconds.
const FORMAT_MS_MAX: f64 = 100.0;
const EDITS: usize = 20;

pub(crate) fn run(bench: &Bench) -> Outcome {
    let mut slow = Vec::new();
    let mut show = |what: &str, mut times: Vec<Duration>, limit: f64| {
        times.sort_unstable();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let (median, most) = (ms(times[times.len() / 2]), ms(times[times.len() - 1]));
        println!("{what:<38} {median:>8.1} ms, at most {most:.1} ms");
        if median > limit {
            slow.push(format!("{what}: {median:.1} ms, the limit is {limit} ms"));
        }
    };
    fs::create_dir_all(bench.folder.join("config"))?;
    fs::create_dir_all(bench.folder.join("specs"))?;
    fs::write(bench.folder.join("config/here.yml"), "shop: { url: \"http://127.0.0.1:8137/shop\" }\n")?;
    fs::write(bench.folder.join("specs/big.profile.yml"), big_spec::PROFILE)?;
    let text = big_spec::text(1_000, 0);
    fs::write(bench.folder.join("specs/big.lt"), &text)?;
    let mut editor = Editor::open(format!("file://{}", bench.folder.canonicalize()?.join("specs/big.lt").display()), &text)?;
    for (method, params) in requests(&text) {
        let times = (0..EDITS).map(|_| editor.answer(method, &params)).collect::<Outcome<Vec<Duration>>>()?;
        show(method, times, ANSWER_MS_MAX);
    }
    let times = (0..EDITS).map(|_| editor.diagnostics()).collect::<Outcome<Vec<Duration>>>()?;
    show("diagnostics", times, ANSWER_MS_MAX);
    let text = big_spec::text(10_000, 0).replace("\n    ", "\n");
    let format = || {
        let begun = cpu_time();
        ltc::format::format(&text).map(|_| cpu_time() - begun).map_err(|_| "the spec does not parse")
    };
    let times = (0..bench.args.rounds).map(|_| format()).collect::<Result<Vec<Duration>, &str>>()?;
    show(&format!("ltc fmt, {} lines", text.lines().count()), times, FORMAT_MS_MAX);
    if slow.is_empty() { Ok(()) } else { Err(slow.join("; ").into()) }
}

/// The CPU time of all threads of this process, or the time since the first call where the system does not tell it.
fn cpu_time() -> Duration {
    static FIRST: LazyLock<Instant> = LazyLock::new(Instant::now);
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        // The first number of `schedstat` is the time on a core.
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    match nanoseconds.sum() {
        0 => FIRST.elapsed(),
        sum => Duration::from_nanos(sum),
    }
}

/// The requests of an editor, in the middle of the spec.
fn requests(text: &str) -> Vec<(&'static str, Value)> {
    let call = text.match_indices("shop.item(").nth(20).map_or(0, |(at, _)| at);
    let line = text[..call].lines().count().saturating_sub(1);
    let at = |character: usize| json!({ "position": { "line": line, "character": character } });
    let here = json!({ "start": { "line": line, "character": 8 }, "end": { "line": line, "character": 8 } });
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 100_000, "character": 0 } });
    vec![
        ("textDocument/completion", at(11)),
        ("textDocument/hover", at(12)),
        ("textDocument/signatureHelp", at(16)),
        ("textDocument/definition", at(12)),
        ("textDocument/references", at(12)),
        ("textDocument/documentHighlight", at(12)),
        ("textDocument/prepareRename", at(12)),
        ("textDocument/codeAction", json!({ "range": here, "context": { "diagnostics": [] } })),
        ("textDocument/codeLens", json!({})),
        ("textDocument/documentSymbol", json!({})),
        ("textDocument/foldingRange", json!({})),
        ("textDocument/inlayHint", json!({ "range": whole })),
        ("textDocument/semanticTokens/full", json!({})),
        ("textDocument/formatting", json!({ "options": {} })),
    ]
}

struct Editor {
    connection: Connection,
    uri: String,
    next: i32,
}

impl Editor {
    fn open(uri: String, text: &str) -> Outcome<Self> {
        let (connection, server) = Connection::memory();
        // The server ends with this process: the benchmark has no more to ask then.
        std::thread::spawn(move || ltc::lsp::serve_on(&server));
        let mut editor = Self { connection, uri, next: 0 };
        editor.request("initialize", json!({ "capabilities": {} }))?;
        editor.notify("initialized", json!({}))?;
        let document = json!({ "uri": editor.uri, "languageId": "lt", "version": 0, "text": text });
        editor.notify("textDocument/didOpen", json!({ "textDocument": document }))?;
        editor.published()?;
        Ok(editor)
    }

    fn notify(&self, method: &str, params: Value) -> Outcome {
        Ok(self.connection.sender.send(Message::Notification(Notification::new(method.to_owned(), params)))?)
    }

    /// Changes a comment at the end of the spec.
    fn edit(&mut self) -> Outcome {
        self.next += 1;
        let end = json!({ "line": 100_000, "character": 0 });
        let change = json!({ "range": { "start": end, "end": end }, "text": format!("# {}\n", self.next) });
        let document = json!({ "uri": self.uri, "version": self.next });
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }))
    }

    fn request(&mut self, method: &str, params: Value) -> Outcome<Value> {
        self.next += 1;
        let id = self.next.into();
        self.connection.sender.send(Message::Request(Request { id, method: method.to_owned(), params }))?;
        loop {
            if let Message::Response(response) = self.connection.receiver.recv()? {
                return response.result.ok_or_else(|| format!("{method}: {:?}", response.error).into());
            }
        }
    }

    /// The CPU time that an answer takes after an edit.
    fn answer(&mut self, method: &str, params: &Value) -> Outcome<Duration> {
        let mut params = params.clone();
        params["textDocument"] = json!({ "uri": self.uri });
        let begun = cpu_time();
        self.edit()?;
        self.request(method, params)?;
        Ok(cpu_time() - begun)
    }

    /// Waits for diagnostics.
    fn published(&self) -> Outcome {
        loop {
            if let Message::Notification(notification) = self.connection.receiver.recv()?
                && notification.method == "textDocument/publishDiagnostics"
            {
                return Ok(());
            }
        }
    }

    /// How long the server works on diagnostics after an edit that changes them.
    fn diagnostics(&mut self) -> Outcome<Duration> {
        self.next += 1;
        // An unknown name, or the same one further down, so that the diagnostics differ from those before.
        let line = "\n".repeat(usize::try_from(self.next).unwrap_or(1) % 7) + "let wrong = nowhere\n";
        let start = json!({ "line": 0, "character": 0 });
        let change = json!({ "range": { "start": start, "end": start }, "text": line });
        let document = json!({ "uri": self.uri, "version": self.next });
        let begun = cpu_time();
        self.notify("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }))?;
        self.published()?;
        Ok(cpu_time() - begun)
    }
}
