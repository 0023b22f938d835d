//! The state and helpers that all parts of the builder share: locations, names, and which pairs carry meaning.

use ltc_grammar::{Rule, words};
use pest::iterators::{Pair, Pairs};

use super::edits::EditedText;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::span::{FileId, Name, Span, Spanned};

/// A pair of the grammar.
pub(super) type P<'i> = Pair<'i, Rule>;

/// Turns pairs into tree nodes.
pub(super) struct TreeBuilder<'a> {
    /// Maps offsets to locations in the source.
    pub(super) places: Places<'a>,
    /// The diagnostics so far, without those of the scan.
    pub(super) diagnostics: &'a mut Diagnostics,
    /// The offsets at which the scan found errors, in order. Broken text there is not reported again.
    pub(super) scanned: Vec<u32>,
    /// The offsets of strings and placeholders of other languages, in order. The text with them is reported if its mistake is known.
    pub(super) quoted: Vec<u32>,
    /// The current nesting depth of expressions and matchers.
    pub(super) depth: usize,
    /// The end of the last broken text. A block that directly follows belongs to it.
    pub(super) last_broken: usize,
    /// The message and the help about that text.
    pub(super) last_message: (String, String),
    /// The number of broken texts that have been explained.
    pub(super) explained: usize,
    /// Statements that the fix rewrites, so that the quotes within them do not matter.
    pub(super) rewritten: Vec<Span>,
    /// Broken heads of blocks, each with a replacement.
    pub(super) repairs: Vec<Repair>,
}

/// A broken head of a block.
pub(super) struct Repair {
    /// Its bytes in the edited text.
    pub(super) place: std::ops::Range<usize>,
    /// Its replacement, of the same length.
    pub(super) with: String,
    /// From the head to the end of the block, in the source.
    pub(super) span: Span,
    /// The error of the head.
    pub(super) diagnostic: Diagnostic,
}

/// Maps pairs to their locations in the source.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    file: FileId,
    edited: &'a EditedText<'a>,
}

impl<'a> Places<'a> {
    /// The location of the bytes from `start` to `end` of the edited text.
    pub(super) fn at(self, start: usize, end: usize) -> Span {
        Span::new(self.file, self.edited.source(start), self.edited.source(end))
    }

    /// The location of `pair`, without the spaces and comments after it.
    pub(super) fn of(self, pair: &P<'_>) -> Span {
        self.at(pair.as_span().start(), true_end(pair))
    }

    /// The edited text.
    pub(super) fn text(self) -> &'a str {
        &self.edited.text
    }
}

/// The end of `pair` without spaces and comments: pest includes them if an optional part could follow.
fn true_end(pair: &P<'_>) -> usize {
    let text = pair.as_str();
    let trimmed = text.trim_end_matches([' ', '\t', '\r', '\n']);
    let line = trimmed.rfind('\n').map_or(0, |at| at + 1);
    let exact = matches!(pair.as_rule(), Rule::text | Rule::path | Rule::raw | Rule::broken | Rule::broken_top);
    if exact || !trimmed[line..].contains('#') {
        return pair.as_span().start() + trimmed.len();
    }
    match pair.clone().into_inner().next_back() {
        Some(last) => true_end(&last),
        None => pair.as_span().end(),
    }
}

/// The parts of `pair` that carry meaning, without the words and marks that the rule already implies.
pub(super) fn children(pair: P<'_>) -> impl DoubleEndedIterator<Item = P<'_>> {
    pair.into_inner().filter(|p| !is_mark(p.as_rule()))
}

/// Whether a rule is a word or a mark that adds no meaning to the rule around it.
pub(super) fn is_mark(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::kw_import
            | Rule::kw_api
            | Rule::kw_data
            | Rule::kw_from
            | Rule::kw_where
            | Rule::kw_sequence
            | Rule::kw_gives
            | Rule::kw_tasks
            | Rule::kw_user
            | Rule::kw_weight
            | Rule::kw_on
            | Rule::kw_start
            | Rule::kw_before
            | Rule::kw_after
            | Rule::kw_test
            | Rule::kw_resource
            | Rule::kw_base
            | Rule::kw_keys
            | Rule::kw_cookies
            | Rule::kw_resend
            | Rule::kw_forward
            | Rule::kw_max_body
            | Rule::kw_auth
            | Rule::kw_headers
            | Rule::kw_timeout
            | Rule::kw_redirects
            | Rule::kw_healthcheck
            | Rule::kw_version
            | Rule::kw_query
            | Rule::kw_json
            | Rule::kw_form
            | Rule::kw_multipart
            | Rule::kw_text
            | Rule::kw_bytes
            | Rule::kw_graphql
            | Rule::kw_step
            | Rule::kw_skip
            | Rule::kw_interrupt
            | Rule::kw_submit
            | Rule::kw_expect
            | Rule::kw_exactly
            | Rule::kw_take
            | Rule::kw_run
            | Rule::kw_let
            | Rule::kw_keep
            | Rule::kw_set
            | Rule::kw_reset
            | Rule::kw_wait
            | Rule::kw_pacing
            | Rule::kw_between
            | Rule::kw_steps
            | Rule::kw_if
            | Rule::kw_then
            | Rule::kw_else
            | Rule::kw_repeat
            | Rule::kw_for
            | Rule::kw_in
            | Rule::kw_parallel
            | Rule::kw_break
            | Rule::kw_leave
            | Rule::kw_stop
            | Rule::kw_fail
            | Rule::kw_log
            | Rule::kw_retry
            | Rule::kw_times
            | Rule::kw_every
            | Rule::kw_poll
            | Rule::kw_up
            | Rule::kw_to
            | Rule::kw_until
            | Rule::kw_group
            | Rule::kw_finally
            | Rule::kw_not
            | Rule::kw_each
            | Rule::kw_header
            | Rule::kw_cookie
            | Rule::kw_html
            | Rule::p_assign
            | Rule::p_open
            | Rule::p_close
            | Rule::p_rpar
            | Rule::p_rsq
            | Rule::p_comma
            | Rule::p_colon
            | Rule::p_dots
            | Rule::end_mark
            | Rule::EOI
    )
}

impl<'a> TreeBuilder<'a> {
    /// A builder for the edited text of `file`.
    pub(super) fn new(file: FileId, edited: &'a EditedText<'a>, scanned: &[Diagnostic], diagnostics: &'a mut Diagnostics) -> Self {
        let offsets = |quoted: bool| {
            let found = scanned.iter().filter(|d| d.is_error() && matches!(d.code, Code::SingleQuotes | Code::ForeignTemplate) == quoted);
            let mut offsets: Vec<u32> = found.flat_map(|d| d.labels.iter().map(|(span, _)| span.start)).collect();
            offsets.sort_unstable();
            offsets
        };
        Self {
            places: Places { file, edited },
            diagnostics,
            scanned: offsets(false),
            quoted: offsets(true),
            depth: 0,
            last_broken: 0,
            last_message: (String::new(), String::new()),
            explained: 0,
            rewritten: Vec::new(),
            repairs: Vec::new(),
        }
    }

    /// The location of `pair`.
    pub(super) fn span(&self, pair: &P<'_>) -> Span {
        self.places.of(pair)
    }

    /// Adds a diagnostic.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// A word with its location.
    pub(super) fn word(&self, pair: &P<'_>) -> Name {
        Spanned::new(pair.as_str().to_owned(), self.span(pair))
    }

    /// A word that declares a name. Reserved words are rejected.
    pub(super) fn bind(&mut self, pair: &P<'_>) -> Name {
        let name = self.word(pair);
        if let Some((word, other)) = words::RESERVED.iter().find(|(word, _)| *word == name.node) {
            let why = if matches!(*word, "grpc" | "socket") { "reserved for a later version of the language" } else { "a keyword" };
            self.report(
                Diagnostic::new(Code::ReservedWord, name.span, format!("`{word}` is {why} and cannot be a name"))
                    .help(format!("use another name, such as `{other}` or `my_{word}`")),
            );
        }
        name
    }

    /// The first part of `pair`, which the grammar guarantees.
    pub(super) fn only<'i>(&self, pair: P<'i>) -> P<'i> {
        let whole = pair.clone();
        children(pair).next().unwrap_or(whole)
    }

    /// The items of a parsed file.
    pub(super) fn file(&mut self, pairs: Pairs<'_, Rule>) -> Vec<crate::ast::Item> {
        let mut items = Vec::new();
        for file in pairs {
            for pair in children(file) {
                let item = self.item(pair);
                items.push(item);
            }
        }
        items
    }
}
