//! Calls of functions.

use crate::ast::{self, Arg, ExprKind as Ast};
use crate::check::Checker;
use crate::check::scope::Global;
use crate::check::types::const_eval;
use crate::check::types::functions::{self, Function, Need, ResultType};
use crate::check::types::{self, Kinds, a};
use crate::diagnostic::{Code, Diagnostic};
use crate::foreign;
use crate::model::{Const, Expr, ExprKind, Type};
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Checks `f(a, b)`.
    pub(in crate::check) fn call(&mut self, callee: &'a ast::Expr, args: &'a [Arg], span: Span) -> Expr {
        let written = self.written(callee.span);
        if self.context.columns().is_some() {
            return self.column(written, callee.span);
        }
        let name = match &callee.kind {
            Ast::Name(name) => name.as_str(),
            Ast::Source(_) => written,
            Ast::Member(of, member) => match &of.kind {
                Ast::Name(root) if root == "fake" => written,
                _ => return self.no_function(of, &member.node, callee, args, span),
            },
            _ => {
                self.args_only(args);
                let d = Diagnostic::new(Code::UnknownFunction, callee.span, "unexpected call, expected the name of a function")
                    .help("write the function's name, such as `len(x)`");
                return self.bad(d);
            }
        };
        match name {
            "weighted" => return self.weighted(args, span),
            "file" => return self.file(args, span),
            "files" => return self.files(args, span),
            "next" => return self.next(args, span),
            _ => {}
        }
        let Some(function) = functions::find(name) else {
            self.used_only(args);
            let mut d = Diagnostic::new(Code::UnknownFunction, callee.span, format!("unknown function `{name}`"));
            d = match foreign::call(None, name, self.argument_text(callee.span, span), self.some_api()) {
                Some(help) => self.replacing_call(d, span, help),
                None if self.runs.contains_key(name) => d.help(format!("write `take x = run {name}(…)`: a sequence is run, not called")),
                None => d.did_you_mean(name, functions::names(name).filter(|_| self.explains())),
            };
            return self.bad(d);
        };
        self.function(function, callee.span, args, span)
    }

    /// Sets the fix for a call. A fix that is a statement replaces the call only if the statement's word is already before it: `wait
    /// between(1, 3)`.
    fn replacing_call(&self, d: Diagnostic, span: Span, help: String) -> Diagnostic {
        const STATEMENTS: [&str; 9] = ["wait", "log", "set", "take", "expect", "step", "stop", "fail", "run"];
        let code = help.strip_prefix("write `").unwrap_or_default();
        let Some(word) = STATEMENTS.into_iter().find(|word| code.strip_prefix(word).is_some_and(|rest| rest.starts_with(' '))) else {
            return d.help_replacing(span, help);
        };
        let length = u32::try_from(word.len() + 1).unwrap_or_default();
        let before = Span { start: span.start.saturating_sub(length), ..span };
        let is_there = self.written(Span { end: span.start, ..before }) == format!("{word} ");
        if is_there { d.help_replacing(before, help) } else { d.help(help) }
    }

    /// The text at a location, if it is short and on one line.
    fn on_one_line(&self, span: Span) -> &'a str {
        let written = self.written(span);
        if written.len() > 60 || written.contains('\n') { "…" } else { written }
    }

    fn no_function(&mut self, of: &'a ast::Expr, member: &str, callee: &'a ast::Expr, args: &'a [Arg], span: Span) -> Expr {
        self.used_only(args);
        let mut root = of;
        while let Ast::Member(inner, _) = &root.kind {
            root = inner;
        }
        let is_api = matches!(&root.kind, Ast::Name(name)
            if self.values.get(name.as_str()).is_some_and(|d| matches!(d.what, Global::Api(_))));
        if is_api {
            let d = Diagnostic::new(Code::WrongName, callee.span, "unexpected request, expected a value")
                .help(format!("send it in a step: `step \"Name\" {{ {}; take x = json }}`", self.on_one_line(span)));
            return self.bad(d);
        }
        // `header "Location".split("/")`: the source is before the string.
        let source = ["header ", "cookie ", "html "].into_iter().find(|source| {
            let start = of.span.start.saturating_sub(u32::try_from(source.len()).unwrap_or_default());
            self.written(Span { start, end: of.span.start, ..of.span }) == *source && matches!(of.kind, Ast::Text(_))
        });
        let before = source.map_or(0, |source| u32::try_from(source.len()).unwrap_or_default());
        let of_span = Span { start: of.span.start.saturating_sub(before), ..of.span };
        let span = Span { start: span.start.saturating_sub(before), ..span };
        let of_text = self.written(of_span);
        let arguments = self.argument_text(callee.span, span);
        let special = functions::SPECIAL.iter().copied().find(|name| *name == member);
        let known = functions::find(member).map(|function| function.name).or(special);
        let known = known.filter(|_| !foreign::is_constant(self.written(root.span)));
        let (message, help) = match (foreign::call(Some(of_text), member, arguments, self.some_api()), known) {
            (Some(help), _) if of_text.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                (format!("unknown function `{}`", self.written(callee.span)), Some(help))
            }
            (Some(help), _) => (format!("unknown method `{member}`: functions are called by name"), Some(help)),
            (None, Some(known)) => {
                let comma = if arguments.is_empty() { "" } else { ", " };
                let shown = if arguments.contains('\n') { "…" } else { arguments };
                let help = format!("write `{known}({of_text}{comma}{shown})`");
                (format!("unknown method `{member}`: functions are called by name"), Some(help))
            }
            (None, None) => (format!("unknown method `{member}`: functions are called by name"), None),
        };
        let d = Diagnostic::new(Code::UnknownFunction, callee.span, message);
        let d = match help {
            Some(help) => self.replacing_call(d, span, help),
            None => d.did_you_mean(member, functions::names(member).filter(|_| self.explains())),
        };
        let d =
            if d.help.is_some() { d } else { d.help("use a function of the language, such as `len(x)`: `ltc explain LT0106` lists them") };
        self.bad(d)
    }

    fn function(&mut self, function: &'static Function, name_span: Span, args: &'a [Arg], span: Span) -> Expr {
        let name = function.name;
        let what = format!("`{name}` takes");
        let mut values = Vec::new();
        if let [param] = function.params
            && param.need == Need::Variadic
        {
            if args.is_empty() {
                self.bind(name, name_span, &[(param.name, true)], args, None);
                return crate::check::broken(span);
            }
            for arg in args {
                values.push(self.want(&arg.value, param.kinds, &what));
            }
        } else {
            let slots: Vec<(&str, bool)> = function.params.iter().map(|param| (param.name, param.need == Need::Required)).collect();
            let Some(bound) = self.bind(name, name_span, &slots, args, None) else {
                self.args_only(args);
                return crate::check::broken(span);
            };
            for (param, given) in function.params.iter().zip(bound) {
                values.push(match given {
                    Some(given) => self.want(given, param.kinds, &what),
                    None => Expr { kind: ExprKind::Const(Const::Absent), ty: Type::Json, span },
                });
            }
        }
        let Some(ty) = self.result(function, &values, span) else {
            return crate::check::broken(span);
        };
        Expr { kind: ExprKind::Call(name, values), ty, span }
    }

    /// The type of a function's result. Also checks constraints on the arguments beyond their types.
    fn result(&mut self, function: &Function, values: &[Expr], span: Span) -> Option<Type> {
        let first = values.first().map_or(Type::Json, |value| value.ty.clone());
        let number = |i: usize| values.get(i).and_then(const_eval::number);
        match function.name {
            "random" => {
                if let (Some(x), Some(y)) = (number(0), number(1)) {
                    self.check_order(x, y, span, false);
                }
            }
            "chance" if number(0).is_some_and(|p| !(0.0..=1.0).contains(&p)) => {
                let help = "write a number from 0 to 1, such as `0.3` for three times out of ten";
                self.error(Code::Impossible, values[0].span, "probability out of range, expected 0 to 1", help);
            }
            "sample" | "random_string" => {
                let n = number(if function.name == "sample" { 1 } else { 0 });
                if n.is_some_and(|n| n < 0.0) {
                    self.error(Code::Impossible, span, "unexpected negative number, expected 0 or more", "");
                }
            }
            "one_of" | "first" | "last" => {
                if let ExprKind::List(items) = &values[0].kind
                    && items.is_empty()
                {
                    self.error(Code::Impossible, values[0].span, "cannot choose an item of an empty list", "");
                }
            }
            "jwt" => {
                if let Some(alg) = const_eval::text(&values[0])
                    && !functions::JWT_ALGORITHMS.contains(&alg)
                {
                    let d = Diagnostic::new(Code::UnknownWord, values[0].span, format!("unknown algorithm `{alg}`"))
                        .help(format!("use one of the algorithms: {}", functions::JWT_ALGORITHMS.join(", ")));
                    self.report(d);
                }
            }
            _ => {}
        }
        Some(match function.gives {
            ResultType::Plain(plain) => plain.into(),
            ResultType::Same => match first {
                Type::Object(_) => Type::Object(None),
                other => other,
            },
            ResultType::Item => item(&first),
            ResultType::Numeric => self.alike(values, span)?,
            ResultType::Extreme => match values {
                [one] if matches!(one.ty, Type::List(_)) => item(&one.ty),
                [_] if first == Type::Json => Type::Json,
                _ => self.alike(values, span)?,
            },
            ResultType::Strings => types::list(Type::String),
            ResultType::Object => Type::Object(None),
            ResultType::Camel => camel(&first),
            ResultType::Any => Type::Json,
        })
    }

    /// The common type of arguments that must have the same type.
    fn alike(&mut self, values: &[Expr], span: Span) -> Option<Type> {
        let mut sum = values.first()?.ty.clone();
        for value in &values[1..] {
            if !types::comparable(&sum, &value.ty) {
                let bare = |ty: &Type| matches!(ty, Type::Int | Type::Float);
                let message = format!("mismatched ends of the range: {} and {}", a(&sum), a(&value.ty));
                let d = if bare(&sum) && value.ty == Type::Duration || sum == Type::Duration && bare(&value.ty) {
                    Diagnostic::new(Code::NoUnit, span, message).help("write both with a unit, such as `1s, 5s`")
                } else {
                    Diagnostic::new(Code::WrongType, span, message)
                };
                self.report(d);
                return None;
            }
            sum = types::join(&sum, &value.ty);
        }
        Some(sum)
    }

    fn weighted(&mut self, args: &'a [Arg], span: Span) -> Expr {
        let mut pairs = Vec::new();
        let mut total = 0.0;
        for arg in args {
            let value = self.expr(&arg.value);
            let Some(label) = &arg.label else {
                let d = Diagnostic::new(Code::MissingArgument, arg.value.span, "missing weight of a choice of `weighted`")
                    .help(format!("write, for example, `weighted(70: {}, 30: …)`", self.written(arg.value.span)));
                self.report(d);
                total = f64::NAN;
                continue;
            };
            if let (Ast::Text(_), Ast::Int(_) | Ast::Float(_)) = (&label.kind, &arg.value.kind) {
                let code = format!("{}: {}", self.written(arg.value.span), self.written(label.span));
                let whole = label.span.to(arg.value.span);
                let d = Diagnostic::new(Code::WrongType, label.span, "unexpected string, expected the weight before its choice")
                    .help_replacing(whole, format!("write `{code}`"));
                self.report(d);
                total = f64::NAN;
                continue;
            }
            let weight = self.want(label, Kinds::NUMBER, "a weight is");
            match const_eval::number(&weight) {
                Some(n) if n < 0.0 => {
                    self.error(
                        Code::Impossible,
                        label.span,
                        "unexpected negative weight, expected 0 or more",
                        "write 0 to turn a choice off",
                    );
                    total = f64::NAN;
                }
                Some(n) => total += n,
                None => total = f64::NAN,
            }
            pairs.push((weight, value));
        }
        if args.is_empty() {
            let d = Diagnostic::new(Code::MissingArgument, span, "missing choices of `weighted`")
                .help("write, for example, `weighted(70: \"a\", 30: \"b\")`");
            return self.bad(d);
        }
        if total == 0.0 {
            self.error(Code::Impossible, span, "all weights are 0, expected one that is positive", "set one of them to 1 or more");
        }
        let ty = types::join_all(pairs.iter().map(|(_, value)| &value.ty));
        Expr { kind: ExprKind::Weighted(pairs), ty, span }
    }

    fn next(&mut self, args: &'a [Arg], span: Span) -> Expr {
        let bound = self.bind("next", span, &[("data", true)], args, None);
        let Some(source) = bound.and_then(|bound| bound.first().copied().flatten()) else {
            return crate::check::broken(span);
        };
        if let Ast::Name(name) = &source.kind
            && let Some(decl) = self.values.get_mut(name.as_str())
            && let Global::Data(id) = decl.what
        {
            decl.used = true;
            let declared = decl.span;
            self.cross(source.span, declared);
            if self.func.context == "let" {
                let d = Diagnostic::new(Code::NotHere, span, "unexpected `next` in a `let` of the file: only a user draws rows")
                    .help("write `keep` for one row for each user, or draw the row in a sequence");
                self.report(d);
            }
            let columns = self.program.data[id.0].columns.clone();
            let ty = if columns.is_empty() { Type::Json } else { Type::Object(Some(columns.into_iter().collect())) };
            return Expr { kind: ExprKind::Next(id, self.func.context == "keep"), ty, span };
        }
        if self.broken {
            return crate::check::broken(span);
        }
        let written = self.written(source.span);
        let data = self.program.data.iter().filter(|_| self.explains()).map(|data| data.name.as_str());
        let mut d = Diagnostic::new(Code::WrongName, source.span, format!("unexpected `{written}`, expected a data source"))
            .did_you_mean(written, data);
        if d.help.is_none() {
            d = d.help("declare one: `data rows from \"rows.csv\"`; for an item of a list, write `one_of(xs)`");
        }
        self.bad(d)
    }

    /// Reports that a literal is required.
    pub(in crate::check) fn not_literal(&mut self, span: Span, what: &str) {
        let message = format!("{what} must be known at build time");
        self.error(Code::NotLiteral, span, message, "write it as a string without `{…}`");
    }
}

fn item(list: &Type) -> Type {
    match list {
        Type::List(item) => (**item).clone(),
        Type::String => Type::String,
        _ => Type::Json,
    }
}

/// The type of a value after its keys are spelled in camelCase.
fn camel(ty: &Type) -> Type {
    match ty {
        Type::List(item) => Type::List(Box::new(camel(item))),
        Type::Object(Some(members)) => {
            Type::Object(Some(members.iter().map(|(key, ty)| (crate::check::expr::key_spelling::camel(key), camel(ty))).collect()))
        }
        other => other.clone(),
    }
}
