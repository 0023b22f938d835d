//! Sources, which read an exchange, and the small languages in them: JSONPath, CSS selectors, regexes.

use std::collections::HashMap;

use regex_automata::nfa::thompson;

use crate::ast::{self, ExprKind as Ast, SourceWord};
use crate::check::Checker;
use crate::check::types::{self, Kinds};
use crate::diagnostic::{Code, Diagnostic};
use crate::foreign;
use crate::model::{Expr, ExprKind, PathId, Quantity, RegexId, SelectorId, Source, Type};
use crate::span::{Span, Spanned};

/// The parts of an exchange that an expression may read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::check) enum Sources {
    /// No output.
    #[default]
    None,
    /// The response.
    Response,
    /// The cookies: in the query and the body of a request.
    Request,
    /// The cookies, and the body that is about to be sent: in headers and auth.
    Body,
}

/// The texts of the small languages, each compiled once.
#[derive(Debug, Default)]
pub(in crate::check) struct Interned {
    regexes: HashMap<String, (RegexId, Groups)>,
    /// How much memory their automata take, in bytes.
    regex_bytes: usize,
    paths: HashMap<String, (PathId, bool)>,
    selectors: HashMap<String, SelectorId>,
}

/// How much memory the automata of all regexes of a spec may take, in bytes.
const REGEX_BYTES_MAX: usize = 32 << 20;

/// How much memory the automaton of a regex takes, in bytes; 0 if it is invalid or too large by itself.
fn automaton_bytes(regex: &str) -> usize {
    const ONE_MAX: usize = 10 << 20;
    let limits = thompson::Config::new().nfa_size_limit(Some(ONE_MAX));
    thompson::Compiler::new().configure(limits).build(regex).map_or(0, |automaton| automaton.memory_usage())
}

/// The groups of a regex.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Groups {
    /// The number of groups.
    pub(in crate::check) count: usize,
    /// The names of the named groups.
    pub(in crate::check) names: Vec<String>,
}

impl Groups {
    /// The type of a value that a take captures with the regex.
    pub(in crate::check) fn ty(&self) -> Type {
        if self.names.is_empty() {
            return Type::String;
        }
        let members = self.names.iter().map(|name| (name.clone(), Type::String));
        Type::Object(Some(members.collect()))
    }
}

impl<'a> Checker<'a> {
    /// Checks a source from which `quantity` values are wanted.
    pub(in crate::check) fn source(&mut self, e: &'a ast::Expr, quantity: Quantity) -> Expr {
        let span = e.span;
        if let Some(wrong) = self.no_exchange(e) {
            return wrong;
        }
        let many = |ty: Type| match quantity {
            Quantity::All => types::list(ty),
            _ => ty,
        };
        let (source, ty) = match &e.kind {
            Ast::Source(word) => match word {
                SourceWord::Json => (Source::Json(Vec::new()), Type::Json),
                SourceWord::Text => (Source::Text, Type::String),
                SourceWord::Status => (Source::Status, Type::Int),
                SourceWord::Url => (Source::Url, Type::String),
                SourceWord::Elapsed => (Source::Elapsed, Type::Duration),
                SourceWord::Body => (Source::Body, Type::Json),
            },
            Ast::JsonPath(path) => {
                let (path, singular) = self.json_pattern(path);
                let ty = match quantity {
                    Quantity::One if singular => Type::Json,
                    Quantity::Any => Type::Json,
                    _ => types::list(Type::Json),
                };
                let source = Source::JsonPath { path, singular, quantity };
                (source, ty)
            }
            Ast::Header(name) if matches!(name.kind, Ast::List(_)) => {
                let written = self.written(name.span).trim_matches(['[', ']']).to_owned();
                let d = Diagnostic::new(Code::WrongType, name.span, "unexpected list, expected the name of a header");
                return self.bad(d.help(format!("write `header {written}`")));
            }
            Ast::Header(name) => {
                let name = self.want(name, Kinds::STRING, "`header` takes");
                if let Some(text) = crate::check::types::const_eval::text(&name) {
                    let text = text.to_owned();
                    self.check_header_name(&text, name.span);
                }
                (Source::Header(Box::new(name), quantity), many(Type::String))
            }
            Ast::Cookie(name) => {
                let name = self.want(name, Kinds::STRING, "`cookie` takes");
                if matches!(self.context.sources(), Sources::Request | Sources::Body) {
                    return Expr { kind: ExprKind::Source(Source::JarCookie(Box::new(name))), ty: Type::String, span };
                }
                (Source::Cookie(Box::new(name)), Type::String)
            }
            Ast::Html(selector, attribute) => {
                let source = Source::Html {
                    selector: self.css_pattern(selector),
                    attribute: attribute.as_ref().map(|name| name.node.clone()),
                    quantity,
                };
                (source, many(Type::String))
            }
            Ast::Form(selector) => (Source::Form(self.selector(selector)), Type::Form),
            _ => return self.expr(e),
        };
        if source.is_of_body() {
            self.context.note_body();
        }
        Expr { kind: ExprKind::Source(source), ty, span }
    }

    fn no_exchange(&mut self, e: &ast::Expr) -> Option<Expr> {
        let span = e.span;
        let body = matches!(e.kind, Ast::Source(SourceWord::Body));
        if self.context.columns().is_some() {
            let word = self.written(span);
            return Some(self.column(word, span));
        }
        match self.context.sources() {
            Sources::Body if body => None,
            Sources::Body | Sources::Request if matches!(e.kind, Ast::Cookie(_)) => None,
            Sources::Response if !body => None,
            _ if body => Some(
                self.bad(
                    Diagnostic::new(Code::BodyHere, span, "unexpected `body`: only headers and auth of a request can read what it sends")
                        .help("write `json` or `text` for the response's body"),
                ),
            ),
            _ => {
                let word = self.written(span);
                let word = word.split([' ', '"', '.', '[']).next().unwrap_or(word);
                Some(
                    self.bad(
                        Diagnostic::new(Code::NoExchange, span, format!("unexpected `{word}`: only a step can read a response"))
                            .help(format!("write `take x = {word} …` in the step, and use `x` here")),
                    ),
                )
            }
        }
    }

    /// Checks a regex, and returns its groups.
    pub(in crate::check) fn regex(&mut self, regex: &Spanned<String>) -> (RegexId, Groups) {
        if let Some(known) = self.interned.regexes.get(&regex.node) {
            return known.clone();
        }
        let id = RegexId(self.program.regexes.len());
        let compiled = if self.is_beyond_budget(regex) { regex::Regex::new("") } else { regex::Regex::new(&regex.node) };
        let groups = match compiled {
            Ok(compiled) => {
                Groups { count: compiled.captures_len() - 1, names: compiled.capture_names().flatten().map(str::to_owned).collect() }
            }
            Err(error) => {
                let message = last_line(&error.to_string());
                self.error(Code::BadRegex, regex.span, format!("invalid regex: {message}"), regex_fix(&message));
                Groups { count: 1, names: Vec::new() }
            }
        };
        self.program.regexes.push(regex.node.clone());
        self.interned.regexes.insert(regex.node.clone(), (id, groups.clone()));
        (id, groups)
    }

    /// Counts a regex, and reports the first one that is too much. A binary compiles all of them when it starts.
    fn is_beyond_budget(&mut self, regex: &Spanned<String>) -> bool {
        let was_within = self.interned.regex_bytes <= REGEX_BYTES_MAX;
        if was_within {
            // Even the size of the automaton of a regex with a megabyte takes hundreds of megabytes to compute.
            let is_long = regex.node.len() > REGEX_LENGTH_MAX;
            self.interned.regex_bytes += if is_long { REGEX_BYTES_MAX + 1 } else { automaton_bytes(&regex.node) };
        }
        let is_beyond = self.interned.regex_bytes > REGEX_BYTES_MAX;
        if is_beyond && was_within {
            let message = format!("the regexes of this spec need more than {} MB together", REGEX_BYTES_MAX >> 20);
            self.error(Code::BadRegex, regex.span, message, "use fewer regexes, or smaller repetitions such as `{1,20}` for `{1,2000}`");
        }
        is_beyond
    }

    pub(super) fn json_path(&mut self, path: &Spanned<String>) -> (PathId, bool) {
        if let Some(&known) = self.interned.paths.get(&path.node) {
            return known;
        }
        let depth = nesting(&path.node);
        if depth > JSON_PATH_DEPTH_MAX {
            self.error(
                Code::BadJsonPath,
                path.span,
                format!("the brackets of this JSONPath are nested {depth} deep, expected at most {JSON_PATH_DEPTH_MAX}"),
                "take a part of the response first, and filter it in a second step",
            );
        } else if let Err(error) = serde_json_path::JsonPath::parse(&path.node) {
            let message = match path.node.char_indices().nth(error.position()) {
                _ if !path.node.starts_with('$') => "unexpected start of a JSONPath, expected `$`".to_owned(),
                Some((at, _)) if at > 0 => format!("invalid JSONPath at `{}`", &path.node[at..]),
                _ => "invalid JSONPath".to_owned(),
            };
            let d = Diagnostic::new(Code::BadJsonPath, path.span, message);
            let d = match foreign::json_path(&path.node) {
                Some(help) if help.starts_with("write `\"") => d.help_replacing(path.span, help),
                Some(help) => d.help(help),
                None if path.node.starts_with('$') => d.help("write, for example, `$.items[?@.id == 1].name`"),
                None => d.help("start it with `$`, such as `$.items[*].id`"),
            };
            self.report(d);
        }
        let id = PathId(self.program.paths.len());
        let known = (id, is_singular(&path.node));
        self.program.paths.push(path.node.clone());
        self.interned.paths.insert(path.node.clone(), known);
        known
    }

    pub(super) fn selector(&mut self, selector: &Spanned<String>) -> SelectorId {
        if let Some(&known) = self.interned.selectors.get(&selector.node) {
            return known;
        }
        if let Some(open) = unclosed(&selector.node) {
            // The library closes open brackets at the end, as browsers do, but the tester has probably forgotten one.
            let closer = if open == '(' { ')' } else { ']' };
            self.error(Code::BadSelector, selector.span, format!("unclosed `{open}` in a CSS selector"), &format!("add a `{closer}`"));
        } else if let Err(error) = scraper::Selector::parse(&selector.node) {
            let message = match error {
                scraper::error::SelectorErrorKind::EndOfLine => "unexpected end of a CSS selector",
                _ => "invalid CSS selector",
            };
            let help = foreign::selector(&selector.node);
            let help = help.as_deref().unwrap_or("write, for example, `input[name=csrf]` or `form#login`");
            self.error(Code::BadSelector, selector.span, message, help);
        }
        let id = SelectorId(self.program.selectors.len());
        self.program.selectors.push(selector.node.clone());
        self.interned.selectors.insert(selector.node.clone(), id);
        id
    }

    /// Rejects an invalid header name.
    pub(in crate::check) fn check_header_name(&mut self, name: &str, span: Span) {
        if !crate::check::expr::key_spelling::is_header_name(name) {
            self.error(Code::BadHeader, span, format!("unexpected `{name}`, expected the name of a header"), "use letters, digits and `-`");
        }
    }
}

/// The longest regex, in bytes, whose automaton is computed.
const REGEX_LENGTH_MAX: usize = 100_000;

/// The deepest nesting of brackets in a JSONPath. The time to parse nested filters doubles with each level.
const JSON_PATH_DEPTH_MAX: usize = 8;

/// The deepest nesting of brackets outside of quotes.
fn nesting(path: &str) -> usize {
    let (mut depth, mut deepest, mut quote) = (0_usize, 0, None);
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match (quote, byte) {
            (Some(_), b'\\') => drop(bytes.next()),
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'[' | b'(') => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            (None, b']' | b')') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
    }
    deepest
}

/// The bracket of a CSS selector that is not closed.
pub(super) fn unclosed(selector: &str) -> Option<char> {
    let (mut open, mut quote) = (Vec::new(), None);
    let mut chars = selector.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (_, '\\') => drop(chars.next()),
            (Some(end), _) if end == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(') => open.push(c),
            (None, ']' | ')') => drop(open.pop()),
            (None, _) => {}
        }
    }
    open.pop()
}

/// The fix for a message of the regex library.
fn regex_fix(message: &str) -> &'static str {
    const FIXES: &[(&str, &str)] = &[
        ("look-around", "rewrite it without `(?=…)`, `(?!…)`, `(?<=…)` and `(?<!…)`: take more text and group the part that you need"),
        ("backreference", "rewrite it without `\\1`: write the part again"),
        ("unclosed group", "add a `)` at the end of the group, or write `\\(` for a literal bracket"),
        ("unopened group", "add a `(` at the start of the group, or write `\\)` for a literal bracket"),
        ("unclosed character class", "add a `]` at the end of the class, or write `\\[` for a literal bracket"),
        ("unclosed counted repetition", "add a `}` at the end of the number, or write `\\{` for a literal brace"),
        ("repetition operator missing", "write `\\` before `*`, `+`, `?` or `{` where it is meant literally"),
        ("repetition quantifier expects", "write `\\{` for a literal brace, or a number in the braces: `a{2,4}`"),
        ("invalid repetition count range", "write the smaller number first: `a{1,2}`"),
        ("invalid character class range", "write the smaller character first: `[a-z]`"),
        ("unrecognized escape", "remove the `\\`: this character is literal without it"),
        ("unrecognized flag", "use the flags `i`, `m`, `s`, `x` and `U`: `(?i)`"),
        ("duplicate capture group", "name each group once"),
        ("exceeds size limit", "write smaller numbers of repetitions"),
    ];
    let fix = FIXES.iter().find(|(part, _)| message.contains(part)).map(|(_, fix)| *fix);
    fix.unwrap_or("write `\\` before a special character that is meant literally")
}

fn last_line(message: &str) -> String {
    let line = message.lines().rev().find(|line| !line.trim().is_empty());
    let line = line.unwrap_or(message).trim();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// Whether a JSONPath (RFC 9535) has only names and indices, so that it finds one value at most.
pub(super) fn is_singular(path: &str) -> bool {
    let mut chars = path.trim_start_matches('$').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '.' => {
                if matches!(chars.peek(), Some('.' | '*')) {
                    return false;
                }
                while chars.next_if(|c| *c != '.' && *c != '[').is_some() {}
            }
            '[' => {
                while chars.next_if(|c| c.is_whitespace()).is_some() {}
                match chars.next() {
                    Some(quote @ ('"' | '\'')) => {
                        let mut escaped = false;
                        for c in chars.by_ref() {
                            if escaped {
                                escaped = false;
                            } else if c == '\\' {
                                escaped = true;
                            } else if c == quote {
                                break;
                            }
                        }
                    }
                    Some(c) if c == '-' || c.is_ascii_digit() => while chars.next_if(char::is_ascii_digit).is_some() {},
                    _ => return false,
                }
                while chars.next_if(|c| c.is_whitespace()).is_some() {}
                if chars.next() != Some(']') {
                    return false;
                }
            }
            _ => return false,
        }
    }
    true
}
