//! Statements of sequences, steps and the blocks of users.

use super::api::{options, parts, request_line};
use super::expr;
use super::layout::Layout;
use super::text::{quoted, regex};
use crate::draft::{Auth, Call, Draft, Expect, Expr, Param, Source, Stmt, Wait};

/// The statements of a block.
pub(super) fn stmts(layout: &mut Layout, draft: &Draft, body: &[Stmt]) {
    for statement in body {
        stmt(layout, draft, statement);
    }
}

fn stmt(layout: &mut Layout, draft: &Draft, stmt: &Stmt) {
    let indent = layout.indent();
    match stmt {
        Stmt::Comment(text) => layout.comment(text),
        Stmt::Blank => layout.blank(),
        Stmt::Step(step) => {
            let skip = if step.skip { " skip" } else { "" };
            let interrupt = if step.interrupt { " interrupt" } else { "" };
            layout.block(&format!("step {}{skip}{interrupt}", quoted(&step.name)), |layout| stmts(layout, draft, &step.body));
        }
        Stmt::Call(request) => call(layout, draft, request),
        Stmt::Expect(wanted) => layout.line(&expect(wanted, indent)),
        Stmt::Take { name, ty, source, or } => {
            let ty = ty.map(|ty| format!(": {ty}")).unwrap_or_default();
            let or = or.as_ref().map(|or| format!(" else {}", expr::inline(or))).unwrap_or_default();
            layout.line(&format!("take {name}{ty} = {}{or}", take_source(source)));
        }
        Stmt::Let(name, value) => assign(layout, &format!("let {name}"), value),
        Stmt::Keep(name, value) => assign(layout, &format!("keep {name}"), value),
        Stmt::Set(name, value) => assign(layout, &format!("set {name}"), value),
        Stmt::SetAuth(api, value) => layout.line(&format!("set {api}.auth = {}", auth(value))),
        Stmt::Reset(api) => layout.line(&format!("reset {api}")),
        Stmt::Run { takes, name, args } => {
            let takes = if takes.is_empty() { String::new() } else { format!("take {} = ", takes.join(", ")) };
            layout.line(&format!("{takes}run {name}{}", arguments(args, indent)));
        }
        Stmt::Wait(pause) => layout.line(&wait(pause)),
        Stmt::WaitBetween(pause) => layout.line(&format!("{} between steps", wait(pause))),
        Stmt::Group(name, body) => layout.block(&format!("group {}", quoted(name)), |layout| stmts(layout, draft, body)),
        Stmt::If(branches, otherwise) => branch(layout, draft, branches, otherwise),
        Stmt::For { name, over, parallel, body } => {
            let parallel = parallel.as_ref().map(|n| format!(" parallel {}", expr::inline(n))).unwrap_or_default();
            let head = format!("for {name} in {}{parallel}", expr::inline(over));
            layout.block(&head, |layout| stmts(layout, draft, body));
        }
        Stmt::Repeat(times, body) => layout.block(&format!("repeat {}", expr::inline(times)), |layout| stmts(layout, draft, body)),
        Stmt::Parallel(body) => layout.block("parallel", |layout| stmts(layout, draft, body)),
        Stmt::Retry(times, every, body) => {
            let every = every.as_ref().map(|every| format!(" every {}", expr::inline(every))).unwrap_or_default();
            layout.block(&format!("retry {} times{every}", expr::inline(times)), |layout| stmts(layout, draft, body));
        }
        Stmt::Poll { every, times, until, body } => {
            let head = format!("poll every {} up to {} times until {until}", expr::inline(every), expr::inline(times));
            layout.block(&head, |layout| stmts(layout, draft, body));
        }
        Stmt::Fail(why) => layout.line(&format!("fail {}", expr::inline(why))),
        Stmt::Log(text) => layout.line(&format!("log {}", expr::inline(text))),
        Stmt::Leave => layout.line("leave"),
        Stmt::Break => layout.line("break"),
        Stmt::StopUser => layout.line("stop user"),
    }
}

fn assign(layout: &mut Layout, head: &str, value: &Expr) {
    let (indent, column) = (layout.indent(), layout.indent() + head.len() + 3);
    layout.line(&format!("{head} = {}", expr::expr(value, indent, column)));
}

/// `if … { } else if … { } else { }`. Each keyword stays on the line of the bracket before it.
fn branch(layout: &mut Layout, draft: &Draft, branches: &[(String, Vec<Stmt>)], otherwise: &[Stmt]) {
    let mut whole = Layout::nested(layout);
    for (number, (condition, body)) in branches.iter().enumerate() {
        let head = if number == 0 { format!("if {condition}") } else { format!("else if {condition}") };
        whole.block(&head, |layout| stmts(layout, draft, body));
    }
    if !otherwise.is_empty() {
        whole.block("else", |layout| stmts(layout, draft, otherwise));
    }
    layout.embed_branches(whole);
}

fn call(layout: &mut Layout, draft: &Draft, call: &Call) {
    match call {
        Call::Request { path, args, parts: set } => {
            let head = format!("{path}{}", arguments_or_empty(args, layout.indent(), layout.indent() + path.len()));
            layout.head_with_parts(&head, |indent| parts(set, indent));
        }
        Call::Inline { api, line, parts: set } => {
            let base = draft.apis.iter().find(|known| known.name == *api).and_then(|api| api.base.as_ref());
            layout.head_with_parts(&format!("{api} {}", request_line(line, base)), |indent| parts(set, indent));
        }
        Call::Submit { api, form, parts: set } => layout.head_with_parts(&format!("{api} submit {form}"), |indent| parts(set, indent)),
    }
}

/// `expect …`
pub(super) fn expect(wanted: &Expect, indent: usize) -> String {
    match wanted {
        Expect::Status(statuses) if statuses.iter().all(|status| is_status(status)) => format!("expect {}", statuses.join(" | ")),
        // No response has such a status: the file expects a failure.
        Expect::Status(statuses) => {
            format!("expect {}", statuses.iter().map(|status| format!("status == {status}")).collect::<Vec<_>>().join(" or "))
        }
        Expect::Json { exactly, matcher } => {
            let head = if *exactly { "expect json exactly" } else { "expect json" };
            format!("{head} {}", expr::matcher(matcher, indent, indent + head.len() + 1))
        }
        Expect::Headers(headers) => format!("expect headers {}", expr::header_matchers(headers, indent, indent + 15)),
        Expect::Text { not, part } => format!("expect {}text {}", if *not { "not " } else { "" }, expr::inline(part)),
        Expect::Condition(condition) => format!("expect {condition}"),
    }
}

/// The source of a take.
pub(super) fn take_source(source: &Source) -> String {
    let quantifier = source.quantifier.map(|word| format!("{word} ")).unwrap_or_default();
    let pattern = source.pattern.as_ref().map(|pattern| format!(" ~ {}", regex(pattern))).unwrap_or_default();
    format!("{quantifier}{}{pattern}", source.what)
}

/// `wait …`
pub(super) fn wait(pause: &Wait) -> String {
    match pause {
        Wait::Fixed(pause) => format!("wait {}", expr::inline(pause)),
        Wait::Between(from, to) => format!("wait {}..{}", expr::inline(from), expr::inline(to)),
        Wait::Pacing(pace) => format!("wait pacing {}", expr::inline(pace)),
    }
}

/// `(a, b: 2)`; empty without arguments.
pub(super) fn arguments(args: &[(Option<String>, Expr)], indent: usize) -> String {
    if args.is_empty() { String::new() } else { arguments_or_empty(args, indent, indent + 20) }
}

/// `(a, b: 2)`, starting at `column`. If the last argument is a map or a list, its bracket stays on the line of the call.
fn arguments_or_empty(args: &[(Option<String>, Expr)], indent: usize, column: usize) -> String {
    let name = |name: &Option<String>| name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
    let flat = |args: &[(Option<String>, Expr)]| {
        args.iter().map(|(key, value)| format!("{}{}", name(key), expr::inline(value))).collect::<Vec<_>>().join(", ")
    };
    let whole = format!("({})", flat(args));
    if column + whole.chars().count() <= super::layout::WIDTH {
        return whole;
    }
    if let Some(((key, last @ (Expr::Map(_) | Expr::List(_))), before)) = args.split_last() {
        let before = if before.is_empty() { String::new() } else { format!("{}, ", flat(before)) };
        let column = column + 1 + before.chars().count() + name(key).len();
        if column < super::layout::WIDTH - 20 {
            return format!("({before}{}{})", name(key), expr::expr(last, indent, column));
        }
    }
    let margin = " ".repeat(indent + 2);
    let items = args.iter().map(|(key, value)| {
        let key = name(key);
        format!("{margin}{key}{},", expr::expr(value, indent + 2, indent + 2 + key.len()))
    });
    format!("(\n{}\n{})", items.collect::<Vec<_>>().join("\n"), " ".repeat(indent))
}

/// `(name: type = default)`, starting at `column`; empty without parameters.
pub(super) fn params(params: &[Param], indent: usize, column: usize) -> String {
    if params.is_empty() { String::new() } else { params_or_empty(params, indent, column) }
}

/// `(name: type = default)`, starting at `column`. A long list fills its lines.
pub(super) fn params_or_empty(params: &[Param], indent: usize, column: usize) -> String {
    let written: Vec<String> = params
        .iter()
        .map(|param| {
            let ty = param.ty.map(|ty| format!(": {ty}")).unwrap_or_default();
            let default = param.default.as_ref().map(|default| format!(" = {}", expr::inline(default))).unwrap_or_default();
            format!("{}{ty}{default}", param.name)
        })
        .collect();
    let flat = format!("({})", written.join(", "));
    if column + flat.len() <= super::layout::WIDTH {
        return flat;
    }
    let margin = " ".repeat(indent + 2);
    let mut lines = vec![margin.clone()];
    for param in written {
        match lines.last_mut() {
            Some(line) if line.len() + param.len() + 2 <= super::layout::WIDTH => {
                line.push_str(if line.len() > margin.len() { " " } else { "" });
                line.push_str(&format!("{param},"));
            }
            _ => lines.push(format!("{margin}{param},")),
        }
    }
    format!("(\n{}\n{})", lines.join("\n"), " ".repeat(indent))
}

/// `bearer(x)`
pub(super) fn auth(auth: &Auth) -> String {
    match auth {
        Auth::Bearer(token) => format!("bearer({})", expr::inline(token)),
        Auth::Basic(user, password) => format!("basic({}, {})", expr::inline(user), expr::inline(password)),
        Auth::Header(name, value) => format!("header({}, {})", quoted(name), expr::inline(value)),
        Auth::Aws(service, region) => format!("aws({}, {})", expr::inline(service), expr::inline(region)),
        Auth::None => "none".to_owned(),
    }
}

/// The lines of options.
pub(super) fn option_lines(layout: &mut Layout, set: &crate::draft::Options) {
    for line in options(set, layout.indent()) {
        layout.line(&line);
    }
}
/// Whether a text is a status of HTTP, or a class of them: `404`, `5xx`.
fn is_status(text: &str) -> bool {
    matches!(text.as_bytes(), [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] | [b'1'..=b'5', b'x', b'x'])
}
