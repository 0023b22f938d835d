//! The error for text that does not parse: a frequent mistake if it is one, else what was expected where parsing stopped.

use ltc_config::suggest::nearest;
use ltc_grammar::Rule;

use super::foreign_syntax;
use super::stop::{Mistake, ParseStop, stop};
use super::vocabulary::starts_statement;
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::builder::{P, Repair, TreeBuilder};
use crate::span::Span;

/// The most broken texts of a file that are explained. An explanation parses the text again and examines its line, which takes too long for
/// hundreds of thousands of them. The others are only reported as errors.
const EXPLAINED_MAX: usize = 300;

impl TreeBuilder<'_> {
    /// Reports the broken `pair`, which should have matched `strict`.
    pub(in crate::parse) fn broken(&mut self, pair: &P<'_>, strict: Rule) -> Span {
        let span = self.span(pair);
        self.explained += 1;
        if self.explained > EXPLAINED_MAX {
            self.report(Diagnostic::new(Code::Syntax, span, "this line does not parse").help("fix the errors above it first"));
            return span;
        }
        let source = self.places.text();
        let start = pair.as_span().start();
        let text = pair.as_str().trim_end();
        let before = source.get(self.last_broken..start);
        let after_broken = self.last_broken > 0 && before.is_some_and(|between| between.trim().is_empty());
        self.last_broken = start + text.len();
        // The scan has reported an error here, or the block belongs to the line before, which has been reported.
        let line = source[..start].rfind('\n').map_or(0, |n| n + 1);
        let covered = self.places.at(line, start + text.len());
        let within = |offsets: &[u32]| {
            let next = offsets.partition_point(|at| *at < covered.start);
            offsets.get(next).is_some_and(|at| *at <= covered.end)
        };
        let (spoken, quoted) = (within(&self.scanned), within(&self.quoted));
        if pair.as_rule() == Rule::broken_top || spoken || (after_broken && text.starts_with('{')) {
            return span;
        }
        let stop = stop(source, start, text, strict);
        let diagnostic = match foreign_syntax::mistake(&stop) {
            // Consecutive lines have the same mistake, as in a file of another format. Only the first is reported.
            Some(mistake) if after_broken && mistake.code == Code::ForeignStatement && same(strict, &mistake, &self.last_message) => {
                self.rewritten.push(covered);
                return span;
            }
            Some(mistake) => {
                self.last_message = (mistake.message.clone(), mistake.help.clone());
                let keeps_text = mistake.help.starts_with("write `let") || mistake.help.starts_with("remove `");
                if mistake.code == Code::ForeignStatement && !keeps_text && super::recovery::repair(&stop).is_none() {
                    self.rewritten.push(covered);
                }
                let place = mistake.place.unwrap_or(stop.at..stop.at + stop.token.len());
                let found = Diagnostic::new(mistake.code, self.places.at(start + place.start, start + place.end), mistake.message);
                let at = |of: &std::ops::Range<usize>| self.places.at(start + of.start, start + of.end);
                let found = match mistake.replaced {
                    Some(of) => found.help_replacing(at(&of), mistake.help),
                    None => found.help(mistake.help),
                };
                mistake.edits.into_iter().fold(found, |found, (of, text)| found.edit(at(&of), text))
            }
            // The quotes have been reported.
            None if quoted => return span,
            None => {
                let place = self.places.at(start + stop.at, start + stop.at + stop.token.len());
                general(&stop, place)
            }
        };
        if let Some((place, with)) = super::recovery::repair(&stop) {
            let place = start + place.start..start + place.end;
            self.repairs.push(Repair { place, with, span, diagnostic: diagnostic.clone() });
        }
        self.report(diagnostic);
        span
    }
}

/// Whether a line has the same mistake as the line before: the same message, or another line of a file in a foreign format. Within a block,
/// each line has its own fix, unless it belongs to the line before.
fn same(strict: Rule, mistake: &Mistake, (message, help): &(String, String)) -> bool {
    let format = |message: &str| ["YAML", "JSON", "a feature file"].iter().any(|kind| message.ends_with(&format!("a spec is not {kind}")));
    let belongs = strict == Rule::only_item || mistake.help == super::foreign_files::BLOCKS;
    let is_equal = mistake.message == *message && (strict == Rule::only_item || mistake.help == *help);
    is_equal || belongs && format(&mistake.message) && format(message)
}

/// The error that lists what was expected.
fn general(stop: &ParseStop<'_>, place: Span) -> Diagnostic {
    let found = match stop.token {
        "" => "unexpected end of line".to_owned(),
        text if text.starts_with('"') => "unexpected string".to_owned(),
        token => format!("unexpected `{token}`"),
    };
    if stop.at == 0 {
        let (what, help) = match stop.strict {
            Rule::only_item => (
                "an item of a spec",
                "start it with `import`, `api`, `data`, `let`, `keep`, `sequence`, `tasks`, `user`, `before test` or `after test`",
            ),
            Rule::only_api => {
                ("a member of an api", "write an option such as `base` or `headers`, a resource, or a request: `get(id) = GET /items/{id}`")
            }
            Rule::only_part | Rule::only_hc => (
                "a part of a request",
                "use one of `json`, `form`, `query`, `headers`, `text`, `multipart`, `graphql`, `bytes`, `auth`, `timeout`, `redirects` or `expect`",
            ),
            Rule::only_user => ("a member of a user", "use one of `run`, `wait`, `weight`, `on start`, `on stop` or `every`"),
            Rule::only_task => ("a member of tasks", "write a weight and a sequence's name: `7 Browse`"),
            Rule::only_data => ("an option of data", "use one of `order`, `share`, `at_end`, `secret` or `where`"),
            _ => (
                "a statement",
                "start it with a keyword such as `step`, `let`, `if`, `expect` or `take`, or write a request: `shop.get(id)`",
            ),
        };
        return Diagnostic::new(Code::Syntax, place, format!("{found}, expected {what}")).help(help);
    }
    let mut expected: Vec<String> = Vec::new();
    // Text that starts with a word of the language is not meant as a request, although the grammar tries that, too.
    let request = !starts_statement(stop.first());
    let meant = |rule: &&Rule| request || !matches!(rule, Rule::method | Rule::request_line | Rule::kw_submit);
    for words in stop.expected.iter().filter(meant).filter_map(|rule| in_words(*rule)) {
        if !expected.contains(&words) {
            expected.push(words);
        }
    }
    if expected.len() > 1 {
        expected.retain(|words| words != "arguments in brackets");
    }
    if expected.iter().any(|words| words == "a value or a matcher") {
        expected.retain(|words| words != "a value");
    }
    let message = match expected.len() {
        0 => found,
        1..=6 => format!("{found}, expected {}", list(&expected)),
        _ => format!("{found}, expected {} or similar", expected[..5].join(", ")),
    };
    let diagnostic = Diagnostic::new(Code::Syntax, place, message);
    let words: Vec<&str> = expected.iter().filter_map(|e| e.strip_prefix('`')?.strip_suffix('`')).filter(|w| w.len() > 1).collect();
    if stop.token.len() > 1
        && let Some(near) = nearest(stop.token, words)
    {
        return diagnostic.help(format!("did you mean `{near}`?"));
    }
    if expected == ["`{`"] {
        return diagnostic.help("write the block in braces: `{ … }`");
    }
    match expected.len() {
        0 if stop.token.is_empty() => diagnostic.help("complete the line"),
        0 => diagnostic.help("start a new line, or write `;` between two statements"),
        _ => diagnostic,
    }
}

/// `a, b or c`.
fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The name of `rule` in a message; `None` if it would not help, such as operators, which may follow almost anything.
fn in_words(rule: Rule) -> Option<String> {
    let words = match rule {
        Rule::p_open => "`{`",
        Rule::p_close => "`}`",
        Rule::p_rpar => "`)`",
        Rule::p_rsq => "`]`",
        Rule::p_comma => "`,`",
        Rule::p_colon | Rule::type_of | Rule::format => "`:`",
        Rule::p_assign => "`=`",
        Rule::p_dots => "`..`",
        Rule::name | Rule::data_member => "a name",
        Rule::word | Rule::data_option => "a word",
        Rule::column => "the name of a column",
        Rule::callee => "the name of a sequence or of tasks",
        Rule::key | Rule::entry | Rule::m_entry => "a key",
        Rule::param => "a parameter",
        Rule::method => "a method such as `GET`",
        Rule::request_line => "a method and a path, e.g. `GET /items/{id}`",
        Rule::path => "a path, e.g. `/items/{id}`",
        Rule::text | Rule::block_text | Rule::line_text | Rule::raw => "a string in `\"`",
        Rule::regex => "a regex between slashes, e.g. `/v[0-9]+/`",
        Rule::attribute => "`@` and an attribute",
        Rule::map => "a map: `{ key: value }`",
        Rule::m_object => "a map of expectations: `{ key: value }`",
        Rule::matcher => "a value or a matcher",
        Rule::block => "a block: `{ … }`",
        Rule::params | Rule::request_head => "parameters in brackets",
        Rule::args => "arguments in brackets",
        Rule::auth_expr => "`bearer(…)`, `basic(…)`, `header(…)`, `aws(…)` or `none`",
        Rule::wait_spec => "a duration such as `1s`",
        Rule::flag_skip => "`skip`",
        Rule::flag_interrupt => "`interrupt`",
        Rule::flag_secret | Rule::data_secret => "`secret`",
        Rule::gives => "`gives`",
        Rule::body => "a body",
        Rule::status | Rule::status_list => "a status such as `200`",
        Rule::int
        | Rule::float
        | Rule::duration
        | Rule::expr
        | Rule::operand
        | Rule::variable
        | Rule::literal
        | Rule::list
        | Rule::paren
        | Rule::take_source
        | Rule::arg
        | Rule::weight => "a value",
        _ => {
            let name = format!("{rule:?}");
            return name.strip_prefix("kw_").map(|word| format!("`{word}`"));
        }
    };
    Some(words.to_owned())
}
