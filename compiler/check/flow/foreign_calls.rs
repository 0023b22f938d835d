//! Statements that look like a request but are calls of other languages, of a sequence or of a function.

use crate::ast;
use crate::check::Checker;
use crate::check::scope::Global;
use crate::check::types::functions;
use crate::diagnostic::{Code, Diagnostic};
use crate::foreign;
use crate::span::Span;

impl<'a> Checker<'a> {
    /// Reports a call that is not a request of an api, in a step or outside of one. Returns whether it was such a call.
    pub(in crate::check) fn not_a_request(&mut self, exchange: &'a ast::Exchange, span: Span) -> bool {
        let ast::Exchange::Call { path, args, .. } = exchange else {
            return false;
        };
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return false;
        };
        if self.is_api(&first.node) {
            return false;
        }
        let dotted = path.iter().map(|name| name.node.as_str()).collect::<Vec<&str>>().join(".");
        let of = dotted.rsplit_once('.').map(|(of, _)| of);
        let name_span = first.span.to(last.span);
        let arguments = self.argument_text(last.span, span);
        let known = first.node.as_str();
        let variable = self.func.names.contains_key(known) || self.values.contains_key(known);
        let d = if of.is_none() && self.runs.contains_key(known) {
            Diagnostic::new(Code::WrongName, name_span, format!("unexpected call of the sequence `{dotted}`, expected `run`"))
                .help(format!("write `run {dotted}({arguments})`, or `take x = run {dotted}({arguments})` for what it gives"))
        } else if let Some(meant) = foreign::assertion(self.written(span)) {
            let d = Diagnostic::new(Code::ForeignStatement, name_span, format!("`{dotted}(…)` is not a statement"));
            d.help_replacing(span, format!("write `{meant}`"))
        } else if let Some(help) = foreign::call(of, &last.node, arguments, self.some_api()) {
            Diagnostic::new(Code::ForeignStatement, name_span, format!("`{dotted}(…)` is not a statement")).help(help)
        } else if functions::find(&dotted).is_some() || functions::SPECIAL.contains(&dotted.as_str()) {
            Diagnostic::new(Code::ForeignStatement, name_span, format!("unexpected call of `{dotted}`: its value is not used"))
                .help(format!("write `let x = {dotted}({arguments})`, or `log` to print it"))
        } else if let Some(function) = functions::find(&last.node).filter(|_| variable) {
            let of = of.unwrap_or_default();
            Diagnostic::new(Code::ForeignStatement, name_span, format!("unexpected call of `{}`: its value is not used", last.node))
                .help(format!("write `set {of} = {}({of})`", function.name))
        } else if self.broken {
            // A declaration that did not parse may have declared it.
            self.func.broken = true;
            return true;
        } else {
            self.unknown_call(&dotted, of.is_some(), name_span)
        };
        self.report(d);
        self.used_only(args);
        self.func.broken = true;
        true
    }

    /// The error of an unknown call, which may be a misspelled sequence or request.
    fn unknown_call(&self, dotted: &str, member: bool, span: Span) -> Diagnostic {
        if member {
            let root = dotted.split('.').next().unwrap_or(dotted);
            let apis: Vec<&str> = self.apis.iter().filter(|_| self.explains()).map(|api| api.ast.name.node.as_str()).collect();
            let d = Diagnostic::new(Code::UnknownRequest, span, format!("unknown api `{root}`")).did_you_mean(root, apis.iter().copied());
            return match (&d.help, apis.first()) {
                (Some(_), _) => d,
                (None, Some(_)) => d.help(format!("use one of the apis: {}", crate::diagnostic::list(&apis))),
                (None, None) => d.help(format!("declare it: `api {root} {{ base …; healthcheck none }}`")),
            };
        }
        let mut runs: Vec<&str> = self.runs.keys().copied().filter(|_| self.explains()).collect();
        runs.sort_unstable();
        let near = ltc_config::suggest::nearest(dotted, runs);
        let d = Diagnostic::new(Code::ForeignStatement, span, format!("`{dotted}(…)` is not a statement"));
        match near {
            Some(near) => d.help(format!("did you mean `run {near}(…)`?")),
            None => d.help(format!("write `run {dotted}(…)` for a sequence, or `{}.{dotted}(…)` in a step for a request", self.some_api())),
        }
    }

    /// Whether this may be the request of a step: anything but a call whose first name is not that of an api.
    pub(in crate::check) fn may_be_request(&self, exchange: &ast::Exchange) -> bool {
        match exchange {
            ast::Exchange::Call { path, .. } => path.first().is_some_and(|first| self.is_api(&first.node)),
            _ => true,
        }
    }

    /// The name of an api, for a fix.
    pub(in crate::check) fn some_api(&self) -> &'a str {
        self.apis.first().map_or("shop", |api| api.ast.name.node.as_str())
    }

    /// Whether an api has this name.
    fn is_api(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|decl| matches!(decl.what, Global::Api(_)))
    }

    /// The text between the brackets of a call, after `name`.
    pub(in crate::check) fn argument_text(&self, name: Span, call: Span) -> &'a str {
        let written = self.written(call);
        let behind = usize::try_from(name.end.saturating_sub(call.start)).unwrap_or(0);
        let rest = written.get(behind..).unwrap_or_default();
        arguments(rest)
    }

    /// Marks the names in arguments as used, and reports nothing about the arguments: the call itself has been reported.
    pub(in crate::check) fn used_only(&mut self, args: &'a [ast::Arg]) {
        let before = std::mem::take(&mut self.diagnostics);
        self.args_only(args);
        self.diagnostics = before;
    }
}

/// The text between the bracket that starts `text` and the one that closes it.
fn arguments(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(') else {
        return "";
    };
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => return inner[..at].trim(),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    inner.trim()
}
