//! The nine grammar rules, each with valid and invalid text. Also that one error hides neither other errors nor correct code.

use super::{run, shown};
use crate::ast::{Item, StmtKind};
use crate::diagnostic::Code;

fn good(text: &str) {
    let whole = format!("sequence S {{\n{text}\n}}");
    let (_, diagnostics) = run(&whole);
    assert!(diagnostics.is_empty(), "{whole}\n{}", shown(&whole, &diagnostics));
}

/// Asserts one error with this code, whose message or help contains these words.
fn bad(text: &str, code: Code, words: &str) {
    let whole = format!("sequence S {{\n{text}\n}}");
    let (_, diagnostics) = run(&whole);
    let all = shown(&whole, &diagnostics);
    assert_eq!(diagnostics.len(), 1, "{whole}\n{all}");
    assert!(diagnostics[0].code == code && all.contains(words), "{whole}\nwanted {} {words}, got\n{all}", code.as_str());
}

#[test]
fn rule_1_statements_end_with_their_line() {
    good(
        "let a = 1; let b = 2\nlet c = a +\n  b\nlet d =\n  3\nlet e = [\n 1,\n 2,\n]\nlog f(\n a\n , b)\nif a { } else { }\nlet g = { a: 1,\n  b\n }",
    );
    bad("let a = 1 let b = 2", Code::Syntax, "unexpected `let`");
    bad("let a = 1\n  + 2", Code::LineBreak, "move `+` to the end of the line before");
    bad("if a { }\nelse { }", Code::LineBreak, "on one line");
    bad("if a\n{ log \"x\" }", Code::LineBreak, "at the end of the line that the block belongs to");
    bad("let g = { a: 1\n  b: 2 }", Code::MissingComma, "before `b`");
}

#[test]
fn rule_2_paths_end_at_space() {
    good("shop GET /; shop GET /a/{ b + 1 }/c;shop GET /x# comment\nstep \"A\" { shop GET /a}\nshop GET \"{place}\"");
    bad("shop GET a/b", Code::BadPath, "write `/a/b`");
    bad("shop GET", Code::BadPath, "missing");
    bad("shop GET /a/{{id}}", Code::ForeignTemplate, "`{id}`");
    bad("shop post /a", Code::BadMethod, "`POST`");
}

#[test]
fn rule_3_words_end_with_the_identifier() {
    good("let stepper = 1; let iffy = notable; let x = { step: 1, json: 2 }; shop.delete(x.take); let order = orders");
    bad("let step = 1", Code::ReservedWord, "`step`");
    bad("take url = json.x", Code::ReservedWord, "my_url");
    bad("for grpc in x { }", Code::ReservedWord, "later");
}

#[test]
fn rule_4_postfixes_have_no_space_before() {
    good("expect json [_, ..]; expect json[0].id == 3; let x = a[1].b(2)[0..1]");
    bad("let x = a [1]", Code::Syntax, "unexpected `[`");
    bad("let x = f (1)", Code::Syntax, "unexpected `(`");
}

#[test]
fn rule_5_regexes_follow_a_match_operator() {
    good(r#"expect text ~ /a[^/]\/"{/; expect json { a: !~ /x[]/]y/ }; let x = a / b / c"#);
    bad("let x = /abc/", Code::ForeignOperator, "unexpected regex, expected a value");
    bad("expect text ~ \"abc\"", Code::ForeignOperator, "regex between slashes");
}

#[test]
fn rule_6_numbers_end_before_identifiers() {
    good("expect 2xx; wait 100ms..200ms; for i in 1..n { }; let x = 1.5; let y = 1h20m; let z = s[0..2]");
    bad("wait 5min", Code::BadNumber, "`5m`");
    bad("wait 5 seconds", Code::BadNumber, "`5s`");
    bad("let x = 3abc", Code::BadNumber, "expected a number or a duration");
    good("let x = 99999999999999999999; let y = 0.1234567890123456789");
}

#[test]
fn rule_7_texts_have_holes() {
    good("let x = \"\"\"{a:03} {{ \"a\": 1 }}\"\"\"\nshop POST / { graphql \"\"\"{ a { \"b\" } }\"\"\" }");
    bad("shop POST / { text \"\"\"\n{ \"a\": 1 }\n\"\"\" }", Code::BadHole, "JSON");
    bad("shop POST / { text \"\"\"\n{\n  \"a\": { \"b\": 1 }\n}\n\"\"\" }", Code::BadHole, "JSON");
    bad("let x = \"a } b\"", Code::BadHole, "`}}`");
    bad("let x = \"a {b\"", Code::UnclosedText, "`{{`");
    bad("log \"hi {{name}}\"", Code::LiteralPlaceholder, "`{name}`");
}

#[test]
fn rule_8_expectations_have_a_status_or_a_condition() {
    good("expect 200 | 304; expect status == 200 or status == 304");
    bad("expect 200 or 304", Code::StatusOr, "`expect 200 | 304`");
    bad("expect 2xx or 304", Code::StatusOr, "`expect 2xx | 304`");
}

#[test]
fn rule_9_unquoted_keys_are_words() {
    good("expect headers { content_type: ~ /json/, \"X-A\": \"b\" }");
    bad("expect headers { content-type: ~ /json/ }", Code::MissingQuotes, "\"content-type\"");
    bad("expect json { \"a\" }", Code::Syntax, "missing value of a quoted key");
}

#[test]
fn syntax_of_other_languages_gets_a_fix() {
    bad("var x = 1", Code::ForeignStatement, "let x");
    bad("while x { log \"a\" }", Code::ForeignStatement, "poll");
    bad("for i in range(1, 3) { log \"a\" }", Code::ForeignStatement, "1..n");
    bad("if a { } elif b { }", Code::ForeignStatement, "else if");
    bad("let x = a && b", Code::ForeignOperator, "`and`");
    bad("let x = !b", Code::ForeignOperator, "`not b`");
    bad("let x = a ? b : c", Code::ForeignOperator, "then");
    bad("let x = $b", Code::ForeignTemplate, "`$`");
    bad("log 'x'", Code::SingleQuotes, "\"x\"");
    bad("log \u{201c}x\u{201d}", Code::SingleQuotes, "\"x\"");
    bad("// x", Code::ForeignComment, "`#`");
    bad("log \"x\" // x", Code::ForeignComment, "`#`");
    bad("step Home { }", Code::MissingQuotes, "step \"Home\"");
    bad("expect json { a => 1 }", Code::ForeignOperator, "`=>`");
    bad("if a = 1 { }", Code::Assignment, "==");
    bad("let a == 1", Code::Assignment, "single");
    bad("x = 1", Code::Assignment, "let x");
    bad("let a = if b { 1 }", Code::MissingThen, "then");
    bad("exepct 200", Code::Syntax, "did you mean `expect`");
    bad("set x.y = 1", Code::Syntax, "merge");
    bad("let b =\n  expect 200", Code::Syntax, "2: LT0001 unexpected end of line");
    bad("  data y from \"x\"", Code::Syntax, "expected at the top level");
    bad("run A, wait 1s", Code::Syntax, "`;`");
    bad("stop test", Code::Syntax, "stop user");
    bad("take x = header \"A\" els 3", Code::Syntax, "else");
}

#[test]
fn files_may_be_empty_or_have_other_line_ends() {
    for text in ["\u{feff}let x = 1\r\nsequence S {\r\n\tlet a = [1,\r\n\t2]\r\n}\r\n", "", "# nothing", "\n\n;\n"] {
        let (_, diagnostics) = run(text);
        assert!(diagnostics.is_empty(), "{text:?} {}", shown(text, &diagnostics));
    }
    for (text, code) in
        [("let x\0= 1", Code::StrayCharacter), ("let x\u{a0}= 1", Code::StrayCharacter), ("import shop.lt", Code::MissingQuotes)]
    {
        let (_, diagnostics) = run(text);
        assert!(diagnostics.len() == 1 && diagnostics[0].code == code, "{text:?} {}", shown(text, &diagnostics));
    }
}

#[test]
fn all_errors_are_reported_and_correct_code_is_kept() {
    let text = "sequence A {\n  let x = = 1\n  let y = 2\n  step \"S\" {\n    shop GET /\n    exepct 200\n    expect 200 or 304\n    take id = json.id\n  }\n}\n\
        usr B { run A }\nsequence C { log \"unclosed\n let z = 3 }\napi d { bse x; base \"y\"; get(id) = /x }\nuser E { runn A; wait 1s }\nsequence F { leave }\n";
    let (file, diagnostics) = run(text);
    let all = shown(text, &diagnostics);
    assert_eq!(diagnostics.len(), 8, "{all}");
    assert_eq!(file.items.len(), 6);
    let Item::Sequence(a) = &file.items[0] else { panic!() };
    assert!(matches!(&a.body.stmts[0].kind, StmtKind::Broken) && matches!(&a.body.stmts[1].kind, StmtKind::Let(_)));
    let StmtKind::Step(step) = &a.body.stmts[2].kind else { panic!() };
    assert_eq!(step.body.stmts.len(), 4);
    assert!(matches!(&file.items[2], Item::Sequence(c) if c.body.stmts.len() == 2));
    assert!(matches!(&file.items[5], Item::Sequence(f) if matches!(f.body.stmts[0].kind, StmtKind::Leave)));
}

#[test]
fn unclosed_brace_is_found_by_indentation() {
    let text = "sequence A {\n  step \"x\" {\n    shop GET /\n  step \"y\" {\n    shop GET /\n  }\n}\nuser U { run A }\n";
    let (file, diagnostics) = run(text);
    assert_eq!(diagnostics.len(), 1, "{}", shown(text, &diagnostics));
    assert_eq!((diagnostics[0].code, diagnostics[0].labels[0].0.start), (Code::UnclosedBrace, 24));
    assert_eq!(file.items.len(), 2);
    let Item::Sequence(a) = &file.items[0] else { panic!() };
    assert_eq!(a.body.stmts.len(), 2);
}
