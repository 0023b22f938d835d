//! Properties of formatting over generated programs: every construct in every other, laid out at random, whole and broken.

use super::tests::{Rng, holds};
use super::{Unformatted, format};
use crate::parse;

/// How deeply generated blocks and expressions are nested.
const DEPTH_MAX: usize = 3;

/// Writes a program with random spaces and line breaks where the language has a choice.
struct Writer {
    rng: Rng,
    text: String,
}

impl Writer {
    fn one_of<'t>(&mut self, words: &[&'t str]) -> &'t str {
        words[self.rng.below(words.len())]
    }

    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Some white space within a line.
    fn gap(&mut self) {
        let gap = self.one_of(&[" ", " ", "  ", "\t"]);
        self.put(gap);
    }

    /// White space where there may be none.
    fn loose(&mut self) {
        let gap = self.one_of(&["", "", " ", "   "]);
        self.put(gap);
    }

    /// The end of a statement.
    fn end(&mut self) {
        let end = self.one_of(&["\n", "\n", "\n\n\n", " # note\n", "\n# own line\n", "; ", ";\n", " \n"]);
        self.put(end);
    }

    fn expr(&mut self, depth: usize) {
        let simple = depth >= DEPTH_MAX || self.rng.below(3) == 0;
        if simple {
            let value = self.one_of(&[
                "1",
                "-2",
                "2.50",
                "1_000",
                "1h20m",
                "true",
                "null",
                "name",
                "env.shop.url",
                "user.id",
                "\"a {name} b\"",
                "\"{n:03}\"",
                "\"\"",
                "rows[0]",
                "xs[1..2]",
                "a.b.c",
                "uuid()",
                "json.items[0].id",
                "\"\"\"\n  two\n    lines\n  \"\"\"",
            ]);
            return self.put(value);
        }
        match self.rng.below(8) {
            0 => {
                self.expr(depth + 1);
                let operator = self.one_of(&["+", "-", "*", "/", "%", "==", "!=", "<=", "and", "or", "in"]);
                // A line may end in an operator, and a word needs space around it.
                let space = if operator.starts_with(char::is_alphabetic) { " " } else { self.one_of(&["", " ", "  "]) };
                let after = self.one_of(&[" ", " ", "\n      "]);
                self.text += &format!("{space}{operator}{after}");
                // Comparisons cannot be chained.
                self.put("(");
                self.expr(depth + 1);
                self.put(")");
            }
            1 => self.items("[", "]", depth, false),
            2 => self.items("{", "}", depth, true),
            3 => {
                let function = self.one_of(&["one_of", "len", "merge", "shop.deep.call"]);
                self.put(function);
                self.items("(", ")", depth, false);
            }
            4 => {
                self.put("(");
                self.loose();
                self.expr(depth + 1);
                self.put(")");
            }
            5 => {
                self.put("if ");
                self.put("x > 1 then ");
                self.expr(depth + 1);
                self.put(" else ");
                self.expr(depth + 1);
            }
            6 => self.put("not (x ~ /a[/]b # {2}/)"),
            _ => {
                self.put("-(");
                self.expr(depth + 1);
                self.put(")");
            }
        }
    }

    /// Items between brackets, some over several lines, some with a comma behind the last.
    fn items(&mut self, open: &str, close: &str, depth: usize, keys: bool) {
        let line = self.rng.below(3) == 0;
        let count = self.rng.below(4);
        self.put(open);
        for number in 0..count {
            self.put(if line { "\n  " } else { "" });
            self.loose();
            if keys {
                let key = self.one_of(&["a", "price_cents", "\"odd key\"", "if"]);
                self.put(key);
                self.loose();
                self.put(":");
                self.gap();
            }
            self.expr(depth + 1);
            let last = number + 1 == count;
            let comma = if last { self.one_of(&["", "", ","]) } else { "," };
            self.put(comma);
            self.put(if last { "" } else { " " });
            if line && self.rng.below(4) == 0 {
                self.put("  # item");
            }
        }
        self.put(if line && count > 0 { "\n" } else { "" });
        self.put(close);
    }

    fn block(&mut self, depth: usize) {
        self.put("{");
        let open = self.one_of(&["\n", " ", "  # head\n"]);
        self.put(open);
        for _ in 0..self.rng.below(4) {
            self.statement(depth + 1);
            self.end();
        }
        self.loose();
        self.put("}");
    }

    fn statement(&mut self, depth: usize) {
        let simple = depth >= DEPTH_MAX;
        match self.rng.below(if simple { 6 } else { 13 }) {
            0 => self.assigned("let x"),
            1 => self.assigned("set x"),
            2 => {
                self.put("log ");
                self.expr(1);
            }
            3 => {
                let statement = self.one_of(&[
                    "wait   1s..3s",
                    "wait 1s",
                    "break",
                    "leave",
                    "stop user",
                    "reset shop",
                    "run Other(1,  x: 2)",
                    "take a, b = run Other()",
                ]);
                self.put(statement);
            }
            4 => {
                self.put("fail ");
                self.expr(2);
            }
            5 => self.put("set shop.auth = bearer( token )"),
            6 => {
                let flags = self.one_of(&["", " skip", " interrupt", " skip  interrupt"]);
                self.text += &format!("step  \"Step {}\"{flags} ", depth);
                self.step_block();
            }
            7 => {
                self.put("if x > 1 ");
                self.block(depth);
                let other = self.one_of(&["", " else if x < 0 ", " else "]);
                if !other.is_empty() {
                    self.put(other);
                    self.block(depth);
                }
            }
            8 => {
                let head =
                    self.one_of(&["for x in xs ", "for i in 1..3 ", "for x in xs  parallel 2 ", "repeat 3 ", "parallel ", "group \"G\" "]);
                self.put(head);
                self.block(depth);
            }
            9 => {
                let head =
                    self.one_of(&["retry 2 times ", "retry 2 times every 1s on 502 | 5xx ", "poll every 1s up to 3 times until x == 1 "]);
                self.put(head);
                self.block(depth);
            }
            _ => {
                self.put("step \"A\" ");
                self.step_block();
            }
        }
    }

    fn assigned(&mut self, head: &str) {
        self.put(head);
        self.gap();
        self.put("=");
        let after = self.one_of(&[" ", "  ", "\n    "]);
        self.put(after);
        self.expr(0);
    }

    fn step_block(&mut self) {
        self.put("{");
        let open = self.one_of(&["\n", " "]);
        self.put(open);
        let request = self.one_of(&[
            "shop.item(1)",
            "shop GET /items/{id}?q={a + 1}",
            "shop   POST /x { json { a: 1, b }; headers { x_y: \"z\" } }",
            "shop POST /x {\n json {\n a: 1 } }",
            "shop submit page { form { a: 1 } }",
            "shop GET \"{target}\"",
            "shop.cart.add(1, item:  2) { auth none }",
        ]);
        self.put(request);
        self.end();
        for _ in 0..self.rng.below(4) {
            let statement = self.one_of(&[
                "expect 200 | 3xx",
                "expect json { a: > 0, b: [_, ..], c: each { d: string | int } }",
                "expect json exactly [1, 2]",
                "expect text \"x\"",
                "expect elapsed < 500ms",
                "expect headers { content_type: ~ /json/ }",
                "take id = json.id else 0",
                "take n: int = header \"X\"",
                "take all_ids = all json \"$.items[*].id\"",
                "take t = html \"a.next\" @href",
                "expect not text \"y\"",
                "expect len(json.items) > 2 and status == 200",
            ]);
            self.put(statement);
            self.end();
        }
        self.put("}");
    }

    fn item(&mut self, number: usize) {
        match self.rng.below(8) {
            0 => {
                self.text += &format!(
                    "api  shop{number} {{\n base env.shop.url\n   keys camel\n healthcheck none\n item(id,  n: int = 1) = GET /items/{{id}} {{ query {{ n }} }}\n resource cart {{ add(id) = POST /c {{ json id }} }}\n}}"
                )
            }
            1 => self.assigned("keep seen"),
            2 => self.text += &format!("data rows{number} from \"x.csv\" {{ share unique ;at_end recycle; where a == \"b\" }}"),
            3 => self.text += &format!("tasks T{number} {{ 7  S; 3 S(1)\n env.w S }}"),
            4 => {
                self.text += &format!("user U{number} weight 3 {{ run S;  wait 1s..2s; on start ");
                self.block(1);
                self.put("\n every 20m ");
                self.block(2);
                self.put(" }");
            }
            5 => {
                self.put("before test ");
                self.block(0);
            }
            _ => {
                let head = self.one_of(&["", "(a, b: int? = 1)", "(a) interrupt gives x", " interrupt"]);
                self.text += &format!("sequence S{number}{head} ");
                self.block(0);
            }
        }
    }
}

/// A program of a seed. Not all are valid: what a name means does not matter to the formatter.
fn program(seed: u64) -> String {
    let mut writer = Writer { rng: Rng(seed), text: String::new() };
    for number in 0..=writer.rng.below(4) {
        writer.item(number);
        let end = writer.one_of(&["\n", "\n\n\n", "  # behind\n", "\n# own\n\n"]);
        writer.put(end);
    }
    writer.text
}

#[test]
fn generated_programs_keep_their_trees_and_are_stable() {
    let mut parsed = 0;
    for seed in 0..400 {
        let text = program(seed);
        if format(&text).is_ok() {
            holds(&text, &format!("seed {seed}"));
            parsed += 1;
        }
    }
    assert!(parsed > 300, "only {parsed} of 400 generated programs parse: the generator has left the grammar");
}

#[test]
fn broken_programs_have_no_form_or_keep_their_trees() {
    let mut broken = 0;
    for seed in 0..200 {
        let mut text = program(seed);
        let Some(tokens) = parse::tokens(&text) else { continue };
        let mut rng = Rng(seed + 1_000);
        let token = tokens[rng.below(tokens.len())].range.clone();
        text.replace_range(token, ["", "}", "= =", "\"", "step"][rng.below(5)]);
        match format(&text) {
            Ok(_) => drop(holds(&text, &format!("broken seed {seed}"))),
            Err(Unformatted::Broken(_)) => broken += 1,
            Err(other) => panic!("seed {seed}: {other:?}"),
        }
    }
    assert!(broken > 50, "{broken}");
}
