//! Walks a document for a JSONPath without making a tree of it: a node is the position of its value.
//!
//! The document is valid, so it is only searched for the members and items that a selector names. The processor time is limited, because a
//! query with `..` and filters can read the document once for each of its values.

use std::cell::Cell;
use std::collections::HashMap;

use super::query::{Query, Segment, Selector, SliceSelector};
use crate::base::work::{Work, WorkLimit};
use crate::value::EvalError;
use crate::value::ops::place;
use crate::value::scan::{JsonKind, RawStr, Scan, ScanError, Scanner};

/// The bytes that are read between two checks of the limit.
const BYTES: usize = 1 << 16;
/// What a step costs in addition to the bytes that it reads.
const STEP: usize = 64;
/// Up to this many members, each key is compared with each other.
const FEW: usize = 8;

/// The position of a value.
pub(super) type Node = usize;

/// Why a walk ends early.
pub(super) enum WalkEnd {
    /// The caller needs no more nodes.
    Enough,
    /// An error.
    Failed(EvalError),
}

/// What is called for each found node.
pub(super) type NodeVisitor<'f> = &'f mut dyn FnMut(Node) -> Result<(), WalkEnd>;

/// A walk through a valid document.
pub(super) struct Walk<'d> {
    document: &'d [u8],
    root: Node,
    work: Work<'d>,
    /// What was read since the last check of the limit.
    unchecked: Cell<usize>,
}

impl<'d> Walk<'d> {
    /// A walk through a document that was checked.
    pub(super) fn new(document: &'d [u8], limit: &'d WorkLimit) -> Scan<Self> {
        let mut scanner = Scanner::new(document);
        scanner.kind()?;
        Ok(Self { document, root: scanner.place(), work: limit.start(), unchecked: Cell::new(0) })
    }

    /// The position of the document's value.
    pub(super) fn root(&self) -> Node {
        self.root
    }

    /// Calls `found` for each node that a query finds, in the order of the standard.
    pub(super) fn find(&self, query: &Query, current: Node, found: NodeVisitor<'_>) -> Result<(), WalkEnd> {
        self.segments(&query.segments, if query.is_absolute { self.root } else { current }, found)
    }

    fn segments(&self, segments: &[Segment], node: Node, found: NodeVisitor<'_>) -> Result<(), WalkEnd> {
        let Some((segment, rest)) = segments.split_first() else { return found(node) };
        self.select(segment, rest, node, found)?;
        if segment.descends {
            // The descendants of a node, with the same segment.
            self.children(node, &mut |child| self.segments(segments, child, found))?;
        }
        Ok(())
    }

    fn select(&self, segment: &Segment, rest: &[Segment], node: Node, found: NodeVisitor<'_>) -> Result<(), WalkEnd> {
        for selector in &segment.selectors {
            let mut next = |child| self.segments(rest, child, found);
            match selector {
                Selector::Name(name) => {
                    if let Some(child) = self.member(node, name)? {
                        next(child)?;
                    }
                }
                Selector::Wildcard => self.children(node, &mut next)?,
                Selector::Index(index) => {
                    let count = if *index < 0 { self.count(node)? } else { usize::MAX };
                    if let Some(at) = place(*index, count) {
                        self.items(node, at, 1, 1, &mut next)?;
                    }
                }
                Selector::Slice(slice) => self.slice(node, *slice, &mut next)?,
                Selector::Filter(condition) => {
                    self.children(node, &mut |child| if self.holds(condition, child)? { next(child) } else { Ok(()) })?;
                }
            }
        }
        Ok(())
    }

    /// A scanner at a node. `spend` counts what it reads.
    pub(super) fn at(&self, node: Node) -> Scanner<'d> {
        Scanner::at(self.document, node)
    }

    /// Counts what a scanner has read, and checks the limit from time to time.
    pub(super) fn spend(&self, bytes: usize) -> Result<(), WalkEnd> {
        let unchecked = self.unchecked.get() + bytes + STEP;
        self.unchecked.set(unchecked);
        if unchecked < BYTES {
            return Ok(());
        }
        self.unchecked.set(0);
        if self.work.is_too_much() {
            return Err(WalkEnd::Failed(EvalError(format!("the JSONPath can't be applied: {}", self.work.excess()))));
        }
        Ok(())
    }

    pub(super) fn kind(&self, node: Node) -> Result<JsonKind, WalkEnd> {
        self.read(node, |scanner| scanner.kind())
    }

    /// Reads from a node on.
    pub(super) fn read<T>(&self, node: Node, read: impl FnOnce(&mut Scanner<'d>) -> Scan<T>) -> Result<T, WalkEnd> {
        let mut scanner = self.at(node);
        let value = read(&mut scanner).map_err(|error| WalkEnd::Failed(error.explain(self.document)))?;
        self.spend(scanner.place() - node)?;
        Ok(value)
    }

    /// The member of an object with this name. Of a repeated name, the last one counts.
    fn member(&self, node: Node, name: &str) -> Result<Option<Node>, WalkEnd> {
        self.read(node, |scanner| {
            let is_object = scanner.kind()? == JsonKind::Object;
            let found = if is_object { scanner.last_member(name)? } else { None };
            found.map(|mut found| found.kind().map(|_| found.place())).transpose()
        })
    }

    /// The number of items of a list, which is 0 for any other value.
    pub(super) fn count(&self, node: Node) -> Result<usize, WalkEnd> {
        self.read(node, |scanner| {
            if scanner.kind()? != JsonKind::List {
                return Ok(0);
            }
            scanner.enter()?;
            scanner.skip_items(&mut true)
        })
    }

    /// Calls `found` for `most` items of a list, from the item `from` on and then every `step`th one.
    fn items(&self, node: Node, from: usize, step: usize, most: usize, found: NodeVisitor<'_>) -> Result<(), WalkEnd> {
        if self.kind(node)? != JsonKind::List {
            return Ok(());
        }
        let failed = |error: ScanError| WalkEnd::Failed(error.explain(self.document));
        let mut scanner = self.at(node);
        let (mut first, mut counted) = (true, node);
        let (mut skipped, mut left) = (from, most);
        scanner.enter().map_err(failed)?;
        while left > 0 {
            let is_there = scanner.skip_to_item(&mut first, skipped).map_err(failed)?;
            self.spend(scanner.place() - std::mem::replace(&mut counted, scanner.place()))?;
            if !is_there {
                break;
            }
            scanner.kind().map_err(failed)?;
            found(scanner.place())?;
            (skipped, left) = (step - 1, left - 1);
            if left > 0 {
                scanner.skip().map_err(failed)?;
            }
        }
        Ok(())
    }

    fn slice(&self, node: Node, slice: SliceSelector, found: NodeVisitor<'_>) -> Result<(), WalkEnd> {
        let count = self.count(node)?;
        let (from, step, most) = bounds(slice, i64::try_from(count).unwrap_or(i64::MAX));
        if slice.step > 0 {
            return self.items(node, from, step, most, found);
        }
        // Backward: the positions of the same items, in reverse.
        let Some(before) = most.checked_sub(1) else { return Ok(()) };
        let mut items = Vec::with_capacity(most);
        self.items(node, from - before * step, step, most, &mut |item| {
            items.push(item);
            Ok(())
        })?;
        items.into_iter().rev().try_for_each(found)
    }

    /// Calls `found` for each item of a list, and for each member of an object.
    pub(super) fn children(&self, node: Node, found: NodeVisitor<'_>) -> Result<(), WalkEnd> {
        match self.kind(node)? {
            JsonKind::List => self.items(node, 0, 1, usize::MAX, found),
            JsonKind::Object => self.members(node)?.into_iter().try_for_each(|(_, value)| found(value)),
            _ => Ok(()),
        }
    }

    /// The members of an object, each key once.
    pub(super) fn members(&self, node: Node) -> Result<Vec<(RawStr<'d>, Node)>, WalkEnd> {
        let mut members: Vec<(RawStr<'d>, Node)> = Vec::new();
        self.read(node, |scanner| scanner.pass_members(|key, value| members.push((key, value))))?;
        if members.len() <= FEW {
            let mut at = 0;
            while at < members.len() {
                let key = members[at].0;
                match members[at + 1..].iter().rposition(|(other, _)| other.means_same(key)) {
                    // The last one takes the position of the first one.
                    Some(later) => {
                        let (_, value) = members.remove(at + 1 + later);
                        if members[at].1 < value {
                            members[at].1 = value;
                        }
                    }
                    None => at += 1,
                }
            }
            return Ok(members);
        }
        let mut known = HashMap::with_capacity(members.len());
        let mut kept: Vec<(RawStr<'d>, Node)> = Vec::with_capacity(members.len());
        for (key, value) in members {
            let at = *known.entry(key.text()).or_insert(kept.len());
            match kept.get_mut(at) {
                Some(member) => member.1 = value,
                None => kept.push((key, value)),
            }
        }
        Ok(kept)
    }
}

/// The first index, the distance and the number of the items of a slice (RFC 9535, section 2.3.4.2).
fn bounds(slice: SliceSelector, count: i64) -> (usize, usize, usize) {
    let from_end = |at: i64| if at < 0 { at.saturating_add(count) } else { at };
    let size = |n: i64| usize::try_from(n).unwrap_or(0);
    let distance = slice.step.saturating_abs();
    if slice.step > 0 {
        let start = from_end(slice.start.unwrap_or(0)).clamp(0, count);
        let end = from_end(slice.end.unwrap_or(count)).clamp(0, count);
        return (size(start), size(distance), size((end - start + distance - 1).max(0) / distance));
    }
    if slice.step == 0 {
        return (0, 1, 0);
    }
    let start = slice.start.map_or(count - 1, |at| from_end(at).clamp(-1, count - 1));
    let end = slice.end.map_or(-1, |at| from_end(at).clamp(-1, count - 1));
    (size(start), size(distance), size((start - end).saturating_add(distance - 1).max(0) / distance))
}
