// The client of `ltc lsp`, and the commands that run a test in a terminal and debug it in a panel.
"use strict";

const vscode = require("vscode");
const panel = require("./panel");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

function command() {
  return vscode.workspace.getConfiguration("ltc").get("path", "ltc");
}

async function start() {
  const executable = { command: command(), args: ["lsp"], transport: TransportKind.stdio };
  const documentSelector = [
    { scheme: "file", language: "lt" },
    { scheme: "file", language: "yaml", pattern: "**/config/*.yml" },
    { scheme: "file", language: "yaml", pattern: "**/*.profile.yml" },
  ];
  const synchronize = { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{lt,yml,csv,json}") };
  client = new LanguageClient("ltc", "ltc", { run: executable, debug: executable }, { documentSelector, synchronize });
  try {
    await client.start();
  } catch (error) {
    const answer = await vscode.window.showErrorMessage(`cannot start \`${command()} lsp\`: ${error.message}`, "Open settings");
    if (answer) await vscode.commands.executeCommand("workbench.action.openSettings", "ltc.path");
  }
}

// Runs a command in a terminal of its own, without a shell: arguments need no quotes.
function run(name, cwd, args) {
  const terminal = vscode.window.createTerminal({ name, cwd, shellPath: command(), shellArgs: args });
  terminal.show(true);
}

async function saved() {
  const document = vscode.window.activeTextEditor?.document;
  if (document?.languageId !== "lt") {
    vscode.window.showWarningMessage("open a spec first");
    return undefined;
  }
  await vscode.workspace.saveAll(false);
  return document.uri;
}

function folder(uri) {
  return vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath;
}

async function runTest() {
  const uri = await saved();
  if (uri) run("ltc run", folder(uri), ["run", uri.fsPath]);
}

// Called by the lens with the command line that the server gives, or from the palette for the whole spec.
async function debugSequence(uri, sequence, line) {
  if (line) {
    await vscode.workspace.saveAll(false);
    return panel.debug(`ltc: ${sequence}`, command(), line.slice(1), folder(vscode.Uri.parse(uri)));
  }
  const spec = await saved();
  if (spec) panel.debug("ltc debug", command(), ["run", spec.fsPath, "--debug"], folder(spec));
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("ltc.run", runTest),
    vscode.commands.registerCommand("ltc.debugSequence", debugSequence),
    vscode.commands.registerCommand("ltc.restart", async () => {
      await client?.stop();
      await start();
    }),
  );
  await start();
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
