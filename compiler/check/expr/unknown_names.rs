//! Unknown names: reports them, and suggests what the tester probably meant.

use crate::check::Checker;
use crate::diagnostic::{Code, Diagnostic};
use crate::foreign;
use crate::model::Expr;
use crate::span::Span;

/// The longest name of a header that is recognized without quotes, in bytes on each side of one of its words.
const HEADER_BYTES_MAX: usize = 80;

impl<'a> Checker<'a> {
    pub(in crate::check) fn unknown_name(&mut self, name: &'a str, span: Span) -> Expr {
        let unsure = self.broken || self.func.broken || self.repaired(span);
        if !unsure && let Some(header) = self.dashed(span) {
            return header;
        }
        if let Some(&taken) = self.func.taken_later.get(name) {
            return self.taken_too_late(name, span, taken);
        }
        if let Some(run) = self.runs.get(name) {
            let diagnostic = Diagnostic::new(Code::WrongName, span, format!("unexpected sequence `{name}`, expected a value"))
                .also(run.span, "declared here")
                .help(format!("write `run {name}()`, or `take x = run {name}()`"));
            return self.bad(diagnostic);
        }
        let world = match name {
            "env" => Some("env.some.key"),
            "user" => Some("user.id"),
            "shard" => Some("shard.index"),
            "test" => Some("test.id"),
            "fake" => Some("fake.name()"),
            _ => None,
        };
        if let Some(example) = world {
            return self.bad(
                Diagnostic::new(Code::WrongName, span, format!("unexpected `{name}` alone, expected a value"))
                    .help(format!("write, for example, `{example}`")),
            );
        }
        if crate::check::types::functions::find(name).is_some() {
            return self
                .bad(Diagnostic::new(Code::WrongName, span, format!("`{name}` is a function")).help(format!("call it: `{name}(…)`")));
        }
        if !foreign::is_constant(name) && unsure {
            return crate::check::broken(span);
        }
        if let Some(below) = self.func.assigned_below(name) {
            let d = Diagnostic::new(Code::TooEarly, span, format!("`{name}` is used before it is assigned"))
                .also(below, "assigned only here")
                .help("assign it before its use");
            return self.bad(d);
        }
        let mut diagnostic = Diagnostic::new(Code::UnknownName, span, format!("unknown name `{name}`"));
        if let Some(source) = self.source_before(span) {
            diagnostic = diagnostic.help_replacing(span, format!("write `\"{name}\"`: `{source}` is followed by a string"));
        } else if let Some(help) = foreign::value(None, name) {
            diagnostic = diagnostic.help_replacing(span, help);
        } else if let Some(help) = self.given_by_a_call(name) {
            diagnostic = diagnostic.help(help);
        } else if self.explains() {
            let locals = self.func.names.keys().copied();
            let globals = self.values.keys().copied();
            let mut all: Vec<&str> = locals.chain(globals).chain(["env", "user", "test"]).collect();
            all.sort_unstable();
            diagnostic = diagnostic.did_you_mean(name, all);
        }
        self.bad(diagnostic)
    }

    /// Reports `content-type` as one unknown name, where its words are unknown: it is the name of a header, not a difference.
    fn dashed(&mut self, span: Span) -> Option<Expr> {
        let whole = self.around(span);
        let written = self.written(whole);
        let mut words = written.split('-').filter(|word| !word.is_empty());
        let is_unknown = |word: &str| {
            !word.starts_with(|char: char| char.is_ascii_digit())
                && !self.func.names.contains_key(word)
                && !self.values.contains_key(word)
                && crate::check::types::functions::find(word).is_none()
        };
        if !written.contains('-') || !words.all(is_unknown) {
            return None;
        }
        // The first of the words is reported for all.
        if whole.start != span.start {
            return Some(crate::check::broken(span));
        }
        let name: Vec<String> = written
            .split('-')
            .map(|word| {
                let mut letters = word.chars();
                letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
            })
            .collect();
        let diagnostic = Diagnostic::new(Code::UnknownName, whole, format!("unknown name `{written}`"));
        Some(self.bad(diagnostic.help_replacing(whole, format!("write `header \"{}\"`", name.join("-")))))
    }

    /// The words that dashes without spaces join to the name at a location. Long texts are not searched: they are no names of headers.
    fn around(&self, span: Span) -> Span {
        let text = self.input.files.get(usize::from(span.file.0)).map_or("", |file| file.text);
        let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-');
        let range = span.range();
        let from = text.floor_char_boundary(range.start.saturating_sub(HEADER_BYTES_MAX));
        let to = text.floor_char_boundary((range.end + HEADER_BYTES_MAX).min(text.len()));
        let start = from + text[from..range.start].trim_end_matches(is_part).len();
        let behind = &text[range.end..to.max(range.end)];
        let end = range.end + (behind.len() - behind.trim_start_matches(is_part).len());
        if start == from && from > 0 || end == to && to < text.len() {
            return span;
        }
        let end = start + text[start..end].trim_end_matches('-').len();
        Span::new(span.file, start, end.max(range.end))
    }

    /// The source directly before a name: `header Location`.
    fn source_before(&self, span: Span) -> Option<&'static str> {
        ["header", "cookie", "html", "json"].into_iter().find(|source| {
            let start = span.range().start.checked_sub(source.len() + 1);
            start.is_some_and(|start| self.written(Span::new(span.file, start, span.range().start)) == format!("{source} "))
        })
    }

    /// The fix for a name that another sequence gives or assigns.
    fn given_by_a_call(&self, name: &str) -> Option<String> {
        if !self.explains() {
            return None;
        }
        let gives = self.sequences.iter().map(|info| info.ast).find(|ast| ast.gives.iter().any(|given| given.node == name));
        if let Some(ast) = gives {
            return Some(format!("write `take {name} = run {}(…)`: the sequence gives it to its caller", ast.name.node));
        }
        let assigns = |ast: &&crate::ast::Sequence| crate::check::flow::parallel::assigned(&ast.body).iter().any(|a| a.name.node == name);
        let ast = self.sequences.iter().map(|info| info.ast).filter(|ast| ast.name.node != self.func.context).find(assigns)?;
        let sequence = &ast.name.node;
        Some(format!("add `gives {name}` to `sequence {sequence}`, and write `take {name} = run {sequence}(…)`"))
    }
}
