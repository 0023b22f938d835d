//! Turns the help of a diagnostic into possible changes of the text. The first change that removes the diagnostic is offered.

use std::ops::Range;
use std::path::Path;

use super::actions::{Change, Edit};
use super::analysis::Analysis;
use super::text::Lines;
use crate::diagnostic::fix::{self, Fix};
use crate::diagnostic::{Code, Diagnostic};

/// The fixes of a diagnostic, several if its help offers a choice. Each is a list of changes that the fix may mean, the most likely first.
pub(super) fn candidates(analysis: &Analysis, diagnostic: &Diagnostic) -> Vec<Vec<Change>> {
    let Some((span, _)) = diagnostic.labels.first() else { return Vec::new() };
    let help = diagnostic.help.as_deref().unwrap_or_default();
    let path = analysis.path(span.file);
    let place = Place { path: &path, text: analysis.text(span.file), range: span.range(), help };
    let described: Vec<Change> = unused(analysis, diagnostic).into_iter().chain(place.special(diagnostic.code)).collect();
    if !described.is_empty() {
        return vec![described];
    }
    if diagnostic.code == Code::MissingComma {
        return vec![vec![place.change("Add `,`", previous_code_end(place.text, place.range.start), ",")]];
    }
    let mut found = Vec::new();
    for fix in fix::fixes(help) {
        let mut changes = match fix {
            Fix::Write(code) => place.written(code),
            Fix::Add(code) => place.added(code),
            Fix::Move(code) => place.moved(code),
            Fix::Remove => place.sign_removed().into_iter().chain(place.removed()).collect(),
        };
        // `write \`camel(item)\` there`: the change is at the other location.
        if let (Fix::Write(code), Code::PlainKeys) = (fix, diagnostic.code) {
            let others = diagnostic.labels.iter().skip(1).filter(|(label, _)| label.file == span.file);
            changes.extend(others.map(|(label, _)| place.change(&format!("Write `{code}`"), label.range(), code)));
        }
        found.push(changes);
    }
    if diagnostic.code == Code::TakeMayFail {
        let steps = diagnostic.labels.iter().rev().filter(|(label, _)| label.file == span.file);
        found.push(steps.filter_map(|(label, _)| place.interrupted(label.range().start)).collect());
    }
    if help.contains("remove it") && fix::only(help).is_none() {
        found.push(place.removed());
    }
    found
}

/// The fix that a diagnostic has as data.
pub(super) fn exact(analysis: &Analysis, diagnostic: &Diagnostic) -> Option<Change> {
    let edits: Vec<Edit> = diagnostic
        .edits
        .iter()
        .map(|(span, text)| Edit { path: analysis.path(span.file), range: span.range(), text: text.clone() })
        .collect();
    let help = diagnostic.help.as_deref().unwrap_or_default();
    let title = match fix::fixes(help).first() {
        Some(Fix::Write(code)) => format!("Write `{code}`"),
        Some(Fix::Add(code)) => format!("Add `{code}`"),
        Some(Fix::Move(code)) => format!("Move `{code}`"),
        Some(Fix::Remove) => "Remove it".to_owned(),
        None => {
            let mut letters = help.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    };
    (!edits.is_empty()).then_some(Change { title, edits })
}

/// Removes an unused declaration.
fn unused(analysis: &Analysis, diagnostic: &Diagnostic) -> Vec<Change> {
    let Some((span, _)) = diagnostic.labels.first() else { return Vec::new() };
    if !("LT0901"..="LT0908").contains(&diagnostic.code.as_str()) {
        return Vec::new();
    }
    let text = analysis.text(span.file);
    let declared = analysis.index.declared_at(*span).map(|id| analysis.declaration(id).whole);
    let whole = declared.unwrap_or(*span).range();
    let start = text[..whole.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[whole.end..].find('\n').map_or(text.len(), |at| whole.end + at + 1);
    let alone = text[start..whole.start].trim().is_empty() && text[whole.end..end].trim().trim_start_matches(';').is_empty();
    if !alone {
        return Vec::new();
    }
    let path = analysis.path(span.file);
    let edits = vec![Edit { path, range: start..end, text: String::new() }];
    vec![Change { title: format!("Remove `{}`", &text[span.range()].lines().next().unwrap_or_default()), edits }]
}

/// The end of the code before a byte.
fn previous_code_end(text: &str, at: usize) -> Range<usize> {
    let end = text[..at].trim_end().len();
    end..end
}

/// The location of a diagnostic.
struct Place<'t> {
    path: &'t Path,
    text: &'t str,
    range: Range<usize>,
    help: &'t str,
}

impl Place<'_> {
    fn change(&self, title: &str, range: Range<usize>, text: &str) -> Change {
        let edits = vec![Edit { path: self.path.to_path_buf(), range, text: text.to_owned() }];
        Change { title: title.to_owned(), edits }
    }

    /// The line of the location, without its indentation, its end and a comment.
    fn line(&self) -> Range<usize> {
        let start = self.text[..self.range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[start..].find('\n').map_or(self.text.len(), |at| start + at);
        let line = &self.text[start..end];
        let code = start + (line.len() - line.trim_start().len());
        code..code.max(start + line.trim_end().len())
    }

    /// Fixes that a help only describes.
    fn special(&self, code: Code) -> Option<Change> {
        let written = &self.text[self.range.clone()];
        match code {
            Code::Reversed => {
                let (from, to) = written.split_once("..")?;
                let fixed = format!("{}..{}", to.trim(), from.trim());
                Some(self.change(&format!("Write `{fixed}`"), self.range.clone(), &fixed))
            }
            Code::ImpossiblePath => {
                let url = written.strip_prefix('/').filter(|url| url.contains("://"))?;
                Some(self.change("Write the URL in quotes", self.range.clone(), &format!("\"{url}\"")))
            }
            Code::ExpectsNothing => {
                let open = self.range.end + self.text[self.range.end..].find('{')?;
                let close = open + super::context::closing(&self.text[open..])?;
                let line = self.text[..close].rfind('\n').map_or(0, |at| at + 1);
                let margin = &self.text[line..close];
                let title = "Add `expect 2xx`";
                Some(if margin.trim().is_empty() {
                    self.change(title, line..line, &format!("{margin}  expect 2xx\n"))
                } else {
                    let end = self.text[..close].trim_end().len();
                    self.change(title, end..end, "; expect 2xx")
                })
            }
            Code::UnusedParameter => {
                let rest = &self.text[self.range.end..];
                let end = self.range.end + rest.find([',', ')'])?;
                let before = self.text[..self.range.start].trim_end();
                let title = &format!("Remove `{written}`");
                if let Some(before) = before.strip_suffix(',') {
                    return Some(self.change(title, before.len()..end, ""));
                }
                let behind = self.text[end..].strip_prefix(',').map_or(end, |rest| end + 1 + (rest.len() - rest.trim_start().len()));
                Some(self.change(title, self.range.start..behind, ""))
            }
            _ => None,
        }
    }

    /// Replaces text with `code`: exactly the location, the word there, from there to the end of the line or of the statement, or the whole
    /// line.
    fn written(&self, code: &str) -> Vec<Change> {
        let title = &format!("Write `{code}`");
        let line = self.line();
        let text = self.text;
        let word = |char: char| char.is_alphanumeric() || matches!(char, '_' | '-');
        let start = self.range.start - (text[..self.range.start].len() - text[..self.range.start].trim_end_matches(word).len());
        let rest = &text[self.range.start..];
        let end = self.range.start + (rest.len() - rest.trim_start_matches(word).len());
        let statement =
            text[self.range.start..line.end.max(self.range.start)].find([';', '}']).map_or(line.end, |at| self.range.start + at);
        let begin = text[line.start..self.range.start.max(line.start)].rfind([';', '{']).map_or(line.start, |at| line.start + at + 1);
        let begin = begin + (text[begin..].len() - text[begin..].trim_start().len());
        let trimmed =
            begin..(begin.max(statement) - (text[begin..begin.max(statement)].len() - text[begin..begin.max(statement)].trim_end().len()));
        // `shop.item` for `itm` after `shop.`; the first word for `let x = …`.
        let last = code.rsplit('.').next().unwrap_or(code);
        let first = code.split(' ').next().unwrap_or(code);
        if code.contains('…') {
            return vec![self.change(&format!("Write `{first}`"), self.range.clone(), first)];
        }
        let before = text[..self.range.start].trim_end();
        // The path before an operator in words: `json.id exists`.
        let word_before = before.trim_end_matches(|char| word(char) || char == '.').len();
        let between_slashes = text[..self.range.start].ends_with('/') && text[self.range.end..].starts_with('/');
        let slashes = if between_slashes { self.range.start - 1..self.range.end + 1 } else { self.range.clone() };
        // The whole expression before a member: `json.items.length`.
        let expression =
            text[..self.range.start].trim_end_matches(|char: char| !char.is_whitespace() && !matches!(char, '(' | '{' | '[')).len();
        let ranges = [
            expression..self.range.end,
            self.range.clone(),
            start..end.max(start),
            trimmed,
            self.range.start..line.end.max(self.range.start),
            line.clone(),
            word_before..self.range.end,
            slashes,
        ];
        let keeps = |range: &Range<usize>| {
            // The fix must contain the text around the location, so that none of it is lost.
            let around = [range.start..self.range.start.max(range.start), self.range.end.min(range.end)..range.end];
            let words = around.into_iter().flat_map(|around| text[around].split(|char: char| !char.is_alphanumeric() && char != '_'));
            words.filter(|word| !word.is_empty()).all(|word| code.contains(word))
        };
        let mut found: Vec<Change> = ranges.into_iter().filter(keeps).map(|range| self.change(title, range, code)).collect();
        if last != code && text[..self.range.start].ends_with('.') {
            found.push(self.change(&format!("Write `{last}`"), self.range.clone(), last));
        }
        // Code that contains what is written at the location replaces it, and is not written beside it.
        let written = text[self.range.clone()].trim_matches('"');
        if written.is_empty() || !code.contains(written) {
            found.push(self.change(title, self.range.start..self.range.start, &format!("{code} ")));
            found.push(self.change(title, self.range.end..self.range.end, code));
            found.push(self.change(title, self.range.end..self.range.end, &format!(" {code}")));
        }
        found.retain(|change| change.edits.iter().all(|edit| self.stands_alone(edit)));
        found
    }

    /// Whether the words at the ends of an edit's text do not merge with the words beside them.
    fn stands_alone(&self, edit: &Edit) -> bool {
        let word = |char: Option<char>| char.is_some_and(|char| char.is_alphanumeric() || char == '_');
        let (before, behind) = (&self.text[..edit.range.start], &self.text[edit.range.end..]);
        let merges_before = word(before.chars().next_back()) && word(edit.text.chars().next());
        let merges_behind = word(edit.text.chars().next_back()) && word(behind.chars().next());
        !merges_before && !merges_behind
    }

    /// Adds `code`: after the location, before it, at the end of the line, or as a line of the block that begins there.
    fn added(&self, code: &str) -> Vec<Change> {
        let title = &format!("Add `{code}`");
        let line = self.line();
        let at = |at: usize| at..at;
        // A selector or a path is in quotes.
        let last = self.text[..self.range.end].chars().next_back().map_or(0, char::len_utf8);
        let quote = self.text[self.range.end - last..].find('"').map_or(self.range.end, |next| self.range.end - last + next);
        let mut found = vec![
            self.change(title, at(self.range.end), code),
            self.change(title, at(quote), code),
            self.change(title, at(self.range.end), &format!(" {code}")),
            self.change(title, at(self.range.start), &format!("{code} ")),
            self.change(title, at(line.end), code),
            self.change(title, at(line.end), &format!(" {code}")),
        ];
        let open = self.text[self.range.start..].find('{').map(|open| self.range.start + open + 1);
        let start = self.text[..line.start].rfind('\n').map_or(0, |at| at + 1);
        let indent = " ".repeat(line.start - start);
        if let Some(open) = open {
            let is_line = self.text[open..].trim_start_matches([' ', '\t']).starts_with(['\n', '\r', '#']);
            let lines = Lines::new(self.text);
            let behind = lines.line(lines.line_column(open).0).end;
            found.push(if is_line {
                self.change(title, at(behind), &format!("\n{indent}  {code}"))
            } else {
                self.change(title, at(open), &format!(" {code};"))
            });
        }
        if let Some(number) = self.help.rsplit("before line ").next().and_then(|rest| rest.parse::<usize>().ok()) {
            let before = Lines::new(self.text).line(number.saturating_sub(1)).start;
            found.insert(0, self.change(title, at(before), &format!("{indent}{code}\n")));
        }
        let end = if self.text.ends_with('\n') { format!("{code}\n") } else { format!("\n{code}\n") };
        found.push(self.change(title, at(self.text.len()), &end));
        found
    }

    /// Moves a sign from the start of a line to the end of the line before.
    fn moved(&self, code: &str) -> Vec<Change> {
        let line = self.line();
        if !self.text[line.clone()].starts_with(code) {
            return Vec::new();
        }
        let before = previous_code_end(self.text, line.start);
        let rest = &self.text[line.start + code.len()..];
        let behind = line.start + code.len() + (rest.len() - rest.trim_start_matches(' ').len());
        let edit = |range: Range<usize>, text: String| Edit { path: self.path.to_path_buf(), range, text };
        let moved = vec![edit(before.clone(), format!(" {code}")), edit(line.start..behind, String::new())];
        let joined = vec![edit(before.start..line.start, " ".to_owned())];
        [moved, joined].map(|edits| Change { title: format!("Move `{code}` to the line before"), edits }).into()
    }

    /// Removes the sign that the help names at the start of the location: "remove the `-`".
    fn sign_removed(&self) -> Option<Change> {
        let sign = self.help.strip_prefix("remove the `")?.split('`').next()?;
        let is_there = self.text[self.range.clone()].starts_with(sign);
        is_there.then(|| self.change(&format!("Remove `{sign}`"), self.range.start..self.range.start + sign.len(), ""))
    }

    /// Removes the location alone, or its whole line.
    fn removed(&self) -> Vec<Change> {
        let line = self.line();
        let start = self.text[..line.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[line.end..].find('\n').map_or(self.text.len(), |at| line.end + at + 1);
        let before = self.text[..self.range.start].trim_end_matches(' ').len();
        let title = &format!("Remove `{}`", self.text[self.range.clone()].lines().next().unwrap_or_default().trim());
        // The line goes only if it begins with the location and contains nothing else.
        let is_alone = self.range.start == line.start && !self.text[line.clone()].contains([';', '{', '}']) || self.range == line;
        let whole = is_alone.then(|| self.change("Remove the line", start..end, ""));
        [self.change(title, self.range.clone(), ""), self.change(title, before..self.range.end, "")].into_iter().chain(whole).collect()
    }

    /// Adds `interrupt` after the name of the step that contains a byte.
    fn interrupted(&self, at: usize) -> Option<Change> {
        let step = self.text[..at].rfind("step \"")?;
        let name = step + "step \"".len();
        let end = name + self.text[name..].find('"')? + 1;
        Some(self.change("Add `interrupt` to the step", end..end, " interrupt"))
    }
}
