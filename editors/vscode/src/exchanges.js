// What `--debug` prints, as steps with their exchanges, and these as the page of a panel. Knows nothing of the editor.
"use strict";

const ANSI = /\u001b\[[0-9;]*m/g;

// The place at the end of a line, `specs/shop.lt:14:5`.
function place(text) {
  const found = /(\S+\.lt):(\d+):(\d+)/.exec(text);
  return found && { file: found[1], line: Number(found[2]), column: Number(found[3]) };
}

// Scenarios in the order in which they ran, each with its steps; lines that belong to no step are notes.
function parse(output) {
  const scenarios = [];
  let step;
  const scenario = () => scenarios[scenarios.length - 1] || scenarios[scenarios.push({ name: "", parts: [] }) - 1];
  for (const line of output.replace(ANSI, "").split("\n")) {
    const head = /^== (.*)$/.exec(line);
    const named = /^-- step "(.*)"((?: skip| interrupt)*) (\S+:\d+:\d+)$/.exec(line);
    if (head) {
      scenarios.push({ name: head[1], parts: [] });
      step = undefined;
    } else if (named) {
      step = { name: named[1], flags: named[2].trim(), place: place(named[3]), sent: [], received: [], facts: [], failed: false };
      scenario().parts.push(step);
    } else if (step && /^>( |$)/.test(line)) {
      step.sent.push(line.slice(2));
    } else if (step && /^<( |$)/.test(line)) {
      step.received.push(line.slice(2));
    } else if (step && /^ {2}/.test(line)) {
      const text = line.trim();
      if (text.startsWith("✗")) step.failed = true;
      step.facts.push({ text, place: place(text), bad: text.startsWith("✗") || line.startsWith("    "), good: text.startsWith("✓") });
    } else if (line.trim()) {
      step = undefined;
      scenario().parts.push({ note: line.trim(), place: place(line), failed: line.startsWith("✗") });
    }
  }
  return scenarios;
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
}

function link(text, at) {
  if (!at) return escaped(text);
  return `<a href="#" data-file="${escaped(at.file)}" data-line="${at.line}" data-column="${at.column}">${escaped(text)}</a>`;
}

function stepHtml(step) {
  if (step.note !== undefined) return `<p class="${step.failed ? "bad" : "note"}">${link(step.note, step.place)}</p>`;
  const status = step.received.map((line) => /^HTTP\S* (\d+)/.exec(line)).find(Boolean);
  const facts = step.facts.map((fact) => `<li class="${fact.bad ? "bad" : fact.good ? "good" : ""}">${link(fact.text, fact.place)}</li>`);
  const part = (title, lines) => (lines.length ? `<h4>${title}</h4><pre>${escaped(lines.join("\n"))}</pre>` : "");
  return `<details${step.failed ? " open" : ""}><summary><b class="${step.failed ? "bad" : "good"}">${step.failed ? "✗" : "✓"}</b> ${escaped(step.name)}
<small>${escaped(step.flags)} ${escaped(step.sent[0] || "")} ${status ? status[1] : ""}</small></summary>
<p>${step.place ? link(`${step.place.file}:${step.place.line}:${step.place.column}`, step.place) : ""}</p>
<ul>${facts.join("")}</ul>${part("Request", step.sent)}${part("Response", step.received)}</details>`;
}

// The page; `nonce` is the only script's.
function page(title, output, state, nonce) {
  const scenarios = parse(output);
  const body = scenarios.map((scenario) => `<section>${scenario.name ? `<h3>${escaped(scenario.name)}</h3>` : ""}${scenario.parts.map(stepHtml).join("")}</section>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-${nonce}'">
<title>${escaped(title)}</title>
<style>
body { font-family: var(--vscode-font-family); color: var(--vscode-foreground); padding: 0 16px 32px; }
pre { background: var(--vscode-textCodeBlock-background); padding: 8px; overflow-x: auto; font-family: var(--vscode-editor-font-family); }
summary { cursor: pointer; padding: 3px 0; }
small, .note { color: var(--vscode-descriptionForeground); }
h4 { margin: 8px 0 2px; }
ul { list-style: none; padding-left: 16px; margin: 4px 0; }
a { color: var(--vscode-textLink-foreground); }
.bad, .bad a { color: var(--vscode-errorForeground); }
b.good { color: var(--vscode-testing-iconPassed, #388a34); }
</style></head>
<body><h2>${escaped(title)}</h2><p class="note">${escaped(state)}</p>${body.join("")}
<script nonce="${nonce}">
const vscode = acquireVsCodeApi();
document.addEventListener("click", (event) => {
  const at = event.target.closest("a[data-file]");
  if (at) vscode.postMessage({ file: at.dataset.file, line: Number(at.dataset.line), column: Number(at.dataset.column) });
});
</script></body></html>`;
}

module.exports = { page, parse };
