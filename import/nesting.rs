//! How deeply a script is nested. Its parser, and all code that reads its tree, recurse into each part, so a script that is nested too deeply is
//! refused before it is parsed.

use crate::code::SyntaxError;

/// The most open brackets.
const LEVELS_MAX: usize = 200;

/// The most words and signs of the open expressions: `1 + 1 + …`, `!!…`, `a.b.c…` and `x => y => …` nest without brackets.
const PARTS_MAX: usize = 5_000;

/// The words of JavaScript that a value may follow within the same statement.
const JOINING: [&str; 29] = [
    "async",
    "await",
    "case",
    "class",
    "const",
    "default",
    "delete",
    "do",
    "else",
    "export",
    "extends",
    "for",
    "function",
    "if",
    "import",
    "in",
    "instanceof",
    "let",
    "new",
    "of",
    "return",
    "static",
    "switch",
    "throw",
    "typeof",
    "var",
    "void",
    "while",
    "yield",
];

/// Those that continue a statement behind a value, or behind the brackets of `if (…)` and its kind.
const CONTINUING: [&str; 12] = ["as", "do", "else", "extends", "for", "if", "in", "instanceof", "of", "satisfies", "switch", "while"];

/// The language of a script.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Syntax {
    JavaScript,
    Python,
}

/// The kind of the last token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// An operator, an opening bracket, or a word that a value follows.
    Joining,
    Value,
}

struct Scan<'s> {
    source: &'s str,
    syntax: Syntax,
    at: usize,
    last: Last,
    open: Vec<Level>,
    parts: usize,
}

/// An open bracket.
#[derive(Clone, Copy, Default)]
struct Level {
    /// The parts since the last separator.
    parts: usize,
    /// The parts that no separator ends: `if (a) b; else if (c) d; else …` nests.
    elses: usize,
    /// Whether the bracket continues a template when it closes.
    is_template: bool,
}

/// Checks that a script is not nested too deeply.
///
/// # Errors
/// The line where it becomes too deep.
pub(crate) fn check(source: &str, syntax: Syntax) -> Result<(), SyntaxError> {
    let mut scan = Scan { source, syntax, at: 0, last: Last::Joining, open: vec![Level::default()], parts: 0 };
    while scan.token() {
        let message = if scan.open.len() > LEVELS_MAX {
            format!("unexpected nesting, expected at most {LEVELS_MAX} levels")
        } else if scan.parts > PARTS_MAX {
            format!("unexpected length of an expression, expected at most {PARTS_MAX} parts")
        } else {
            continue;
        };
        return Err(SyntaxError { line: 1 + source.as_bytes()[..scan.at].iter().filter(|byte| **byte == b'\n').count(), message });
    }
    Ok(())
}

impl Scan<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.source.as_bytes().get(self.at + ahead).copied().unwrap_or(0)
    }

    fn rest(&self) -> &[u8] {
        self.source.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Passes a token; false at the end of the text.
    fn token(&mut self) -> bool {
        let Some(&byte) = self.rest().first() else { return false };
        let is_js = self.syntax == Syntax::JavaScript;
        match byte {
            b'\n' if !is_js && self.open.len() == 1 => {
                let continues = self.source.as_bytes()[..self.at].strip_suffix(b"\r").unwrap_or(&self.source.as_bytes()[..self.at]);
                if !continues.ends_with(b"\\") {
                    self.separator();
                }
                self.at += 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
            b'#' if !is_js => self.pass_line(),
            b'/' if is_js && self.byte(1) == b'/' => self.pass_line(),
            b'/' if is_js && self.byte(1) == b'*' => self.pass_until("*/"),
            b'/' if is_js && self.last == Last::Joining => self.pass_regex(),
            b'\'' | b'"' => self.pass_text(byte),
            b'`' if is_js => {
                self.at += 1;
                self.pass_template();
            }
            b'(' | b'[' | b'{' => self.bracket(1, false),
            b')' | b']' | b'}' => {
                self.at += 1;
                self.last = Last::Value;
                if self.open.len() > 1
                    && let Some(level) = self.open.pop()
                {
                    self.parts -= level.parts + level.elses;
                    if level.is_template {
                        self.pass_template();
                    }
                }
            }
            b',' | b';' => {
                self.at += 1;
                self.separator();
            }
            byte if is_word(byte) => self.word(),
            _ => {
                self.at += 1;
                self.part(Last::Joining);
            }
        }
        true
    }

    fn part(&mut self, last: Last) {
        self.last = last;
        self.parts += 1;
        if let Some(level) = self.open.last_mut() {
            level.parts += 1;
        }
    }

    fn separator(&mut self) {
        self.last = Last::Joining;
        if let Some(level) = self.open.last_mut() {
            self.parts -= std::mem::take(&mut level.parts);
        }
    }

    fn bracket(&mut self, length: usize, is_template: bool) {
        self.at += length;
        self.part(Last::Joining);
        self.open.push(Level { is_template, ..Level::default() });
    }

    fn word(&mut self) {
        let length = self.rest().iter().take_while(|byte| is_word(**byte)).count();
        let word = self.source.as_bytes().get(self.at..self.at + length).unwrap_or_default();
        let is_one_of = |words: &[&str]| self.syntax == Syntax::JavaScript && words.iter().any(|known| known.as_bytes() == word);
        let (joins, continues, is_else) = (is_one_of(&JOINING), is_one_of(&CONTINUING), is_one_of(&["else"]));
        // In JavaScript, a value behind a value begins a statement: one line may end without `;`.
        if self.syntax == Syntax::JavaScript && self.last == Last::Value && !continues {
            self.separator();
        }
        self.at += length;
        if is_else && let Some(level) = self.open.last_mut() {
            level.elses += 1;
            self.parts += 1;
        }
        self.part(if joins { Last::Joining } else { Last::Value });
    }

    fn pass_line(&mut self) {
        self.at += self.rest().iter().take_while(|byte| **byte != b'\n').count();
    }

    fn pass_until(&mut self, end: &str) {
        self.at =
            self.source.get(self.at + 2..).and_then(|rest| rest.find(end)).map_or(self.source.len(), |at| self.at + 2 + at + end.len());
    }

    /// Passes a text in quotes. Without three of them, it ends at the latest with the line.
    fn pass_text(&mut self, quote: u8) {
        let is_long = self.syntax == Syntax::Python && self.byte(1) == quote && self.byte(2) == quote;
        self.at += if is_long { 3 } else { 1 };
        loop {
            match self.byte(0) {
                _ if self.at >= self.source.len() => break,
                b'\\' => self.at += 2,
                b'\n' if !is_long => break,
                byte if byte == quote && !is_long => {
                    self.at += 1;
                    break;
                }
                byte if byte == quote && self.byte(1) == quote && self.byte(2) == quote => {
                    self.at += 3;
                    break;
                }
                _ => self.at += 1,
            }
        }
        // Texts behind each other are one text.
        if self.last == Last::Joining {
            self.part(Last::Value);
        }
    }

    /// Passes a template up to its next expression, or to its end.
    fn pass_template(&mut self) {
        loop {
            match (self.byte(0), self.byte(1)) {
                _ if self.at >= self.source.len() => break,
                (b'\\', _) => self.at += 2,
                (b'$', b'{') => return self.bracket(2, true),
                (b'`', _) => {
                    self.at += 1;
                    break;
                }
                _ => self.at += 1,
            }
        }
        self.part(Last::Value);
    }

    fn pass_regex(&mut self) {
        let mut in_class = false;
        self.at += 1;
        loop {
            match self.byte(0) {
                _ if self.at >= self.source.len() => break,
                b'\n' => break,
                b'\\' => self.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    self.at += 1;
                    break;
                }
                _ => {}
            }
            self.at += 1;
        }
        self.part(Last::Value);
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses a script on a stack of the size that importers have, so that a script that overflows it fails the test.
    fn is_read(source: &str, syntax: Syntax) -> bool {
        crate::with_stack(|| {
            let parsed = match syntax {
                Syntax::JavaScript => crate::js::parse(source),
                Syntax::Python => crate::python::parse(source),
            };
            if parsed.is_ok() { Ok(crate::draft::Draft::default()) } else { Err(crate::ImportError::new("", 1, 1, "")) }
        })
        .is_ok()
    }

    #[test]
    fn scripts_that_nest_too_deeply_are_refused() {
        let parts = [
            "(",
            "[",
            "{",
            "f(",
            "[{a:",
            "(()=>",
            "function f(){",
            "a?b:",
            "!",
            "- ",
            "typeof ",
            "new ",
            "await ",
            "1+",
            "a.",
            "a[0][",
            "x=>",
            "a=",
            "`${",
            "if(a)",
            "if(a)b\nelse ",
            "if(a)b;else ",
            "for(;;)",
            "a:",
            "class extends ",
            "/a/.b+",
            "class A{m(){",
            "f`${",
            "...",
            "a\n.b\n.",
            "a**",
            "a&&",
        ];
        for part in parts {
            let source = format!("x = {}", part.repeat(300_000));
            assert!(check(&source, Syntax::JavaScript).is_err(), "{part}");
            assert!(!is_read(&source, Syntax::JavaScript), "{part}");
        }
        let parts = [
            "(",
            "[",
            "{1:",
            "f(",
            "lambda: ",
            "not ",
            "-",
            "1 if a else ",
            "1+",
            "a.",
            "a[",
            "await ",
            "[x for x in ",
            "2**",
            "1<",
            "a and ",
            "\\\n~",
        ];
        for part in parts {
            let source = format!("x = {}", part.repeat(300_000));
            assert!(check(&source, Syntax::Python).is_err(), "{part}");
            assert!(!is_read(&source, Syntax::Python), "{part}");
        }
    }

    #[test]
    fn what_is_nested_as_deeply_as_allowed_is_read() {
        let nested =
            |open: &str, inner: &str, close: &str, levels: usize| format!("x = {}{inner}{}", open.repeat(levels), close.repeat(levels));
        for (open, inner, close, levels) in [
            ("(", "1", ")", 199),
            ("[", "1", "]", 199),
            ("[[", "1", "]]", 99),
            ("!", "1", "", 4_900),
            ("1+", "1", "", 2_400),
            ("", "a", ".a", 2_400),
            ("", "a", "()", 4_000),
            ("x=>", "1", "", 1_600),
            ("`${", "1", "}`", 199),
            ("a?b:", "1", "", 1_200),
            ("(()=>", "1", ")", 99),
        ] {
            assert!(is_read(&nested(open, inner, close, levels), Syntax::JavaScript), "{open}");
        }
        for (open, inner, close, levels) in [
            ("(", "1", ")", 199),
            ("{1:", "1", "}", 199),
            ("not ", "1", "", 4_900),
            ("1+", "1", "", 2_400),
            ("", "a", ".a", 2_400),
            ("lambda: ", "1", "", 2_400),
            ("1 if a else ", "1", "", 1_200),
        ] {
            assert!(is_read(&nested(open, inner, close, levels), Syntax::Python), "{open}");
        }
    }

    #[test]
    fn long_scripts_that_are_not_nested_are_read() {
        let lines = [
            "http.get('http://a.b/c')\nsleep(1)\n",
            "a(); // ( ( (\n",
            "/* { */ b('( \" (');\n",
            "let re = /[(/]\\/(/.test(x);\n",
            "function f(){}function g(){if(a){b()}else{c()}}",
            "d(`( ${e(`{`)} (`);\n",
            "const x = { a: 1, 'b': [1, 2] }\n",
        ];
        for line in lines {
            assert_eq!(check(&line.repeat(20_000), Syntax::JavaScript), Ok(()), "{line}");
            assert!(is_read(line, Syntax::JavaScript), "{line}");
        }
        for line in ["a.b('/(')\n", "x = \"\"\"( {\n(\"\"\" # (\n", "y = ('a' 'b'\n  'c')\n", "if a: b()\n", "z = 'it\\'s ('\n"] {
            assert_eq!(check(&line.repeat(20_000), Syntax::Python), Ok(()), "{line}");
            assert!(is_read(line, Syntax::Python), "{line}");
        }
        assert_eq!(check(&format!("x = [{}]", "1, ".repeat(200_000)), Syntax::JavaScript), Ok(()));
        assert_eq!(check("a\n\n((", Syntax::Python), Ok(()));
        assert_eq!(check(&format!("a\n\n{}", "(".repeat(300)), Syntax::Python).unwrap_err().line, 3);
    }
}
