//! Judges raw JSON on the hot path: one pass, no tree, and no allocation if strings contain no escapes.
//!
//! Every method reads the whole value that it judges, even after a mismatch. So a document that is invalid after some point never passes,
//! and of a repeated key the last one counts, as in the tree.

use std::collections::HashMap;

use super::judge::mismatches;
use super::{Bound, Context, Key, Matcher, Mismatch, Op, Verdict, number_is};
use crate::source::MemberIndex;
use crate::value::scan::{JsonKind, RawStr, Scan, Scanner};
use crate::value::{Map, Number, Type, Value};

/// The most members of an object that are judged without allocation, because each has one bit.
const MOST_MEMBERS: usize = 64;

/// Judges a body. The error lists each mismatch, also that the body isn't JSON.
pub fn judge_bytes(matcher: &Matcher, json: &[u8], context: &Context<'_>) -> Verdict {
    match matches_bytes(matcher, json, context) {
        Ok(true) => Ok(()),
        Ok(false) => Err(mismatches(matcher, json, context).unwrap_or_else(|error| not_json(context, error.explain(json).0))),
        Err(error) => Err(not_json(context, error.explain(json).0)),
    }
}

fn not_json(context: &Context<'_>, why: String) -> Vec<Mismatch> {
    vec![Mismatch { path: context.root.to_owned(), expected: Mismatch::JSON.to_owned(), actual: why }]
}

/// Whether a body matches. Fails if it isn't JSON.
pub fn matches_bytes(matcher: &Matcher, json: &[u8], context: &Context<'_>) -> Scan<bool> {
    let mut scanner = Scanner::new(json);
    let holds = context.value(matcher, &mut scanner, false)?;
    scanner.end()?;
    Ok(holds)
}

/// Whether the indexed members of a body match. If they don't, or the matcher isn't an object, the whole body has to be judged.
pub(crate) fn holds_members(matcher: &Matcher, body: &[u8], found: &MemberIndex, context: &Context<'_>) -> bool {
    let Matcher::Object { members, exact } = matcher else { return false };
    let holds = |(key, matcher): &(Key, Matcher)| match found.value(body, context.key(*key)) {
        Some(scanner) => context.last_value(matcher, scanner, *exact).unwrap_or_default(),
        None => context.may_be_absent(matcher),
    };
    let is_wanted = |key: RawStr<'_>| members.iter().any(|(wanted, _)| key.is(context.key(*wanted)));
    members.iter().all(holds) && (!*exact || found.keys(body).all(is_wanted))
}

/// Whether a value of this kind, which isn't a number, has this type.
fn kind_is(ty: Type, kind: JsonKind) -> bool {
    match ty {
        Type::Any | Type::Json => true,
        Type::String => kind == JsonKind::Str,
        Type::Bool => matches!(kind, JsonKind::True | JsonKind::False),
        Type::List => kind == JsonKind::List,
        Type::Object => kind == JsonKind::Object,
        _ => false,
    }
}

fn wrong(scanner: &mut Scanner<'_>) -> Scan<bool> {
    scanner.skip().map(|()| false)
}

impl Context<'_> {
    /// Whether a value of a document that was checked matches. What decides nothing isn't read, since nothing after the value is read either.
    fn last_value(&self, matcher: &Matcher, mut scanner: Scanner<'_>, exact: bool) -> Scan<bool> {
        match (matcher, scanner.kind()?) {
            (Matcher::Any, _) => Ok(true),
            (Matcher::Type(ty), kind) if kind != JsonKind::Number => Ok(kind_is(*ty, kind)),
            (Matcher::List { items, rest: Some(rest) }, JsonKind::List) if *rest >= items.len() => {
                scanner.enter()?;
                let mut first = true;
                for item in *items {
                    if !(scanner.item(&mut first)? && self.value(item, &mut scanner, exact)?) {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            _ => self.value(matcher, &mut scanner, exact),
        }
    }

    pub(super) fn value(&self, matcher: &Matcher, scanner: &mut Scanner<'_>, exact: bool) -> Scan<bool> {
        let kind = scanner.kind()?;
        match (matcher, kind) {
            (Matcher::Any, _) => scanner.skip().map(|()| true),
            (Matcher::Null, JsonKind::Null) | (Matcher::Bool(true), JsonKind::True) | (Matcher::Bool(false), JsonKind::False) => {
                scanner.literal(kind).map(|()| true)
            }
            (Matcher::Int(n), JsonKind::Number) => Ok(scanner.number()?.is(Number::Int(*n))),
            (Matcher::Float(x), JsonKind::Number) => Ok(scanner.number()?.is(Number::Float(*x))),
            (Matcher::Exact(text), JsonKind::Number) => Ok(scanner.number()?.is(Number::Exact(text))),
            (Matcher::Str(text), JsonKind::Str) => Ok(scanner.string()?.is(text)),
            (Matcher::Arg(index), _) => self.equal(self.arg(*index), scanner, true),
            (Matcher::Like(index), _) => self.equal(self.arg(*index), scanner, exact),
            (Matcher::Cmp(op, bound), _) => self.compare(*op, *bound, kind, scanner),
            (Matcher::Regex { index, negated }, JsonKind::Str) => Ok(self.regex(*index, *negated, &scanner.string()?.text())),
            (Matcher::Type(ty), JsonKind::Number) => Ok(number_is(*ty, scanner.number()?)),
            (Matcher::Type(ty), _) => scanner.skip().map(|()| kind_is(*ty, kind)),
            (Matcher::Object { members, exact: own }, JsonKind::Object) => self.object(members, scanner, exact || *own),
            (Matcher::List { items, rest }, JsonKind::List) => self.list(items, *rest, scanner, exact),
            (Matcher::Each(each), JsonKind::List) => {
                scanner.enter()?;
                let (mut first, mut holds) = (true, true);
                while scanner.item(&mut first)? {
                    holds &= self.value(each, scanner, exact)?;
                }
                Ok(holds)
            }
            (Matcher::OneOf(choices), _) => {
                for choice in *choices {
                    let mut probe = scanner.clone();
                    if self.value(choice, &mut probe, exact)? {
                        *scanner = probe;
                        return Ok(true);
                    }
                }
                wrong(scanner)
            }
            _ => wrong(scanner),
        }
    }

    fn compare(&self, op: Op, bound: Bound, kind: JsonKind, scanner: &mut Scanner<'_>) -> Scan<bool> {
        match (bound, kind) {
            (Bound::Arg(index), _) if matches!(op, Op::Eq | Op::Ne) => Ok(self.equal(self.arg(index), scanner, true)? == (op == Op::Eq)),
            (_, JsonKind::Number) => Ok(op.holds(self.order_number(scanner.number()?, bound))),
            (_, JsonKind::Str) => Ok(op.holds(self.order_text(&scanner.string()?.text(), bound))),
            _ => scanner.skip().map(|()| op == Op::Ne),
        }
    }

    fn object(&self, members: &[(Key, Matcher)], scanner: &mut Scanner<'_>, exact: bool) -> Scan<bool> {
        if members.len() > MOST_MEMBERS {
            return self.large_object(members, scanner, exact);
        }
        scanner.enter()?;
        let (mut seen, mut good, mut more) = (0_u64, 0_u64, false);
        let mut first = true;
        while let Some(key) = scanner.member(&mut first)? {
            let mut after = None;
            for (at, (wanted, matcher)) in members.iter().enumerate() {
                if key.is(self.key(*wanted)) {
                    let mut probe = scanner.clone();
                    let bit = 1 << at;
                    seen |= bit;
                    good = good & !bit | u64::from(self.value(matcher, &mut probe, exact)?) << at;
                    after = Some(probe);
                }
            }
            match after {
                Some(after) => *scanner = after,
                None => {
                    more = true;
                    scanner.skip()?;
                }
            }
        }
        let all = members.iter().enumerate().all(|(at, (_, matcher))| match seen & 1 << at {
            0 => self.may_be_absent(matcher),
            bit => good & bit != 0,
        });
        Ok(all && !(exact && more))
    }

    /// Judges an object with many expected members, which are found by their keys.
    fn large_object(&self, members: &[(Key, Matcher)], scanner: &mut Scanner<'_>, exact: bool) -> Scan<bool> {
        let places: HashMap<&str, usize> = members.iter().enumerate().map(|(at, (key, _))| (self.key(*key), at)).collect();
        let mut holds: Vec<bool> = members.iter().map(|(_, matcher)| self.may_be_absent(matcher)).collect();
        let (mut more, mut first) = (false, true);
        scanner.enter()?;
        while let Some(key) = scanner.member(&mut first)? {
            match places.get(&*key.text()).and_then(|at| Some((members.get(*at)?, holds.get_mut(*at)?))) {
                Some(((_, matcher), holds)) => *holds = self.value(matcher, scanner, exact)?,
                None => {
                    more = true;
                    scanner.skip()?;
                }
            }
        }
        Ok(holds.iter().all(|holds| *holds) && !(exact && more))
    }

    fn list(&self, items: &[Matcher], rest: Option<usize>, scanner: &mut Scanner<'_>, exact: bool) -> Scan<bool> {
        scanner.enter()?;
        let front = rest.map_or(items.len(), |rest| rest.min(items.len()));
        // Only items after `..` need the list's length in advance.
        let count = if front < items.len() { scanner.clone().skip_items(&mut true)? } else { 0 };
        let (mut at, mut first, mut holds) = (0, true, true);
        while at < front && scanner.item(&mut first)? {
            holds &= self.value(&items[at], scanner, exact)?;
            at += 1;
        }
        if at < front {
            return Ok(false);
        }
        let mut skipped = count.saturating_sub(items.len());
        for matcher in &items[front..] {
            if !scanner.skip_to_item(&mut first, std::mem::take(&mut skipped))? {
                return Ok(false);
            }
            holds &= self.value(matcher, scanner, exact)?;
        }
        let others = scanner.skip_items(&mut first)?;
        Ok(holds && (rest.is_some() || others == 0))
    }

    /// Compares with a value. Unless `exact`, objects may have further members.
    pub(super) fn equal(&self, wanted: &Value, scanner: &mut Scanner<'_>, exact: bool) -> Scan<bool> {
        let kind = scanner.kind()?;
        match (wanted, kind) {
            (Value::Null, JsonKind::Null) | (Value::Bool(true), JsonKind::True) | (Value::Bool(false), JsonKind::False) => {
                scanner.literal(kind).map(|()| true)
            }
            (Value::Int(_) | Value::Float(_) | Value::Exact(_), JsonKind::Number) => {
                let found = scanner.number()?;
                Ok(Number::of(wanted).is_some_and(|wanted| found.is(wanted)))
            }
            (Value::Str(text), JsonKind::Str) => Ok(scanner.string()?.is(text)),
            (Value::List(items), JsonKind::List) => {
                scanner.enter()?;
                let (mut at, mut first, mut holds) = (0, true, true);
                while scanner.item(&mut first)? {
                    match items.get(at) {
                        Some(item) => holds &= self.equal(item, scanner, exact)?,
                        None => scanner.skip()?,
                    }
                    at += 1;
                }
                Ok(holds && at == items.len())
            }
            (Value::Object(members), JsonKind::Object) => self.equal_object(members, scanner, exact),
            _ => wrong(scanner),
        }
    }

    fn equal_object(&self, members: &Map, scanner: &mut Scanner<'_>, exact: bool) -> Scan<bool> {
        if members.len() > MOST_MEMBERS {
            return self.equal_large_object(members, scanner, exact);
        }
        scanner.enter()?;
        let (mut good, mut more, mut first) = (0_u64, false, true);
        while let Some(key) = scanner.member(&mut first)? {
            match members.get_full(&*key.text()) {
                Some((at, _, value)) => good = good & !(1 << at) | u64::from(self.equal(value, scanner, exact)?) << at,
                None => {
                    more = true;
                    scanner.skip()?;
                }
            }
        }
        Ok(!(exact && more) && good.count_ones() as usize == members.len())
    }

    fn equal_large_object(&self, members: &Map, scanner: &mut Scanner<'_>, exact: bool) -> Scan<bool> {
        let mut good = vec![false; members.len()];
        scanner.enter()?;
        let (mut more, mut first) = (false, true);
        while let Some(key) = scanner.member(&mut first)? {
            match members.get_full(&*key.text()) {
                Some((at, _, value)) => good[at] = self.equal(value, scanner, exact)?,
                None => {
                    more = true;
                    scanner.skip()?;
                }
            }
        }
        Ok(!(exact && more) && good.iter().all(|good| *good))
    }
}
