//! Diagnostics as people read them: the source with each place underlined; and as programs do.

use std::fmt;
use std::io::IsTerminal;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, ThemeCharacters, ThemeStyles};
use serde::Serialize;

use super::{Diagnostic, Severity};
use crate::source::SourceMap;
use crate::span::FileId;

/// How diagnostics are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With colours.
    pub colour: bool,
    /// The terminal's width.
    pub width: usize,
}

impl Style {
    /// What fits the standard error: colour on a terminal, unless `NO_COLOR` is set.
    pub fn of_stderr() -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || !std::io::stderr().is_terminal();
        let width = std::env::var("COLUMNS").ok().and_then(|w| w.parse().ok()).unwrap_or(100);
        Self { colour: !plain, width: usize::clamp(width, 40, 200) }
    }

    /// Without colours, 100 wide.
    pub fn plain() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// All diagnostics, one below the other, and the summary; empty for none.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    let styles = if style.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let theme = GraphicalTheme { characters: ThemeCharacters::unicode(), styles };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width).with_links(false).tab_width(4);
    let mut out = String::new();
    for diagnostic in diagnostics {
        if handler.render_report(&mut out, &Report::new(diagnostic, sources)).is_err() {
            // A place that lies in no file cannot be shown; what is wrong still can.
            let place = diagnostic.labels.first().map(|(span, _)| sources.location(*span).to_string()).unwrap_or_default();
            out.push_str(&format!("{place}: {}: {}\n", diagnostic.code.as_str(), diagnostic.message));
        }
        out.push('\n');
    }
    if let Some(summary) = summary(diagnostics, sources) {
        out.push_str(&summary);
        out.push('\n');
    }
    out
}

/// `3 errors, 1 warning in specs/x.lt`; `None` for nothing.
pub fn summary(diagnostics: &[Diagnostic], sources: &SourceMap) -> Option<String> {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let count = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}{}", if n == 1 { "" } else { "s" }));
    let counts: Vec<String> = count(errors, "error").into_iter().chain(count(warnings, "warning")).collect();
    if counts.is_empty() {
        return None;
    }
    let path = sources.file(FileId(0)).map_or("", |file| file.path.as_str());
    Some(format!("{} in {path}", counts.join(", ")))
}

/// A diagnostic for programs: what `--message-format json` prints, one a line.
#[derive(Clone, Debug, Serialize)]
pub struct Message<'a> {
    /// `LT0012`.
    pub code: &'static str,
    /// `error` or `warning`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: &'a str,
    /// How to fix it.
    pub help: Option<&'a str>,
    /// Where, the main place first.
    pub places: Vec<MessagePlace<'a>>,
}

/// A place of a [`Message`]: lines and columns from 1, the end behind the last character.
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
    /// `diagnostic` for programs.
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
        Self {
            code: diagnostic.code.as_str(),
            severity: severity_word(diagnostic),
            message: &diagnostic.message,
            help: diagnostic.help.as_deref(),
            places,
        }
    }
}

fn severity_word(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A diagnostic as miette wants it: the places of one file. Those of other files are related reports.
#[derive(Debug)]
struct Report {
    message: String,
    code: Option<&'static str>,
    help: Option<String>,
    severity: miette::Severity,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
    related: Vec<Report>,
}

impl Report {
    fn new(diagnostic: &Diagnostic, sources: &SourceMap) -> Self {
        let mut files: Vec<FileId> = Vec::new();
        for (span, _) in &diagnostic.labels {
            if !files.contains(&span.file) {
                files.push(span.file);
            }
        }
        let severity = match diagnostic.code.severity() {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let mut reports = files.iter().map(|id| {
            let labels = diagnostic
                .labels
                .iter()
                .filter(|(span, _)| span.file == *id)
                .map(|(span, text)| LabeledSpan::new((!text.is_empty()).then(|| text.clone()), span.range().start, span.range().len()))
                .collect();
            let source = sources.file(*id).map(|file| NamedSource::new(&file.path, file.text.clone()));
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

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
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
    use crate::span::Span;

    #[test]
    fn places_across_files_and_a_summary() {
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
