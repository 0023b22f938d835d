//! Walks checked expressions, and replaces a request's parameters with arguments.

use indexmap::IndexSet;

use crate::model::{Expect, ExpectKind, Expr, ExprKind, LocalId, Matcher, Source, TextPart};

/// The direct subexpressions.
fn children(e: &Expr) -> Vec<&Expr> {
    match &e.kind {
        ExprKind::Text(parts) => parts
            .iter()
            .filter_map(|part| match part {
                TextPart::Hole(e, _) => Some(e),
                TextPart::Literal(_) => None,
            })
            .collect(),
        ExprKind::List(items) | ExprKind::Call(_, items) => items.iter().collect(),
        ExprKind::Object(members) => members.iter().map(|(_, e)| e).collect(),
        ExprKind::Weighted(pairs) => pairs.iter().flat_map(|(w, v)| [w, v]).collect(),
        ExprKind::File(_, name, ty) => [name, ty].into_iter().flatten().map(|e| &**e).collect(),
        ExprKind::Neg(e)
        | ExprKind::Not(e)
        | ExprKind::Match(e, ..)
        | ExprKind::Capture(e, ..)
        | ExprKind::Member(e, _)
        | ExprKind::Members(e)
        | ExprKind::Source(Source::Header(e, _) | Source::Cookie(e) | Source::JarCookie(e)) => vec![e],
        ExprKind::Binary(a, _, b) | ExprKind::Index(a, b) => vec![a, b],
        ExprKind::If(a, b, c) | ExprKind::Slice(a, b, c) => vec![a, b, c],
        ExprKind::Source(Source::JsonPath { path, .. }) => path.values().collect(),
        ExprKind::Source(Source::Html { selector, .. }) => selector.values().collect(),
        _ => Vec::new(),
    }
}

fn children_mut(e: &mut Expr) -> Vec<&mut Expr> {
    match &mut e.kind {
        ExprKind::Text(parts) => parts
            .iter_mut()
            .filter_map(|part| match part {
                TextPart::Hole(e, _) => Some(e),
                TextPart::Literal(_) => None,
            })
            .collect(),
        ExprKind::List(items) | ExprKind::Call(_, items) => items.iter_mut().collect(),
        ExprKind::Object(members) => members.iter_mut().map(|(_, e)| e).collect(),
        ExprKind::Weighted(pairs) => pairs.iter_mut().flat_map(|(w, v)| [w, v]).collect(),
        ExprKind::File(_, name, ty) => [name, ty].into_iter().flatten().map(|e| &mut **e).collect(),
        ExprKind::Neg(e)
        | ExprKind::Not(e)
        | ExprKind::Match(e, ..)
        | ExprKind::Capture(e, ..)
        | ExprKind::Member(e, _)
        | ExprKind::Members(e)
        | ExprKind::Source(Source::Header(e, _) | Source::Cookie(e) | Source::JarCookie(e)) => vec![e],
        ExprKind::Binary(a, _, b) | ExprKind::Index(a, b) => vec![a, b],
        ExprKind::If(a, b, c) | ExprKind::Slice(a, b, c) => vec![a, b, c],
        ExprKind::Source(Source::JsonPath { path, .. }) => path.values_mut().collect(),
        ExprKind::Source(Source::Html { selector, .. }) => selector.values_mut().collect(),
        _ => Vec::new(),
    }
}

/// Calls `f` with the expression and all its subexpressions.
pub(in crate::check) fn each(e: &Expr, f: &mut dyn FnMut(&Expr)) {
    f(e);
    for child in children(e) {
        each(child, f);
    }
}

fn each_mut(e: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    f(e);
    for child in children_mut(e) {
        each_mut(child, f);
    }
}

/// Whether an expression reads the response.
pub(in crate::check) fn reads_response(e: &Expr) -> bool {
    let mut found = false;
    each(e, &mut |e| found |= matches!(&e.kind, ExprKind::Source(source) if !matches!(source, Source::JarCookie(_))));
    found
}

/// Whether an expectation reads the body of the response.
pub(in crate::check) fn reads_body(expect: &Expect) -> bool {
    let mut found = matches!(expect.kind, ExpectKind::Json { .. } | ExpectKind::Text { .. });
    in_expect(expect, &mut |e| each(e, &mut |e| found |= matches!(&e.kind, ExprKind::Source(source) if source.is_of_body())));
    found
}

/// Whether an expression is free to evaluate and has the same value throughout a step.
pub(in crate::check) fn is_plain(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Const(_)
        | ExprKind::Local(_)
        | ExprKind::Keep(_)
        | ExprKind::Global(_)
        | ExprKind::Shared(_)
        | ExprKind::Env(_)
        | ExprKind::World(_) => true,
        ExprKind::Member(of, _) => is_plain(of),
        _ => false,
    }
}

/// The number of expectations, of their matchers, and of the expressions in these.
pub(in crate::check) fn size(expects: &[Expect]) -> usize {
    let mut count = 0;
    for expect in expects {
        in_expect(expect, &mut |e| each(e, &mut |_| count += 1));
        count += match &expect.kind {
            ExpectKind::Status(statuses) => statuses.len(),
            ExpectKind::Json { matcher, .. } => matchers(matcher),
            ExpectKind::Headers(headers) => headers.iter().map(|header| matchers(&header.matcher)).sum(),
            ExpectKind::Text { .. } | ExpectKind::Condition { .. } => 1,
        };
    }
    count
}

/// The number of matchers that a matcher consists of.
fn matchers(matcher: &Matcher) -> usize {
    1 + match matcher {
        Matcher::Each(inner) => matchers(inner),
        Matcher::OneOf(items) | Matcher::List { items, .. } => items.iter().map(matchers).sum(),
        Matcher::Object(members) => members.iter().map(|(_, member)| matchers(member)).sum(),
        _ => 0,
    }
}

/// The parameters that expectations use.
pub(in crate::check) fn params_of(expects: &[Expect]) -> Vec<LocalId> {
    let mut found = IndexSet::new();
    for expect in expects {
        in_expect(expect, &mut |e| {
            each(e, &mut |e| {
                if let ExprKind::Local(id) = e.kind {
                    found.insert(id);
                }
            });
        });
    }
    found.into_iter().collect()
}

/// Replaces parameters with arguments.
pub(in crate::check) fn apply(expect: &mut Expect, args: &[Expr]) {
    in_expect_mut(expect, &mut |e| {
        each_mut(e, &mut |e| {
            if let ExprKind::Local(id) = e.kind
                && let Some(arg) = args.get(id.0)
            {
                *e = arg.clone();
            }
        });
    });
}

fn in_expect(expect: &Expect, f: &mut dyn FnMut(&Expr)) {
    match &expect.kind {
        ExpectKind::Status(_) => {}
        ExpectKind::Json { matcher, .. } => in_matcher(matcher, f),
        ExpectKind::Headers(headers) => {
            for header in headers {
                in_matcher(&header.matcher, f);
            }
        }
        ExpectKind::Text { part: e, .. } | ExpectKind::Condition { condition: e, .. } => f(e),
    }
}

fn in_matcher(matcher: &Matcher, f: &mut dyn FnMut(&Expr)) {
    match matcher {
        Matcher::Compare(_, e) | Matcher::Value(e) => f(e),
        Matcher::Each(inner) => in_matcher(inner, f),
        Matcher::OneOf(items) | Matcher::List { items, .. } => {
            items.iter().for_each(|item| in_matcher(item, f));
        }
        Matcher::Object(members) => members.iter().for_each(|(_, m)| in_matcher(m, f)),
        _ => {}
    }
}

fn in_expect_mut(expect: &mut Expect, f: &mut dyn FnMut(&mut Expr)) {
    match &mut expect.kind {
        ExpectKind::Status(_) => {}
        ExpectKind::Json { matcher, .. } => in_matcher_mut(matcher, f),
        ExpectKind::Headers(headers) => {
            for header in headers {
                in_matcher_mut(&mut header.matcher, f);
            }
        }
        ExpectKind::Text { part: e, .. } | ExpectKind::Condition { condition: e, .. } => f(e),
    }
}

fn in_matcher_mut(matcher: &mut Matcher, f: &mut dyn FnMut(&mut Expr)) {
    match matcher {
        Matcher::Compare(_, e) | Matcher::Value(e) => f(e),
        Matcher::Each(inner) => in_matcher_mut(inner, f),
        Matcher::OneOf(items) | Matcher::List { items, .. } => {
            items.iter_mut().for_each(|item| in_matcher_mut(item, f));
        }
        Matcher::Object(members) => members.iter_mut().for_each(|(_, m)| in_matcher_mut(m, f)),
        _ => {}
    }
}
