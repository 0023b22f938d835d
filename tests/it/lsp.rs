//! `ltc lsp`: scripted sessions of `tests/lsp/` against the real process.
//!
//! A session is JSON: `files` of a project, `workspaces` (its folders that the editor has opened, if not all), and `steps`. `open`, `edit`
//! (`find` and `with`), `save` and `close` change a buffer, `create` (with `lines`), `rename` (`to`) and `delete` a file on disk; `at` is a
//! position, given as the text before `|`. `request` sends a request, and `expect` and `lack` list parts of the response, as JSON without
//! spaces. `diagnostics` waits for the diagnostics of a file that contain all of these parts. `apply` applies the first edit of the
//! response whose title contains this part, or the response itself, and `becomes` lists parts of the files after it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::positions::{offset, place, position};
use crate::project::{Project, root};

/// A generous limit against hanging.
const TIMEOUT: Duration = Duration::from_secs(60);

struct Editor {
    child: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    next: u64,
    texts: BTreeMap<String, String>,
    folder: String,
    diagnostics: BTreeMap<String, Value>,
    shown: Vec<Value>,
}

impl Editor {
    /// Starts the server with these variables in its environment and these folders open.
    fn start_with(project: &Project, variables: &[(&str, &str)], workspaces: &[String]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ltc"))
            .arg("lsp")
            .envs(variables.iter().copied())
            .current_dir(project.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if output.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    if line.trim().is_empty() {
                        break;
                    }
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                output.read_exact(&mut body).unwrap();
                if sender.send(serde_json::from_slice(&body).unwrap()).is_err() {
                    return;
                }
            }
        });
        let folder = format!("file://{}", project.path().canonicalize().unwrap().display());
        let mut editor =
            Self { child, input, messages, next: 1, texts: BTreeMap::new(), folder, diagnostics: BTreeMap::new(), shown: Vec::new() };
        let workspaces: Vec<Value> = workspaces.iter().map(|name| json!({ "uri": editor.uri(name), "name": name })).collect();
        let capabilities = editor.request("initialize", json!({ "capabilities": {}, "workspaceFolders": workspaces }));
        assert!(capabilities["capabilities"]["hoverProvider"] == true, "{capabilities}");
        editor.notify("initialized", json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Receives a message, and stores the server's notifications.
    fn receive(&mut self) -> Value {
        let message = self.messages.recv_timeout(TIMEOUT).expect("the server answers in time");
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let params = &message["params"];
                self.diagnostics.insert(params["uri"].as_str().unwrap().to_owned(), params["diagnostics"].clone());
            }
            Some("window/showMessage") => self.shown.push(message["params"].clone()),
            _ => {}
        }
        message
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == id {
                return if message["error"].is_null() {
                    message["result"].clone()
                } else {
                    json!({ "error": message["error"]["message"] })
                };
            }
        }
    }

    fn uri(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    fn path(&self, file: &str) -> String {
        self.uri(file).strip_prefix("file://").unwrap().to_owned()
    }

    fn run(&mut self, step: &Value) {
        let file = step["file"].as_str().unwrap_or_default().to_owned();
        let uri = self.uri(&file);
        let document = json!({ "uri": uri, "version": self.next, "languageId": "lt" });
        match step["do"].as_str() {
            Some("open") => {
                let text = self.texts[&file].clone();
                self.notify(
                    "textDocument/didOpen",
                    json!({ "textDocument": { "uri": uri, "version": 1, "languageId": "lt", "text": text } }),
                );
            }
            Some("edit") => {
                let text = self.texts[&file].clone();
                let (find, with) = (step["find"].as_str().unwrap(), step["with"].as_str().unwrap());
                let at = text.find(find).unwrap_or_else(|| panic!("no {find:?} in {text}"));
                let range = json!({ "start": position(&text, at), "end": position(&text, at + find.len()) });
                self.notify(
                    "textDocument/didChange",
                    json!({ "textDocument": document, "contentChanges": [{ "range": range, "text": with }] }),
                );
                self.texts.insert(file, text.replacen(find, with, 1));
            }
            Some("create") => {
                let text: String = parts(&step["lines"]).iter().map(|line| format!("{line}\n")).collect();
                fs::write(self.path(&file), &text).unwrap();
                self.texts.insert(file, text);
                self.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 1 }] }));
            }
            Some("rename") => {
                let to = step["to"].as_str().unwrap();
                fs::rename(self.path(&file), self.path(to)).unwrap();
                let text = self.texts.remove(&file).unwrap();
                self.texts.insert(to.to_owned(), text);
                let changes = json!([{ "uri": uri, "type": 3 }, { "uri": self.uri(to), "type": 1 }]);
                self.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
            }
            Some("delete") => {
                fs::remove_file(self.path(&file)).unwrap();
                self.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": uri, "type": 3 }] }));
            }
            Some("close") => self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } })),
            _ => {}
        }
        if let Some(parts) = step.get("diagnostics") {
            self.wait_for_diagnostics(&uri, parts, step);
        }
        if let Some(method) = step["request"].as_str() {
            let answer = self.ask(method, step);
            let shown = answer.to_string();
            for part in parts(&step["expect"]) {
                assert!(shown.contains(&part), "{step:#}\nlacks {part}:\n{answer:#}");
            }
            for part in parts(&step["lack"]) {
                assert!(!shown.contains(&part), "{step:#}\nhas {part}:\n{answer:#}");
            }
            if step.get("becomes").is_some() {
                self.apply(&answer, step);
            }
        }
        for part in parts(&step["shown"]) {
            while !self.shown.iter().any(|message| message.to_string().contains(&part)) {
                self.receive();
            }
        }
    }

    fn ask(&mut self, method: &str, step: &Value) -> Value {
        let file = step["file"].as_str().unwrap_or_default();
        let text = self.texts.get(file).cloned().unwrap_or_default();
        let mut params = step.get("params").cloned().unwrap_or_else(|| json!({}));
        if !file.is_empty() && method.starts_with("textDocument/") {
            params["textDocument"] = json!({ "uri": self.uri(file) });
        }
        if let Some(at) = step["at"].as_str() {
            let position = position(&text, place(&text, at));
            params["range"] = json!({ "start": position, "end": position });
            params["position"] = position;
            params["context"] = json!({ "includeDeclaration": true, "diagnostics": [] });
        }
        if let Some(to) = step["to"].as_str() {
            params["range"]["end"] = position(&text, place(&text, to));
        }
        if method == "textDocument/inlayHint" {
            params["range"] = json!({ "start": position(&text, 0), "end": position(&text, text.len()) });
        }
        if method == "workspace/executeCommand" {
            params["arguments"] = json!([self.uri(file)]);
        }
        self.request(method, params)
    }

    fn wait_for_diagnostics(&mut self, uri: &str, wanted: &Value, step: &Value) {
        let wanted = parts(wanted);
        loop {
            let shown = self.diagnostics.get(uri).map(Value::to_string);
            let fits =
                shown.is_some_and(|shown| if wanted.is_empty() { shown == "[]" } else { wanted.iter().all(|part| shown.contains(part)) });
            if fits {
                return;
            }
            let message = self.messages.recv_timeout(TIMEOUT).unwrap_or_else(|_| panic!("{step:#}\ngot {:#?}", self.diagnostics.get(uri)));
            if let Some("textDocument/publishDiagnostics") = message["method"].as_str() {
                let params = &message["params"];
                self.diagnostics.insert(params["uri"].as_str().unwrap().to_owned(), params["diagnostics"].clone());
            }
        }
    }

    /// Applies the edits of a response to the texts.
    fn apply(&mut self, answer: &Value, step: &Value) {
        let title = step["apply"].as_str().unwrap_or_default();
        let edit = match answer.as_array() {
            Some(actions) if actions.iter().any(|action| action.get("title").is_some()) => {
                let action = actions.iter().find(|action| action["title"].as_str().unwrap().contains(title));
                action.unwrap_or_else(|| panic!("no action {title:?} in {answer:#}"))["edit"].clone()
            }
            Some(edits) => json!({ "changes": { self.uri(step["file"].as_str().unwrap()): edits } }),
            None => answer.clone(),
        };
        let mut texts = self.texts.clone();
        for (uri, edits) in edit["changes"].as_object().unwrap_or_else(|| panic!("{answer:#}")) {
            let file = uri.strip_prefix(&format!("{}/", self.folder)).unwrap().to_owned();
            let text = texts.get_mut(&file).unwrap_or_else(|| panic!("an edit of {file}"));
            let mut edits: Vec<(usize, usize, String)> = edits
                .as_array()
                .unwrap()
                .iter()
                .map(|edit| {
                    let range = &edit["range"];
                    (offset(text, &range["start"]), offset(text, &range["end"]), edit["newText"].as_str().unwrap().to_owned())
                })
                .collect();
            edits.sort();
            for (start, end, new) in edits.into_iter().rev() {
                text.replace_range(start..end, &new);
            }
        }
        for (file, wanted) in step["becomes"].as_object().unwrap() {
            for part in parts(wanted) {
                assert!(texts[file].contains(&part), "{step:#}\n{file} lacks {part:?}:\n{}\n{answer:#}", texts[file]);
            }
        }
    }

    fn end(mut self) {
        self.request("shutdown", Value::Null);
        self.notify("exit", Value::Null);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // The process has ended, unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that the server shows of a file: its answers at each position that is a multiple of `step` characters, and its diagnostics.
pub(crate) fn shown_of(project: &Project, file: &str, variables: &[(&str, &str)], step: usize) -> String {
    let mut editor = Editor::start_with(project, variables, &[]);
    let text = project.read(file);
    let uri = editor.uri(file);
    let opened = json!({ "uri": uri, "version": 1, "languageId": "lt", "text": text });
    editor.notify("textDocument/didOpen", json!({ "textDocument": opened }));
    let mut shown = String::new();
    let document = json!({ "uri": uri });
    let all = json!({ "start": position(&text, 0), "end": position(&text, text.len()) });
    for method in ["documentSymbol", "inlayHint", "codeLens", "foldingRange", "semanticTokens/full"] {
        let params = json!({ "textDocument": document, "range": all });
        shown += &editor.request(&format!("textDocument/{method}"), params).to_string();
    }
    for (at, _) in text.char_indices().step_by(step) {
        let place = position(&text, at);
        let range = json!({ "start": place, "end": place });
        let context = json!({ "includeDeclaration": true, "diagnostics": [] });
        let params = json!({ "textDocument": document, "position": place, "range": range, "context": context });
        for method in ["hover", "completion", "signatureHelp", "definition", "references", "codeAction"] {
            shown += &editor.request(&format!("textDocument/{method}"), params.clone()).to_string();
        }
    }
    shown += &json!(editor.diagnostics).to_string();
    editor.end();
    shown
}

fn parts(value: &Value) -> Vec<String> {
    match value {
        Value::String(part) => vec![part.clone()],
        Value::Array(parts) => parts.iter().map(|part| part.as_str().unwrap().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn session(name: &str) {
    let path = root().join("tests/lsp").join(name);
    let session: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut project = Project::new();
    let mut texts = BTreeMap::new();
    for (file, lines) in session["files"].as_object().unwrap() {
        let text: String = parts(lines).iter().map(|line| format!("{line}\n")).collect();
        project = project.file(file, &text);
        texts.insert(file.clone(), text);
    }
    let mut editor = Editor::start_with(&project, &[], &parts(&session["workspaces"]));
    editor.texts = texts;
    for step in session["steps"].as_array().unwrap() {
        editor.run(step);
    }
    editor.end();
}

#[test]
fn diagnostics_follow_edits_of_specs_and_yaml() {
    session("diagnostics.json");
}

#[test]
fn names_are_found_and_renamed_across_files() {
    session("names.json");
}

#[test]
fn names_in_patterns_fields_and_weights_are_renamed() {
    session("rename.json");
}

#[test]
fn values_of_the_file_and_parameters_have_their_types() {
    session("values.json");
}

#[test]
fn completion_depends_on_the_position() {
    session("completion.json");
}

#[test]
fn actions_fix_and_refactor() {
    session("actions.json");
}

#[test]
fn outline_colors_hints_and_lenses_are_shown() {
    session("view.json");
}

#[test]
fn two_projects_with_the_same_file_names_stay_apart() {
    session("workspaces.json");
}

#[test]
fn requests_are_answered_while_a_bracket_is_open_above_or_below() {
    session("broken.json");
}
