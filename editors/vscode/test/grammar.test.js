// The scopes that the TextMate grammar gives to a spec.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const test = require("node:test");
const oniguruma = require("vscode-oniguruma");
const { INITIAL, Registry, parseRawGrammar } = require("vscode-textmate");

async function grammar() {
  await oniguruma.loadWASM(fs.readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
  const file = path.join(__dirname, "../syntaxes/lt.tmLanguage.json");
  const registry = new Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () => parseRawGrammar(fs.readFileSync(file, "utf8"), file),
  });
  return registry.loadGrammar("source.lt");
}

test("words, strings, paths and comments have their scopes", async () => {
  const lt = await grammar();
  const scope = (line, part) => {
    const { tokens } = lt.tokenizeLine(line, INITIAL);
    const at = line.indexOf(part);
    return tokens.find((token) => token.startIndex <= at && at < token.endIndex).scopes.join(" ");
  };
  for (const [line, part, wanted] of [
    ["sequence Browse interrupt {", "Browse", "entity.name.type.lt"],
    ["  step \"A {n:03} b\" skip {", "step", "keyword.control.lt"],
    ["  step \"A {n:03} b\" skip {", "A", "string.quoted.double.lt"],
    ["  step \"A {n:03} b\" skip {", "n:", "meta.interpolation.lt"],
    ["  shop GET /items/{id}?q=1 { json { a: 1 } }", "GET", "keyword.other.method.lt"],
    ["  shop GET /items/{id}?q=1 { json { a: 1 } }", "items", "string.unquoted.path.lt"],
    ["  shop GET /items/{id}?q=1 { json { a: 1 } }", "json", "support.variable.lt"],
    ["  expect text ~ /a[/]b/ # why", "a[", "string.regexp.lt"],
    ["  expect text ~ /a[/]b/ # why", "why", "comment.line"],
    ["  wait 1h20m", "1h", "constant.numeric.lt"],
    ["  let step = random(1, 2)", "random", "support.function.lt"],
  ]) {
    assert.ok(scope(line, part).includes(wanted), `${part} in ${line}: ${scope(line, part)}`);
  }
});
