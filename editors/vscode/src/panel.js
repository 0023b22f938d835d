// Runs a test with `--debug`, and shows its exchanges in a panel beside the spec.
"use strict";

const { spawn } = require("node:child_process");
const { randomBytes } = require("node:crypto");
const path = require("node:path");
const vscode = require("vscode");
const exchanges = require("./exchanges");

// How often the page is written anew while a test prints, in milliseconds.
const REDRAW_MS = 300;

// `args` are those of the command; no shell reads them.
function debug(title, command, args, cwd) {
  const column = vscode.ViewColumn.Beside;
  const panel = vscode.window.createWebviewPanel("ltc.exchanges", title, { viewColumn: column, preserveFocus: true }, { enableScripts: true });
  let output = "";
  let errors = "";
  let state = "running";
  let waiting;
  let closed = false;
  const draw = () => {
    waiting = undefined;
    if (!closed) panel.webview.html = exchanges.page(title, output, `${state}\n${errors}`.trim(), randomBytes(16).toString("hex"));
  };
  const later = () => {
    waiting ??= setTimeout(draw, REDRAW_MS);
  };
  const child = spawn(command, args, { cwd, shell: false });
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output += text;
    later();
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    errors += text;
    later();
  });
  child.on("error", (error) => {
    state = `cannot start ${command}: ${error.message}`;
    later();
  });
  child.on("close", (code) => {
    state = code === 0 ? "passed" : `exit code ${code}`;
    later();
  });
  panel.onDidDispose(() => {
    closed = true;
    clearTimeout(waiting);
    child.kill("SIGINT");
  });
  panel.webview.onDidReceiveMessage(async (at) => {
    const uri = vscode.Uri.file(path.resolve(cwd || ".", at.file));
    const position = new vscode.Position(Math.max(at.line - 1, 0), Math.max(at.column - 1, 0));
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.One, selection: new vscode.Range(position, position) });
  });
  draw();
}

module.exports = { debug };
