//! Editors: the TextMate grammar contains the words of the pest grammar and of the table of functions, and a test keeps it up to date.
//! Neovim is tested with the real process.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::project::{Project, root};
use crate::tools::needs;

const FILE: &str = "editors/vscode/syntaxes/lt.tmLanguage.json";

/// The words that rules of the grammar with these prefixes accept.
fn words(prefixes: &[&str]) -> BTreeSet<String> {
    let grammar = fs::read_to_string(root().join("grammar/lt.pest")).unwrap();
    let rules = grammar.lines().filter(|line| prefixes.iter().any(|prefix| line.starts_with(prefix)));
    let quoted = rules.flat_map(|line| line.split('"').skip(1).step_by(2));
    quoted.filter(|word| word.chars().all(|char| char.is_ascii_lowercase() || char == '_')).map(str::to_owned).collect()
}

fn any(words: &BTreeSet<String>) -> String {
    words.iter().map(String::as_str).collect::<Vec<_>>().join("|")
}

fn grammar() -> Value {
    let literals = words(&["literal "]);
    let types: BTreeSet<String> =
        words(&["m_type "]).into_iter().chain(["float", "duration", "time", "bytes", "file", "any"].map(str::to_owned)).collect();
    let sources = words(&["source_word "]);
    let mut keywords = words(&["kw_", "flag_", "op_not", "op_and", "op_or", "op_in", "quantifier "]);
    keywords.retain(|word| !literals.contains(word) && !sources.contains(word));
    let functions = ltc::check::functions::FUNCTIONS.iter().map(|function| function.name.rsplit('.').next().unwrap_or_default());
    let functions: BTreeSet<String> = functions.chain(ltc::check::functions::SPECIAL).map(str::to_owned).collect();
    let free = "(?<![.\\w])";
    let hole = json!({
        "name": "meta.interpolation.lt", "begin": "\\{(?!\\{)", "end": "\\}",
        "beginCaptures": { "0": { "name": "punctuation.section.interpolation.begin.lt" } },
        "endCaptures": { "0": { "name": "punctuation.section.interpolation.end.lt" } },
        "patterns": [{ "include": "$self" }],
    });
    let in_string = json!([
        { "name": "constant.character.escape.lt", "match": "\\{\\{|\\}\\}|\\\\(u\\{[0-9A-Fa-f]+\\}|.)" },
        { "include": "#hole" },
    ]);
    let order = [
        "comment",
        "graphql",
        "text",
        "regex",
        "request",
        "declaration",
        "number",
        "function",
        "literal",
        "type",
        "source",
        "keyword",
        "key",
        "operator",
    ];
    let patterns: Vec<Value> = order.iter().map(|name| json!({ "include": format!("#{name}") })).collect();
    json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "ltc spec",
        "scopeName": "source.lt",
        "fileTypes": ["lt"],
        "patterns": patterns,
        "repository": {
            "hole": hole,
            "comment": { "name": "comment.line.number-sign.lt", "match": "#.*$" },
            "graphql": { "patterns": [
                { "name": "string.quoted.triple.graphql.lt", "begin": "(?<=\\bgraphql)\\s*\"\"\"", "end": "\"\"\"" },
                { "name": "string.quoted.double.graphql.lt", "begin": "(?<=\\bgraphql)\\s*\"", "end": "\"|$" },
            ] },
            "text": { "patterns": [
                { "name": "string.quoted.triple.lt", "begin": "\"\"\"", "end": "\"\"\"", "patterns": in_string },
                { "name": "string.quoted.double.lt", "begin": "\"", "end": "\"|$", "patterns": in_string },
            ] },
            "regex": { "name": "string.regexp.lt", "match": "(?<=~)\\s*/(\\\\.|\\[\\^?\\]?(\\\\.|[^\\]\\\\])*\\]|[^/\\[\\\\])+/" },
            "request": {
                "begin": "\\b([A-Z]+)\\s+(?=/)", "end": "(?=[\\s;#}]|$)",
                "beginCaptures": { "1": { "name": "keyword.other.method.lt" } },
                "contentName": "string.unquoted.path.lt",
                "patterns": [{ "include": "#hole" }],
            },
            "declaration": {
                "match": format!("{free}(api|resource|sequence|tasks|user|data)\\s+([A-Za-z_]\\w*)"),
                "captures": { "1": { "name": "keyword.declaration.lt" }, "2": { "name": "entity.name.type.lt" } },
            },
            "number": { "name": "constant.numeric.lt", "match": "(?<![.\\w])(\\d+(\\.\\d+)?(ms|s|m|h|d))+\\b|\\b\\d[\\d_]*(\\.\\d+)?(B|KB|MB|GB)?\\b|\\b\\dxx\\b" },
            "function": { "name": "support.function.lt", "match": format!("\\b({})(?=\\()", any(&functions)) },
            "literal": { "name": "constant.language.lt", "match": format!("{free}({})\\b(?!\\s*:)", any(&literals)) },
            "type": { "name": "support.type.lt", "match": format!("(?<=:)\\s*({})\\b", any(&types)) },
            "source": { "name": "support.variable.lt", "match": format!("{free}({})\\b(?!\\s*:)", any(&sources)) },
            "keyword": { "name": "keyword.control.lt", "match": format!("{free}({})\\b(?!\\s*:)", any(&keywords)) },
            "key": { "name": "variable.other.property.lt", "match": "\\b[A-Za-z_]\\w*(?=\\s*:)" },
            "operator": { "name": "keyword.operator.lt", "match": "==|!=|<=|>=|!~|\\.\\.|[-+*/%<>=~|]" },
        },
    })
}

#[test]
fn textmate_grammar_has_the_words_of_the_language() {
    let wanted = format!("{:#}\n", grammar());
    let path = root().join(FILE);
    if std::env::var_os("LTC_BLESS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == wanted, "{FILE} is not made of the grammar at hand: run this test with LTC_BLESS=1");
    for word in ["sequence", "poll", "interrupt", "expect", "max_body"] {
        assert!(wanted.contains(&format!("{word}|")) || wanted.contains(&format!("|{word})")), "{word}");
    }
}

#[test]
fn neovim_shows_diagnostics_of_the_server() {
    needs!("nvim");
    let project = Project::new().file("config/common.yml", "").file("specs/a.lt", "let x=random(1, 2)\nlet y = rendom(1, 2)\n");
    let script = format!(
        r#"
vim.filetype.add({{ extension = {{ lt = "lt" }} }})
vim.cmd("edit specs/a.lt")
local id = vim.lsp.start_client({{ name = "ltc", cmd = {{ "{}", "lsp" }}, root_dir = vim.fn.getcwd() }})
assert(id, "no client")
vim.lsp.buf_attach_client(0, id)
assert(vim.wait(30000, function() return #vim.diagnostic.get(0) > 0 end, 20), "no diagnostics")
for _, found in ipairs(vim.diagnostic.get(0)) do print(found.message) end
local hover = vim.lsp.buf_request_sync(0, "textDocument/hover", {{
  textDocument = vim.lsp.util.make_text_document_params(), position = {{ line = 0, character = 8 }} }}, 30000)
print(vim.inspect(hover))
vim.api.nvim_buf_set_lines(0, 1, 2, false, {{ "let y = random(1, 2)" }})
assert(vim.wait(30000, function()
  for _, found in ipairs(vim.diagnostic.get(0)) do if found.code == "LT0106" then return false end end
  return true
end, 20), "the diagnostic stays")
local formatted = vim.lsp.buf_request_sync(0, "textDocument/formatting", {{
  textDocument = vim.lsp.util.make_text_document_params(), options = {{ tabSize = 2, insertSpaces = true }} }}, 30000)
vim.lsp.util.apply_text_edits(formatted[id].result, 0, "utf-16")
print(vim.api.nvim_buf_get_lines(0, 0, 1, false)[1])
vim.cmd("qa!")
"#,
        env!("CARGO_BIN_EXE_ltc")
    );
    project.write("test.lua", script);
    let output = Command::new("nvim").args(["--headless", "--clean", "-S", "test.lua"]).current_dir(project.path()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    for part in ["did you mean `random`", "a random number or duration", "let x = random(1, 2)"] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
}

#[test]
fn exchanges_in_the_panel_of_the_extension_are_those_of_a_debug_run() {
    needs!("node");
    let test = root().join("editors/vscode/test/exchanges.test.js");
    let output = Command::new("node").arg("--test").arg(test).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
