//! Null values in health checks. A health check is sent before `before test` and before any user, so the names of `before test` are null,
//! and a `keep` has its declared value. Headers and auth leave null out, but null cannot be converted to a string: a health check that
//! needs it as a string fails in every run, so it is an error in the spec.

use crate::ast::BinaryOp;
use crate::check::Checker;
use crate::check::types::functions;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{Auth, Body, Const, Expr, ExprKind, Health, Options, Path, TextPart, Type};
use crate::span::Span;

/// The value of an expression when only declarations have run.
#[derive(Clone, Copy, Debug)]
pub(in crate::check) enum Early {
    /// Null, from the name at that location.
    Null(Span),
    /// The evaluation fails, because the value at that location is null.
    Fails(Span),
    /// True or false.
    Bool(bool),
    /// Another value, or an unknown one.
    Other,
}

impl Checker<'_> {
    /// Reports the first null that prevents a health check from being sent.
    pub(super) fn check_early(&mut self, base: &Expr, options: &Options, health: &Health) {
        let request = &health.request;
        let own = &request.options;
        let is_over = |name: &str| own.headers.iter().any(|(over, _)| over.eq_ignore_ascii_case(name));
        let inherited = options.headers.iter().filter(|(name, _)| !is_over(name));
        let auth = own.auth.as_ref().or(options.auth.as_ref());
        let timeout = own.timeout.as_ref().or(options.timeout.as_ref());
        let found = self
            .of_text(base)
            .or_else(|| self.of_path(&request.path))
            .or_else(|| self.of_pairs(&request.query))
            .or_else(|| self.of_body(&request.body))
            .or_else(|| self.of_pairs(&own.headers));
        if let Some(place) = found.or_else(|| own.auth.as_ref().and_then(|auth| self.of_auth(auth))) {
            let help = "use a value that is known before the test: a constant, `env.…` or a `keep` with a value";
            self.null_in_health(place, request.span, help.to_owned());
            return;
        }
        let header = inherited.into_iter().find_map(|(name, value)| Some((name.clone(), self.fails(value)?)));
        if let Some((name, place)) = header {
            let help = format!("write `headers {{ {name:?}: null }}` in the health check to omit it, or another value");
            self.null_in_health(place, request.span, help);
        } else if let Some(place) = auth.and_then(|auth| self.of_auth(auth)) {
            self.null_in_health(place, request.span, "write `auth none` in the health check, or another auth".to_owned());
        } else if let Some(place) = timeout.and_then(|timeout| self.of_text(timeout)) {
            self.null_in_health(place, request.span, "write a `timeout` in the health check".to_owned());
        }
    }

    fn null_in_health(&mut self, place: Span, health: Span, help: String) {
        let written = self.written(place);
        let d = Diagnostic::new(
            Code::NullInHealthcheck,
            place,
            format!("`{written}` is null when the health check runs, and null cannot be converted to a string"),
        )
        .also(health, "the health check sends it, before `before test` and before any user runs")
        .help(help);
        self.report(d);
    }

    /// The location of the null, if a value that is converted to a string is null or fails.
    fn of_text(&self, e: &Expr) -> Option<Span> {
        match self.early(e) {
            Early::Null(place) | Early::Fails(place) => Some(place),
            _ => None,
        }
    }

    fn fails(&self, e: &Expr) -> Option<Span> {
        match self.early(e) {
            Early::Fails(place) => Some(place),
            _ => None,
        }
    }

    fn of_pairs(&self, pairs: &[(String, Expr)]) -> Option<Span> {
        pairs.iter().find_map(|(_, value)| self.fails(value))
    }

    fn of_path(&self, path: &Path) -> Option<Span> {
        match path {
            Path::Plain { path, query } => path.iter().chain(query).find_map(|part| match part {
                TextPart::Hole(e, _) => self.of_text(e),
                TextPart::Literal(_) => None,
            }),
            Path::Quoted(e) => self.of_text(e),
        }
    }

    fn of_body(&self, body: &Body) -> Option<Span> {
        match body {
            Body::None => None,
            Body::Json(e) => self.fails(e),
            Body::Text(e) | Body::Bytes(e) => self.of_text(e),
            Body::Form(pairs) | Body::Multipart(pairs) | Body::Graphql(_, pairs) => self.of_pairs(pairs),
        }
    }

    fn of_auth(&self, auth: &Auth) -> Option<Span> {
        match auth {
            Auth::None => None,
            Auth::Bearer(e) | Auth::Header(_, e) => self.fails(e),
            Auth::Basic(user, password) => self.fails(user).or_else(|| self.fails(password)),
            Auth::Aws(service, region) => self.of_text(service).or_else(|| self.of_text(region)),
        }
    }

    /// The value of an expression before the test.
    pub(super) fn early(&self, e: &Expr) -> Early {
        let all = |parts: &[&Expr]| parts.iter().find_map(|part| self.fails(part)).map_or(Early::Other, Early::Fails);
        let strict = |parts: &[&Expr]| parts.iter().find_map(|part| self.of_text(part)).map_or(Early::Other, Early::Fails);
        match &e.kind {
            // An erroneous expression has no value.
            ExprKind::Const(Const::Null) if e.ty != Type::Json => Early::Null(e.span),
            ExprKind::Const(Const::Bool(truth)) => Early::Bool(*truth),
            ExprKind::Shared(_) => Early::Null(e.span),
            ExprKind::Keep(keep) => match self.early_keeps.get(keep.0) {
                Some(Early::Null(_)) => Early::Null(e.span),
                Some(Early::Fails(_)) => Early::Fails(e.span),
                Some(Early::Bool(truth)) => Early::Bool(*truth),
                _ => Early::Other,
            },
            ExprKind::Text(parts) => {
                let holes = parts.iter().find_map(|part| match part {
                    TextPart::Hole(hole, _) => self.of_text(hole),
                    TextPart::Literal(_) => None,
                });
                holes.map_or(Early::Other, Early::Fails)
            }
            ExprKind::List(items) => all(&items.iter().collect::<Vec<_>>()),
            ExprKind::Object(members) => all(&members.iter().map(|(_, value)| value).collect::<Vec<_>>()),
            ExprKind::Neg(of) | ExprKind::Member(of, _) => strict(&[of]),
            ExprKind::Index(of, at) => strict(&[of, at]),
            ExprKind::Slice(of, from, to) => strict(&[of, from, to]),
            ExprKind::Match(of, ..) => all(&[of]),
            ExprKind::Not(of) => match self.early(of) {
                Early::Bool(truth) => Early::Bool(!truth),
                Early::Null(place) | Early::Fails(place) => Early::Fails(place),
                Early::Other => Early::Other,
            },
            ExprKind::If(condition, yes, no) => match self.early(condition) {
                Early::Bool(true) => self.early(yes),
                Early::Bool(false) => self.early(no),
                Early::Null(place) | Early::Fails(place) => Early::Fails(place),
                Early::Other => match (self.early(yes), self.early(no)) {
                    (Early::Null(place), Early::Null(_)) => Early::Null(place),
                    (Early::Fails(place), Early::Fails(_)) => Early::Fails(place),
                    _ => Early::Other,
                },
            },
            ExprKind::Binary(left, op, right) => self.early_binary(left, *op, right),
            ExprKind::Call(name, args) => self.early_call(name, args),
            _ => Early::Other,
        }
    }

    fn early_binary(&self, left: &Expr, op: BinaryOp, right: &Expr) -> Early {
        let (a, b) = (self.early(left), self.early(right));
        match (op, a, b) {
            (_, Early::Fails(place), _) => Early::Fails(place),
            (BinaryOp::And, Early::Bool(false), _) => Early::Bool(false),
            (BinaryOp::Or, Early::Bool(true), _) => Early::Bool(true),
            (BinaryOp::And | BinaryOp::Or, Early::Bool(_), b) => b,
            (BinaryOp::And | BinaryOp::Or, Early::Null(place), _) => Early::Fails(place),
            (BinaryOp::And | BinaryOp::Or, Early::Other, _) => Early::Other,
            (_, _, Early::Fails(place)) => Early::Fails(place),
            (BinaryOp::Eq, Early::Null(_), Early::Null(_)) => Early::Bool(true),
            (BinaryOp::Ne, Early::Null(_), Early::Null(_)) => Early::Bool(false),
            (BinaryOp::Eq | BinaryOp::Ne, Early::Null(_), _) if is_something(right) => Early::Bool(op == BinaryOp::Ne),
            (BinaryOp::Eq | BinaryOp::Ne, _, Early::Null(_)) if is_something(left) => Early::Bool(op == BinaryOp::Ne),
            (BinaryOp::Eq | BinaryOp::Ne | BinaryOp::In, ..) => Early::Other,
            (_, Early::Null(place), _) | (_, _, Early::Null(place)) => Early::Fails(place),
            _ => Early::Other,
        }
    }

    fn early_call(&self, name: &str, args: &[Expr]) -> Early {
        let params = functions::find(name).map_or(&[][..], |function| function.params);
        for (index, arg) in args.iter().enumerate() {
            let param = params.get(index).or(params.last());
            let takes_null = param.is_none_or(|param| param.kinds.takes(&Type::Null) || param.need == functions::Need::Optional);
            let place = if takes_null { self.fails(arg) } else { self.of_text(arg) };
            if let Some(place) = place {
                return Early::Fails(place);
            }
        }
        Early::Other
    }
}

/// Whether the value is certainly not null.
fn is_something(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Const(constant) => !matches!(constant, Const::Null | Const::Absent),
        ExprKind::Text(_) | ExprKind::List(_) | ExprKind::Object(_) => true,
        _ => false,
    }
}
