//! Judges a document again to explain each mismatch with its path. It makes values only of what a message shows.

use std::borrow::Cow;
use std::fmt::Write;

use super::{Context, Key, MOST_MISMATCHES, Matcher, Mismatch};
use crate::base::search::check_cost;
use crate::value::scan::{JsonKind, RawStr, Scan, Scanner};
use crate::value::{Type, Value, list_of, ops};

/// The most keys of an object that are compared with a missing one.
const MOST_KEYS: usize = 256;

/// The mismatches of a document.
pub(super) fn mismatches(matcher: &Matcher, json: &[u8], context: &Context<'_>) -> Scan<Vec<Mismatch>> {
    let mut judge = Judge { context, path: Vec::new(), found: Vec::new() };
    judge.value(matcher, &Scanner::new(json), false)?;
    Ok(judge.found)
}

/// A step from a value into one of its parts.
pub(super) enum MismatchStep<'a> {
    Key(Cow<'a, str>),
    Item(usize),
}

struct Judge<'a> {
    context: &'a Context<'a>,
    path: Vec<MismatchStep<'a>>,
    found: Vec<Mismatch>,
}

/// The members of an object that a matcher names, and some of the others.
struct Members<'a> {
    /// The last value with each wanted key.
    wanted: Vec<Option<Scanner<'a>>>,
    /// The first [`MOST_KEYS`] of the others.
    others: Vec<(RawStr<'a>, Scanner<'a>)>,
}

impl<'a> Members<'a> {
    fn read(object: &Scanner<'a>, wanted: &[&str]) -> Scan<Self> {
        let mut members = Self { wanted: vec![None; wanted.len()], others: Vec::new() };
        let mut scanner = object.clone();
        scanner.kind()?;
        scanner.enter()?;
        let mut first = true;
        while let Some(key) = scanner.member(&mut first)? {
            let mut is_wanted = false;
            for (wanted, found) in wanted.iter().zip(&mut members.wanted) {
                if key.is(wanted) {
                    is_wanted = true;
                    *found = Some(scanner.clone());
                }
            }
            if !is_wanted && members.others.len() < MOST_KEYS {
                members.others.push((key, scanner.clone()));
            }
            scanner.skip()?;
        }
        Ok(members)
    }

    /// Describes a missing member, with the name that was probably meant.
    fn missing(&self, key: &str, wanted: &[&str]) -> String {
        let there = wanted.iter().zip(&self.wanted).filter(|(_, found)| found.is_some()).map(|(wanted, _)| (*wanted).into());
        let keys: Vec<ecow::EcoString> = self.others.iter().map(|(key, _)| key.text().into()).chain(there).collect();
        let hint = ops::no_member(key, keys.iter());
        let nothing = Mismatch::NOTHING;
        hint.split_once(": did you mean ").map_or_else(|| nothing.to_owned(), |(_, name)| format!("{nothing}; did you mean {name}"))
    }
}

impl<'a> Judge<'a> {
    fn value(&mut self, matcher: &Matcher, value: &Scanner<'a>, exact: bool) -> Scan<()> {
        if self.found.len() >= MOST_MISMATCHES {
            return Ok(());
        }
        let kind = value.clone().kind()?;
        match (matcher, kind) {
            (Matcher::Object { members, exact: own }, JsonKind::Object) => return self.object(members, value, exact || *own),
            (Matcher::List { items, rest }, JsonKind::List) => return self.list(matcher, items, *rest, value, exact),
            (Matcher::Each(each), JsonKind::List) => return self.each(value, |judge, item, _| judge.value(each, item, exact)),
            (Matcher::Arg(index), _) => return self.equal(self.context.arg(*index), value, true),
            (Matcher::Like(index), _) => return self.equal(self.context.arg(*index), value, exact),
            _ => {}
        }
        if !self.context.value(matcher, &mut value.clone(), exact)? {
            let actual = match self.excess(matcher, kind, value)? {
                Some(excess) => format!("a long string: {excess}"),
                None => describe(value)?,
            };
            self.fail(self.context.expected(matcher), actual);
        }
        Ok(())
    }

    /// Why a regex isn't applied to a string.
    fn excess(&self, matcher: &Matcher, kind: JsonKind, value: &Scanner<'a>) -> Scan<Option<String>> {
        let (Matcher::Regex { index, .. }, JsonKind::Str) = (matcher, kind) else { return Ok(None) };
        let mut scanner = value.clone();
        scanner.kind()?;
        let text = scanner.string()?.text();
        Ok(self.context.regexes.get(*index).and_then(|regex| check_cost(regex, &text).err()))
    }

    fn object(&mut self, members: &[(Key, Matcher)], object: &Scanner<'a>, exact: bool) -> Scan<()> {
        let keys: Vec<&str> = members.iter().map(|(key, _)| self.context.key(*key)).collect();
        let found = Members::read(object, &keys)?;
        for (at, (key, matcher)) in members.iter().enumerate() {
            let key = self.context.key(*key);
            self.step(MismatchStep::Key(key.into()), |judge| {
                match &found.wanted[at] {
                    Some(value) => judge.value(matcher, value, exact)?,
                    None if judge.context.may_be_absent(matcher) => {}
                    None => judge.fail(judge.context.expected(matcher), found.missing(key, &keys)),
                }
                Ok(())
            })?;
        }
        if exact { self.no_others(&found) } else { Ok(()) }
    }

    /// Members that aren't expected.
    fn no_others(&mut self, members: &Members<'a>) -> Scan<()> {
        for (at, (key, value)) in members.others.iter().enumerate() {
            // Of a repeated key, the last one counts.
            if self.found.len() < MOST_MISMATCHES && !members.others[at + 1..].iter().any(|(other, _)| other.means_same(*key)) {
                let actual = describe(value)?;
                self.step(MismatchStep::Key(key.text()), |judge| {
                    judge.fail("no such member".to_owned(), actual);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Judges each item of a list with its index.
    fn each(&mut self, list: &Scanner<'a>, mut judge_item: impl FnMut(&mut Self, &Scanner<'a>, usize) -> Scan<()>) -> Scan<()> {
        let mut scanner = list.clone();
        scanner.kind()?;
        scanner.enter()?;
        let (mut first, mut at) = (true, 0);
        while self.found.len() < MOST_MISMATCHES && scanner.item(&mut first)? {
            let item = scanner.clone();
            self.step(MismatchStep::Item(at), |judge| judge_item(judge, &item, at))?;
            scanner.skip()?;
            at += 1;
        }
        Ok(())
    }

    fn list(&mut self, matcher: &Matcher, items: &[Matcher], rest: Option<usize>, list: &Scanner<'a>, exact: bool) -> Scan<()> {
        let count = length(list)?;
        let fits = if rest.is_some() { count >= items.len() } else { count == items.len() };
        if !fits {
            self.fail(self.context.expected(matcher), describe(list)?);
        }
        let front = rest.map_or(items.len(), |rest| rest.min(items.len()));
        let back = if fits { items.len() - front } else { 0 };
        let mut scanner = list.clone();
        scanner.kind()?;
        scanner.enter()?;
        let mut first = true;
        let (mut at, mut passed) = (0, 0);
        for (number, matcher) in items[..front + back].iter().enumerate() {
            if number == front {
                at = count - back;
            }
            if !scanner.skip_to_item(&mut first, at - passed)? {
                break;
            }
            let item = scanner.clone();
            self.step(MismatchStep::Item(at), |judge| judge.value(matcher, &item, exact))?;
            scanner.skip()?;
            at += 1;
            passed = at;
        }
        Ok(())
    }

    /// Compares two values, and reports the deepest difference. Unless `exact`, objects may have further members.
    fn equal(&mut self, expected: &Value, value: &Scanner<'a>, exact: bool) -> Scan<()> {
        let kind = value.clone().kind()?;
        match (expected, kind) {
            (Value::Object(wanted), JsonKind::Object) => {
                let keys: Vec<&str> = wanted.keys().map(|key| key.as_str()).collect();
                let found = Members::read(value, &keys)?;
                for (at, (key, expected)) in wanted.iter().enumerate() {
                    self.step(MismatchStep::Key(key.to_string().into()), |judge| {
                        match &found.wanted[at] {
                            Some(value) => judge.equal(expected, value, exact)?,
                            None => judge.fail(expected.literal(), found.missing(key, &keys)),
                        }
                        Ok(())
                    })?;
                }
                if exact { self.no_others(&found) } else { Ok(()) }
            }
            (Value::List(wanted), JsonKind::List) if wanted.len() == length(value)? => {
                self.each(value, |judge, item, at| wanted.get(at).map_or(Ok(()), |expected| judge.equal(expected, item, exact)))
            }
            (Value::List(_), JsonKind::List) => {
                self.fail(expected.describe(), describe(value)?);
                Ok(())
            }
            _ => {
                if !self.context.equal(expected, &mut value.clone(), true)? {
                    self.fail(expected.literal(), describe(value)?);
                }
                Ok(())
            }
        }
    }

    fn step(&mut self, step: MismatchStep<'a>, inner: impl FnOnce(&mut Self) -> Scan<()>) -> Scan<()> {
        self.path.push(step);
        let judged = inner(self);
        self.path.pop();
        judged
    }

    fn fail(&mut self, expected: String, actual: String) {
        if self.found.len() >= MOST_MISMATCHES {
            return;
        }
        self.found.push(Mismatch { path: path_text(self.context.root, &self.path), expected, actual });
    }
}

/// The path as a message shows it: `json.items[0].name`.
pub(super) fn path_text(root: &str, steps: &[MismatchStep<'_>]) -> String {
    let mut path = root.to_owned();
    for step in steps {
        match step {
            MismatchStep::Key(key) => crate::source::push_key(key, &mut path),
            // Writing to a String cannot fail.
            MismatchStep::Item(at) => {
                let _ = write!(path, "[{at}]");
            }
        }
    }
    path
}

/// The number of items of a list.
fn length(list: &Scanner<'_>) -> Scan<usize> {
    let mut scanner = list.clone();
    scanner.kind()?;
    scanner.enter()?;
    scanner.skip_items(&mut true)
}

/// Describes a value as [`Value::describe`] does, and makes no value of a list or an object.
fn describe(value: &Scanner<'_>) -> Scan<String> {
    let mut scanner = value.clone();
    Ok(match scanner.kind()? {
        JsonKind::List => list_of(length(value)?),
        JsonKind::Object => Type::Object.article().to_owned(),
        _ => Value::scan(&mut scanner)?.describe(),
    })
}
