//! Renders diagnostics: for people, as source text with each location underlined, and for programs.

use std::fmt;
use std::io::IsTerminal;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, ThemeCharacters, ThemeStyles};
use serde::Serialize;

use super::excerpt::Excerpt;
use super::{Diagnostic, Diagnostics, Severity};
use crate::source::{SourceFile, SourceMap};
use crate::span::{FileId, Span};

/// The appearance of diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to use colors.
    pub colour: bool,
    /// The terminal's width in columns.
    pub width: usize,
}

impl Style {
    /// The style of standard error: with colors on a terminal, unless `NO_COLOR` is set.
    pub fn of_stderr() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || !std::io::stderr().is_terminal();
        let width = std::env::var("COLUMNS").ok().and_then(|w| w.parse().ok()).unwrap_or(100);
        Self { colour: !plain, width: usize::clamp(width, 40, 200) }
    }

    /// No colors, 100 columns.
    pub fn plain() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// The most diagnostics that are shown. Nobody reads more before fixing these.
pub const SHOWN_MAX: usize = 50;

/// Renders the first diagnostics and a summary of all; empty if there are none. If some are left out, errors come first.
pub fn render(diagnostics: &Diagnostics, sources: &SourceMap, style: Style) -> String {
    let handler = handler(style);
    let mut out = String::new();
    let is_cut = diagnostics.len() > SHOWN_MAX;
    let (first, second): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|diagnostic| diagnostic.is_error() || !is_cut);
    for diagnostic in first.into_iter().chain(second).take(SHOWN_MAX) {
        if handler.render_report(&mut out, &Report::new(diagnostic, sources)).is_err() {
            // A location that is in no file cannot be shown, but the message still can.
            let place = diagnostic.labels.first().map(|(span, _)| sources.location(*span).to_string()).unwrap_or_default();
            out.push_str(&format!("{place}: {}: {}\n", diagnostic.code.as_str(), diagnostic.message));
        }
        out.push('\n');
    }
    let hidden = (diagnostics.errors() + diagnostics.warnings()).saturating_sub(SHOWN_MAX);
    if hidden > 0 {
        out.push_str(&format!("{hidden} more are not shown; fix those above first\n"));
    }
    if let Some(summary) = summary(diagnostics, sources) {
        out.push_str(&summary);
        out.push('\n');
    }
    out
}

fn handler(style: Style) -> GraphicalReportHandler {
    let styles = if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    GraphicalReportHandler::new_themed(theme).with_width(style.width).with_links(false).tab_width(4)
}

/// A message about a place in a file that is no spec: its bytes are underlined.
#[derive(Clone, Copy, Debug)]
pub struct FileMessage<'a> {
    /// What is wrong.
    pub message: &'a str,
    /// How to fix it.
    pub help: Option<&'a str>,
    /// Whether it is an error.
    pub is_error: bool,
    /// The file, and the place in it; `None` shows the message alone.
    pub place: Option<(&'a SourceFile, Span)>,
}

/// Renders a message like a diagnostic of a spec.
pub fn render_in_file(message: FileMessage<'_>, style: Style) -> String {
    let FileMessage { message, help, is_error, place } = message;
    let source = place.map(|(file, span)| (Excerpt { file }, span));
    let report = Report {
        message: message.to_owned(),
        code: None,
        help: help.map(str::to_owned),
        severity: if is_error { miette::Severity::Error } else { miette::Severity::Warning },
        labels: source.iter().map(|(excerpt, span)| LabeledSpan::new_with_span(None, excerpt.label(*span))).collect(),
        source: source.map(|(excerpt, _)| excerpt),
        related: Vec::new(),
    };
    let mut out = String::new();
    if handler(style).render_report(&mut out, &report).is_err() {
        out = format!("{message}\n");
    }
    out
}

/// `3 errors, 1 warning in specs/x.lt`; `None` without diagnostics.
pub fn summary(diagnostics: &Diagnostics, sources: &SourceMap) -> Option<String> {
    let (errors, warnings) = (diagnostics.errors(), diagnostics.warnings());
    let count = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
    let counts: Vec<String> = count(errors, "error").into_iter().chain(count(warnings, "warning")).collect();
    if counts.is_empty() {
        return None;
    }
    let path = sources.file(FileId(0)).map_or("", |file| file.path.as_str());
    Some(format!("{} in {path}", counts.join(", ")))
}

/// A diagnostic for programs: a line of `--message-format json`.
#[derive(Clone, Debug, Serialize)]
pub struct Message<'a> {
    /// `LT0012`.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The error or warning.
    pub message: &'a str,
    /// How to fix it.
    pub help: Option<&'a str>,
    /// The locations, the main one first.
    pub places: Vec<MessagePlace<'a>>,
    /// The fix as replacements, which a program can apply. Empty if the help only describes the fix.
    pub edits: Vec<MessageEdit<'a>>,
}

/// A replacement of a [`Message`]: the text from the location to the end becomes `text`.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "each says what it is")]
pub struct MessageEdit<'a> {
    pub path: &'a str,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub text: &'a str,
}

/// A location of a [`Message`]: lines and columns start at 1, and the end is after the last character.
#[derive(Clone, Debug, Serialize)]
#[expect(missing_docs, reason = "each says what it is")]
pub struct MessagePlace<'a> {
    pub path: &'a str,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub label: &'a str,
}

impl<'a> Message<'a> {
    /// Converts a diagnostic for programs.
    pub fn new(diagnostic: &'a Diagnostic, sources: &'a SourceMap) -> Self {
        let places = diagnostic
            .labels
            .iter()
            .map(|(span, label)| {
                let start = sources.location(*span);
                let (end_line, end_column) = sources.file(span.file).map_or((1, 1), |file| file.line_column(span.range().end));
                MessagePlace { path: start.path, line: start.line, column: start.column, end_line, end_column, label }
            })
            .collect();
        let edits = diagnostic
            .edits
            .iter()
            .map(|(span, text)| {
                let start = sources.location(*span);
                let (end_line, end_column) = sources.file(span.file).map_or((1, 1), |file| file.line_column(span.range().end));
                MessageEdit { path: start.path, line: start.line, column: start.column, end_line, end_column, text }
            })
            .collect();
        Self {
            code: diagnostic.code.as_str(),
            severity: severity_word(diagnostic),
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            places,
            edits,
        }
    }
}

fn severity_word(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A diagnostic as miette expects it: with the labels of one file. Labels in other files are related reports.
#[derive(Debug)]
struct Report<'a> {
    message: String,
    code: Option<&'static str>,
    help: Option<String>,
    severity: miette::Severity,
    source: Option<Excerpt<'a>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Report<'a>>,
}

impl<'a> Report<'a> {
    fn new(diagnostic: &Diagnostic, sources: &'a SourceMap) -> Self {
        let mut groups: Vec<Vec<&(Span, String)>> = Vec::new();
        for label in &diagnostic.labels {
            let fits = |group: &Vec<&(Span, String)>| group.iter().all(|(other, _)| is_shown_with(*other, label.0, sources));
            match groups.iter_mut().find(|group| fits(group)) {
                Some(group) => group.push(label),
                None => groups.push(vec![label]),
            }
        }
        let severity = match diagnostic.code.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let mut reports = groups.into_iter().map(|group| {
            let source = group.first().and_then(|(span, _)| sources.file(span.file)).map(|file| Excerpt { file });
            let label = |span: Span| source.as_ref().map_or_else(|| (0, 0).into(), |excerpt| excerpt.label(span));
            let labels = group
                .iter()
                .map(|(span, text)| LabeledSpan::new_with_span((!text.is_empty()).then(|| text.clone()), label(*span)))
                .collect();
            Self {
                message: "see also".to_owned(),
                code: None,
                help: None,
                severity: miette::Severity::Advice,
                source,
                labels,
                related: Vec::new(),
            }
        });
        let main = reports.next();
        let related = reports.collect();
        let (source, labels) = main.map_or((None, Vec::new()), |main| (main.source, main.labels));
        Self {
            message: diagnostic.message.clone(),
            code: Some(diagnostic.code.as_str()),
            help: diagnostic.help.clone(),
            severity,
            source,
            labels,
            related,
        }
    }
}

/// The greatest distance in bytes of two labels on the same line, or on neighboring lines, that are shown in one excerpt. miette prints all
/// that is between them, and cannot print a label whose column is above 65,535.
const DISTANCE_BYTES_MAX: u32 = 4_000;

/// Lines that are so near to each other become one excerpt.
const NEIGHBORS_MAX: usize = 3;

/// Whether two labels can be shown in one excerpt.
fn is_shown_with(one: Span, other: Span, sources: &SourceMap) -> bool {
    let line = |span: Span| sources.file(span.file).map_or(0, |file| file.line_column(span.start as usize).0);
    one.file == other.file && (one.start.abs_diff(other.start) <= DISTANCE_BYTES_MAX || line(one).abs_diff(line(other)) > NEIGHBORS_MAX)
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.code.map(|code| Box::new(code) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty()).then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        (!self.related.is_empty())
            .then(|| Box::new(self.related.iter().map(|r| r as &dyn miette::Diagnostic)) as Box<dyn Iterator<Item = _>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn labels_far_apart_on_one_line_are_shown_one_after_the_other() {
        let text = format!("let a = [{}b]\n", "é, ".repeat(50_000));
        let mut sources = SourceMap::default();
        sources.add("x.lt", &text);
        let at = |byte: usize| Span::new(FileId(0), byte, byte + 1);
        let far = text.find('b').unwrap();
        let diagnostic = Diagnostic::new(Code::Syntax, at(4), "two labels").also(at(far), "declared here");
        let shown = render(&std::iter::once(diagnostic).collect(), &sources, Style::plain());
        assert!(shown.contains("two labels") && shown.contains("see also") && shown.contains("declared here"), "{shown}");
        assert!(shown.contains(&format!("x.lt:1:{}", text.chars().position(|c| c == 'b').unwrap() + 1)), "{shown}");
        assert!(shown.len() < 5_000, "{}", shown.len());
    }

    #[test]
    fn first_fifty_diagnostics_are_shown_and_the_others_counted() {
        let mut sources = SourceMap::default();
        let spec = sources.add("x.lt", "let state = 2\n".repeat(400));
        let line = |n: usize, code| Diagnostic::new(code, Span::new(spec, n * 14, n * 14 + 3), format!("finding {n}."));
        let mut diagnostics: Diagnostics = (0..200).map(|n| line(n, Code::LiteralPlaceholder)).collect();
        diagnostics.extend((200..400).map(|n| line(n, Code::Syntax)));
        let text = render(&diagnostics, &sources, Style::plain());
        assert_eq!(text.matches("finding").count(), 50, "{text}");
        for part in ["finding 200.", "350 more are not shown", "200 errors, 200 warnings in x.lt"] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
    }

    #[test]
    fn locations_in_several_files_and_a_summary_are_rendered() {
        let mut sources = SourceMap::default();
        let spec = sources.add("specs/x.lt", "import \"shop.lt\"\nlet status = 1\n");
        let shop = sources.add("specs/shop.lt", "let state = 2");
        let diagnostics = [
            Diagnostic::new(Code::ReservedWord, Span::new(spec, 21, 27), "`status` cannot be a name")
                .label("here")
                .also(Span::new(shop, 4, 9), "as this one")
                .help("take another"),
            Diagnostic::new(Code::LiteralPlaceholder, Span::new(spec, 32, 32), "at the end"),
            Diagnostic::new(Code::Syntax, Span::new(FileId(7), 3, 4), "in no file"),
        ];
        let diagnostics: Diagnostics = diagnostics.into_iter().collect();
        let text = render(&diagnostics, &sources, Style::plain());
        for part in [
            "LT0008",
            "specs/x.lt:2:5",
            "here",
            "specs/shop.lt:1:5",
            "as this one",
            "help: take another",
            "2 errors, 1 warning in specs/x.lt",
        ] {
            assert!(text.contains(part), "{part}:\n{text}");
        }
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(render(&diagnostics, &sources, Style { colour: true, width: 80 }).contains('\u{1b}'));
        let json = serde_json::to_value(Message::new(&diagnostics[0], &sources)).unwrap();
        assert_eq!(json["severity"], "error");
        assert_eq!(json["places"][0]["end_column"], 11);
        assert_eq!(json["places"][1]["path"], "specs/shop.lt");
    }
}
