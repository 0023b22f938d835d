//! The main loop of the server, which handles one message at a time.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use super::workspace::{Buffer, Workspace};
use super::{actions, complete, diagnose, hover, navigate, outline, rename, stdio, text, uri, view};

/// Serves an editor until it ends the session.
///
/// # Errors
/// If the connection breaks.
pub fn serve() -> Result<(), String> {
    let (connection, threads) = stdio::connect();
    let ended = serve_on(&connection);
    drop(connection);
    // The reader knows best why there are no more messages.
    let read = threads.join().map_err(|error| format!("the connection to the editor broke: {error}"));
    read.and(ended)
}

/// How long no message has to arrive before diagnostics are sent: while someone types, they would be about a text that has changed again.
pub const QUIET: Duration = Duration::from_millis(80);

/// How long diagnostics wait at most, while messages keep arriving.
const QUIET_MAX: Duration = Duration::from_secs(1);

/// Serves an editor over any connection until it ends the session.
///
/// # Errors
/// If the connection breaks.
pub fn serve_on(connection: &Connection) -> Result<(), String> {
    if !initialize(connection)? {
        return Ok(());
    }
    let mut session = Session { connection, workspace: Workspace::default(), published: HashMap::new(), stale_since: None };
    loop {
        let message = match session.stale_since {
            Some(since) => match connection.receiver.recv_timeout(QUIET.min(QUIET_MAX.saturating_sub(since.elapsed()))) {
                Err(error) if error.is_timeout() => {
                    session.publish()?;
                    continue;
                }
                message => message.ok(),
            },
            None => connection.receiver.recv().ok(),
        };
        let Some(message) = message else { return Ok(()) };
        match message {
            Message::Request(request) if request.method == "shutdown" => return shut_down(connection, request.id),
            Message::Request(request) => session.request(request)?,
            Message::Notification(notification) if notification.method == "exit" => {
                return Err("the editor ended without `shutdown`".to_owned());
            }
            Message::Notification(notification) => session.notification(&notification),
            Message::Response(_) => {}
        }
    }
}

fn answer(connection: &Connection, response: Response) -> Result<(), String> {
    connection.sender.send(response.into()).map_err(|error| format!("the connection to the editor broke: {error}"))
}

/// Waits for `initialize` and answers it. Returns whether there is a session: an editor may end before.
fn initialize(connection: &Connection) -> Result<bool, String> {
    for message in &connection.receiver {
        match message {
            Message::Request(request) if request.method == "initialize" => {
                let server = json!({ "name": "ltc", "version": env!("CARGO_PKG_VERSION") });
                let result = json!({ "capabilities": capabilities(), "serverInfo": server });
                answer(connection, Response::new_ok(request.id, result))?;
                return Ok(true);
            }
            Message::Request(request) => {
                let why = format!("unexpected `{}`, expected `initialize` first", request.method);
                answer(connection, Response::new_err(request.id, ErrorCode::ServerNotInitialized as i32, why))?;
            }
            Message::Notification(notification) if notification.method == "exit" => return Ok(false),
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    Ok(false)
}

/// Answers `shutdown`, and waits for `exit` or the end of the connection.
fn shut_down(connection: &Connection, id: RequestId) -> Result<(), String> {
    answer(connection, Response::new_ok(id, Value::Null))?;
    for message in &connection.receiver {
        match message {
            Message::Request(request) => {
                let why = format!("unexpected `{}` after `shutdown`, expected `exit`", request.method);
                answer(connection, Response::new_err(request.id, ErrorCode::InvalidRequest as i32, why))?;
            }
            Message::Notification(notification) if notification.method == "exit" => break,
            Message::Notification(_) | Message::Response(_) => {}
        }
    }
    Ok(())
}

fn capabilities() -> Value {
    json!({
        "positionEncoding": "utf-16",
        "textDocumentSync": { "openClose": true, "change": 2, "save": { "includeText": false } },
        "hoverProvider": true,
        "definitionProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "renameProvider": { "prepareProvider": true },
        "completionProvider": { "triggerCharacters": [".", "\"", "{", " "] },
        "signatureHelpProvider": { "triggerCharacters": ["(", ","] },
        "documentSymbolProvider": true,
        "workspaceSymbolProvider": true,
        "foldingRangeProvider": true,
        "semanticTokensProvider": { "legend": view::legend(), "full": true },
        "inlayHintProvider": true,
        "documentFormattingProvider": true,
        "codeActionProvider": { "codeActionKinds": ["quickfix", "refactor.extract", "refactor.rewrite"] },
        "codeLensProvider": { "resolveProvider": false },
        "executeCommandProvider": { "commands": ["ltc.check"] },
    })
}

struct Session<'c> {
    connection: &'c Connection,
    workspace: Workspace,
    /// The files with diagnostics in the editor, and these diagnostics.
    published: HashMap<PathBuf, Vec<Value>>,
    /// When a text first changed after the last diagnostics.
    stale_since: Option<Instant>,
}

impl Session<'_> {
    fn send(&self, message: Message) -> Result<(), String> {
        self.connection.sender.send(message).map_err(|error| format!("the connection to the editor broke: {error}"))
    }

    fn request(&mut self, request: Request) -> Result<(), String> {
        let Request { id, method, params } = request;
        let answered = catch_unwind(AssertUnwindSafe(|| self.answer(&method, &params)));
        let response = match answered {
            Ok(Ok(Some(result))) => Response::new_ok(id, result),
            Ok(Ok(None)) => Response::new_err(id, ErrorCode::MethodNotFound as i32, format!("unknown method `{method}`")),
            Ok(Err(why)) => Response::new_err(id, ErrorCode::RequestFailed as i32, why),
            Err(_) => Response::new_err(id, ErrorCode::InternalError as i32, format!("a bug in ltc: `{method}` failed")),
        };
        self.send(response.into())
    }

    /// The result of a request; `None` for an unknown method.
    fn answer(&mut self, method: &str, params: &Value) -> Result<Option<Value>, String> {
        if method == "workspace/symbol" {
            return Ok(Some(self.symbols(params)));
        }
        if method == "workspace/executeCommand" {
            return self.execute(params).map(Some);
        }
        let known = params["textDocument"]["uri"].as_str().and_then(uri::path);
        let Some(path) = known.filter(|_| method.starts_with("textDocument/")) else { return Ok(None) };
        if method == "textDocument/formatting" {
            return Ok(Some(view::format(&self.workspace, &path)));
        }
        let Some(analysis) = self.workspace.analysis_of(&path) else { return Ok(Some(Value::Null)) };
        let Some(file) = analysis.file(&path) else { return Ok(Some(Value::Null)) };
        let lines = analysis.lines(file);
        let at = lines.offset(&params["position"]);
        Ok(Some(match method {
            "textDocument/hover" => hover::hover(&analysis, file, at),
            "textDocument/definition" => navigate::definition(&analysis, file, at),
            "textDocument/references" => {
                let with_declaration = params["context"]["includeDeclaration"].as_bool().unwrap_or(true);
                navigate::references(&self.workspace, &analysis, file, at, with_declaration)
            }
            "textDocument/documentHighlight" => navigate::highlights(&analysis, file, at),
            "textDocument/prepareRename" => rename::prepare(&analysis, file, at)?,
            "textDocument/rename" => {
                let name = params["newName"].as_str().unwrap_or_default();
                rename::rename(&self.workspace, &analysis, file, at, name)?
            }
            "textDocument/completion" => complete::completion(&self.workspace, &analysis, file, at),
            "textDocument/signatureHelp" => hover::signature(&analysis, file, at),
            "textDocument/documentSymbol" => outline::document(&analysis, file),
            "textDocument/foldingRange" => outline::folding(&analysis, file),
            "textDocument/semanticTokens/full" => view::semantic_tokens(&analysis, file),
            "textDocument/inlayHint" => view::inlay_hints(&analysis, file, &params["range"]),
            "textDocument/codeLens" => view::lenses(&analysis, file),
            "textDocument/codeAction" => actions::actions(&self.workspace, &analysis, file, &params["range"]),
            _ => return Ok(None),
        }))
    }

    fn symbols(&self, params: &Value) -> Value {
        let query = params["query"].as_str().unwrap_or_default().to_lowercase();
        let mut found: Vec<Value> = Vec::new();
        let mut known: HashSet<String> = HashSet::new();
        let roots: BTreeSet<PathBuf> = self.workspace.buffers.keys().map(|path| Workspace::root(path)).collect();
        let mut entries: Vec<PathBuf> = roots.iter().flat_map(|root| self.workspace.entries_of(root)).collect();
        entries.sort_unstable();
        entries.dedup();
        for analysis in entries.iter().filter_map(|entry| self.workspace.analysis(entry)) {
            found.extend(outline::workspace(&analysis, &query).into_iter().filter(|symbol| known.insert(symbol.to_string())));
        }
        Value::Array(found)
    }

    /// `ltc.check`: checks a spec against its environment, and reports the result.
    fn execute(&mut self, params: &Value) -> Result<Value, String> {
        let path = params["arguments"][0].as_str().and_then(uri::path);
        let (Some("ltc.check"), Some(path)) = (params["command"].as_str(), path) else {
            return Err(format!("unknown command {}", params["command"]));
        };
        self.workspace.files_changed();
        self.stale_since.get_or_insert_with(Instant::now);
        let analysis = self.workspace.analysis_of(&path).ok_or("the spec cannot be read")?;
        let (errors, message) = diagnose::summary(&analysis);
        let notification = json!({ "type": if errors { 1 } else { 3 }, "message": message });
        self.send(Message::Notification(Notification::new("window/showMessage".to_owned(), notification)))?;
        Ok(Value::Null)
    }

    fn notification(&mut self, notification: &Notification) {
        let params = &notification.params;
        let document = &params["textDocument"];
        let path = document["uri"].as_str().and_then(uri::path);
        let version = document["version"].as_i64().unwrap_or(0);
        match (notification.method.as_str(), path) {
            ("textDocument/didOpen", Some(path)) => {
                let text = document["text"].as_str().unwrap_or_default().to_owned();
                self.workspace.buffers.insert(path, Buffer { text, version });
                self.workspace.files_changed();
            }
            ("textDocument/didChange", Some(path)) => {
                if let Some(buffer) = self.workspace.buffers.get_mut(&path) {
                    text::apply(&mut buffer.text, &params["contentChanges"]);
                    buffer.version = version;
                }
                self.workspace.changed(&path);
            }
            ("textDocument/didClose", Some(path)) => {
                self.workspace.buffers.remove(&path);
                self.workspace.files_changed();
            }
            ("textDocument/didSave" | "workspace/didChangeWatchedFiles", _) => self.workspace.files_changed(),
            _ => return,
        }
        self.stale_since.get_or_insert_with(Instant::now);
    }

    /// Sends the diagnostics of all files of the open specs, if they changed.
    fn publish(&mut self) -> Result<(), String> {
        self.stale_since = None;
        let found = catch_unwind(AssertUnwindSafe(|| diagnose::all(&self.workspace))).unwrap_or_default();
        let gone: Vec<PathBuf> = self.published.keys().filter(|path| !found.contains_key(*path)).cloned().collect();
        for (path, diagnostics) in gone.into_iter().map(|path| (path, Vec::new())).chain(found) {
            if self.published.get(&path) == Some(&diagnostics) {
                continue;
            }
            let version = self.workspace.buffers.get(&path).map(|buffer| buffer.version);
            let mut params = json!({ "uri": uri::of(&path), "diagnostics": diagnostics });
            if let Some(version) = version {
                params["version"] = json!(version);
            }
            self.send(Message::Notification(Notification::new("textDocument/publishDiagnostics".to_owned(), params)))?;
            if diagnostics.is_empty() && version.is_none() {
                self.published.remove(&path);
            } else {
                self.published.insert(path, diagnostics);
            }
        }
        Ok(())
    }
}
