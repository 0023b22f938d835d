//! Parts of values: members, indices and slices; `env.a.b`, `user.id`, the path that follows `json`.

use crate::ast::{self, ExprKind as Ast};
use crate::check::Checker;
use crate::check::types::const_eval;
use crate::check::types::{Kinds, a};
use crate::diagnostic::{Code, Diagnostic, list};
use crate::foreign;
use crate::model::{Const, Expr, ExprKind, PathStep, Source, Type, World};
use crate::span::{Name, Span};

/// One access to a part of a value.
enum Link<'a> {
    Member(&'a Name),
    Index(&'a ast::Expr),
}

impl<'a> Checker<'a> {
    pub(in crate::check) fn chain(&mut self, e: &'a ast::Expr) -> Expr {
        let mut links = Vec::new();
        let mut root = e;
        loop {
            match &root.kind {
                Ast::Member(of, name) => {
                    links.push((Link::Member(name), root.span));
                    root = of;
                }
                Ast::Index(of, index) => {
                    links.push((Link::Index(index), root.span));
                    root = of;
                }
                _ => break,
            }
        }
        links.reverse();
        let is_json = matches!(root.kind, Ast::Source(ast::SourceWord::Json));
        let mut value = match &root.kind {
            Ast::Name(name) if !self.func.names.contains_key(name.as_str()) => match self.world(name, root.span, &mut links) {
                Some(value) => value,
                None if self.is_foreign_value(name, e.span) => {
                    let d = Diagnostic::new(Code::UnknownName, root.span, format!("unknown name `{name}`"));
                    let help = foreign::source(self.written(e.span)).or_else(|| {
                        let written = self.written(links.last().map_or(root.span, |(_, span)| root.span.to(*span)));
                        let (of, member) = written.rsplit_once('.')?;
                        foreign::value(Some(of), member)
                    });
                    return self.bad(match help.or_else(|| foreign::value(None, name)) {
                        Some(help) => d.help_replacing(e.span, help),
                        None => d,
                    });
                }
                None if name == "env"
                    && let Some(dotted) = dotted(self.written(e.span)) =>
                {
                    let d = Diagnostic::new(Code::WrongName, e.span, "unexpected key of the environment in brackets");
                    return self.bad(d.help_replacing(e.span, format!("write `{dotted}`")));
                }
                None => self.name(name, root.span),
            },
            _ => self.expr(root),
        };
        for (link, span) in links {
            let span = root.span.to(span);
            value = match link {
                Link::Member(name) if is_json => {
                    let spelled =
                        if self.context.camel() { crate::check::expr::key_spelling::camel(&name.node) } else { name.node.clone() };
                    self.member(value, &spelled, name.span, span)
                }
                Link::Member(name) => self.member(value, &name.node, name.span, span),
                Link::Index(index) => self.index(value, index, span),
            };
        }
        value
    }

    /// Whether a chain starts with a name that other tools use for the response, or with an object of another language.
    fn is_foreign_value(&self, root: &str, span: Span) -> bool {
        if self.values.contains_key(root) || self.runs.contains_key(root) || self.context.columns().is_some() {
            return false;
        }
        let unsure = self.broken || self.func.broken || self.repaired(span);
        foreign::is_constant(root)
            || !unsure && (foreign::source(self.written(span)).is_some() || foreign::value(Some(root), "_").is_some())
    }

    /// Checks `env.a.b`, `user.id` and `rows.all`, and removes the links that belong to the name.
    fn world(&mut self, name: &'a str, span: Span, links: &mut Vec<(Link<'a>, Span)>) -> Option<Expr> {
        let members: Vec<&'a Name> = links
            .iter()
            .map_while(|(link, _)| match link {
                Link::Member(name) => Some(*name),
                Link::Index(_) => None,
            })
            .collect();
        let first = *members.first()?;
        let span = span.to(first.span);
        if name == "env" {
            if self.context.columns().is_some() {
                links.clear();
                return Some(self.column(name, span));
            }
            let span = span.to(members.last().map_or(span, |m| m.span));
            let (value, used) = self.env(&members, span);
            links.drain(..used);
            return Some(value);
        }
        let known: &[(&str, World, Type)] = match name {
            "user" => &[("id", World::UserId, Type::Int), ("iteration", World::UserIteration, Type::Int)],
            "shard" => &[("index", World::ShardIndex, Type::Int)],
            "test" => &[("id", World::TestId, Type::String)],
            "fake" => {
                links.clear();
                let function = format!("fake.{}", first.node);
                let d = Diagnostic::new(Code::WrongName, span, format!("unexpected function `{function}`, expected a value"))
                    .help(format!("call it: `{function}()`"));
                return Some(self.bad(d));
            }
            _ => return self.rows(name, first, span, links),
        };
        links.remove(0);
        let found = known.iter().find(|(member, ..)| *member == first.node);
        Some(match found {
            Some((_, world, ty)) => Expr { kind: ExprKind::World(*world), ty: ty.clone(), span },
            None => {
                links.clear();
                let words: Vec<String> = known.iter().map(|(m, ..)| format!("`{name}.{m}`")).collect();
                self.bad(
                    Diagnostic::new(Code::UnknownMember, first.span, format!("unknown member `{}` of `{name}`", first.node))
                        .help(format!("use {}", words.join(" or "))),
                )
            }
        })
    }

    /// Checks `a.b`.
    pub(in crate::check) fn member(&mut self, of: Expr, name: &str, name_span: Span, span: Span) -> Expr {
        if name == "length" && matches!(of.ty, Type::Json) && !matches!(of.kind, ExprKind::Const(_)) {
            let written = self.written(of.span);
            let help = format!("write `len({written})`; a member of this name is `{written}[\"length\"]`");
            self.error(Code::LengthMember, name_span, "`length` is read as a member", &help);
        }
        if let ExprKind::Source(Source::Json(mut path)) = of.kind {
            path.push(PathStep::Key(name.to_owned()));
            return Expr { kind: ExprKind::Source(Source::Json(path)), ty: Type::Json, span };
        }
        let ty = match &of.ty {
            Type::Json | Type::Object(None) => Type::Json,
            // `action`, `method`, or a field of the form.
            Type::Form => Type::String,
            Type::Object(Some(members)) => match members.get(name) {
                Some(ty) => ty.clone(),
                None if !self.explains() => {
                    return self.bad(Diagnostic::new(Code::UnknownMember, name_span, format!("unknown member `{name}`")));
                }
                None => {
                    let keys: Vec<&str> = members.iter().map(|(key, _)| key.as_str()).collect();
                    let mut d = Diagnostic::new(Code::UnknownMember, name_span, format!("unknown member `{name}`"))
                        .did_you_mean(name, keys.iter().copied());
                    if d.help.is_none() && !keys.is_empty() {
                        d = d.help(format!("use one of its members: {}", list(&keys)));
                    }
                    return self.bad(d);
                }
            },
            other => {
                let mut d = Diagnostic::new(Code::UnknownMember, name_span, format!("cannot read a member of {}", a(other)));
                if matches!(name, "length" | "len" | "size" | "count") {
                    d = d.help(format!("write `len({})`", self.written(of.span)));
                } else if matches!(other, Type::List(_) | Type::String)
                    && !matches!(of.kind, ExprKind::Source(Source::Html { .. }))
                    && let written = self.written(of.span)
                    && let Some(help) = foreign::value(Some(written.strip_suffix(&format!(".{name}")).unwrap_or(written)), name)
                {
                    return self.bad(d.help_replacing(span, help));
                } else if matches!(other, Type::List(_)) {
                    d = d.help(format!("take an item first, such as `{}[0].{name}`", self.written(of.span)));
                } else if matches!(of.kind, ExprKind::Source(Source::Html { .. })) {
                    let source = self.written(of.span).trim_end_matches('.');
                    d = if matches!(name, "text" | "innerText" | "textContent" | "content" | "value") {
                        d.help_replacing(span, format!("write `{source}`: it gives the text"))
                    } else {
                        d.help_replacing(span, format!("write `{source} @{name}` to read the attribute"))
                    };
                } else if *other == Type::Int {
                    let unit = match name {
                        "second" | "seconds" => Some("s"),
                        "milli" | "millis" | "milliseconds" => Some("ms"),
                        "minute" | "minutes" => Some("m"),
                        "hour" | "hours" => Some("h"),
                        "day" | "days" => Some("d"),
                        _ => None,
                    };
                    if let Some(unit) = unit {
                        d = d.help(format!("write `{}{unit}`", self.written(of.span)));
                    }
                }
                return self.bad(d);
            }
        };
        Expr { kind: ExprKind::Member(Box::new(of), name.to_owned()), ty, span }
    }

    pub(in crate::check) fn index(&mut self, of: Expr, index: &'a ast::Expr, span: Span) -> Expr {
        let index = self.expr(index);
        if let ExprKind::Source(Source::Json(path)) = &of.kind {
            let step = match const_eval::value(&index) {
                Some(Const::Int(n)) => Some(PathStep::Index(n)),
                Some(Const::Str(key)) => Some(PathStep::Key(key)),
                _ => None,
            };
            if let Some(step) = step {
                let mut path = path.clone();
                path.push(step);
                return Expr { kind: ExprKind::Source(Source::Json(path)), ty: Type::Json, span };
            }
        }
        let what = format!("the index of {} is", a(&of.ty));
        let (index, ty) = match &of.ty {
            Type::Object(_) => {
                if let Some(key) = const_eval::text(&index) {
                    let (key, key_span) = (key.to_owned(), index.span);
                    return self.member(of, &key, key_span, span);
                }
                (self.coerce(index, Kinds::STRING, &what), Type::Json)
            }
            Type::List(item) => {
                let item = (**item).clone();
                (self.coerce(index, Kinds::INT, &what), item)
            }
            Type::String => (self.coerce(index, Kinds::INT, &what), Type::String),
            Type::Json => (self.coerce(index, Kinds::INT.or(Kinds::STRING), "an index is"), Type::Json),
            other => {
                let message = format!("cannot index {}", a(other));
                return self.bad(Diagnostic::new(Code::WrongType, of.span, message));
            }
        };
        let length = match &of.kind {
            ExprKind::List(items) => Some(items.len()),
            _ => const_eval::text(&of).map(|text| text.chars().count()),
        };
        if let (Some(length), Some(n)) = (length, const_eval::int(&index)) {
            let reach = if n < 0 { n.unsigned_abs() } else { n.unsigned_abs() + 1 };
            if reach > length as u64 {
                let message = format!("index {n} is out of range for a list of {length}");
                return self.bad(Diagnostic::new(Code::OutOfRange, index.span, message).help("use 0 for the first item, -1 for the last"));
            }
        }
        Expr { kind: ExprKind::Index(Box::new(of), Box::new(index)), ty, span }
    }

    pub(super) fn slice(&mut self, of: &'a ast::Expr, from: &'a ast::Expr, to: &'a ast::Expr, span: Span) -> Expr {
        let sliced = Kinds::LIST.or(Kinds::TEXT);
        let of = self.want(of, sliced, "a slice needs");
        let from = self.want(from, Kinds::INT, "the start of a slice is");
        let to = self.want(to, Kinds::INT, "the end of a slice is");
        if let (Some(x), Some(y)) = (const_eval::int(&from), const_eval::int(&to)) {
            self.check_order(x as f64, y as f64, from.span.to(to.span), x < 0 || y < 0);
        }
        let ty = if of.ty == Type::File { Type::Bytes } else { of.ty.clone() };
        Expr { kind: ExprKind::Slice(Box::new(of), Box::new(from), Box::new(to)), ty, span }
    }
}

/// `env.shop.url` for `env["shop"]["url"]`.
fn dotted(written: &str) -> Option<String> {
    let dotted = written.replace("[\"", ".").replace("\"]", "");
    let is_plain = dotted.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.'));
    (is_plain && dotted != written).then_some(dotted)
}
