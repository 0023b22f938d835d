//! The files that a spec names, so that the driver can read them before the check.

use crate::ast::{
    ApiMember, Arg, AuthExpr, Block, BodyKind, Entry, Exchange, Expect, ExpectKind, Expr, ExprKind, File, Item, Matcher, MatcherKind, Part,
    PathExpr, RequestOption, Step, Stmt, StmtKind, TaskTarget, Text, TextPart, UserMember,
};
use crate::span::Span;

/// A file that a spec names.
#[derive(Clone, Debug, PartialEq)]
pub struct AssetRequest {
    /// Its path as written, relative to the file that names it.
    pub path: String,
    /// The location of its name.
    pub span: Span,
    /// Its use.
    pub kind: AssetKind,
}

/// The uses of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssetKind {
    /// A data source.
    Data,
    /// `file("x")`.
    File,
    /// `files("dir/*.png")`: any number of files, ordered by name.
    Glob,
}

/// All files that a spec names.
pub fn needs(ast: &File) -> Vec<AssetRequest> {
    let mut walk = AssetWalk(Vec::new());
    for item in &ast.items {
        walk.item(item);
    }
    walk.0
}

struct AssetWalk(Vec<AssetRequest>);

impl AssetWalk {
    fn item(&mut self, item: &Item) {
        match item {
            Item::Data(data) => self.0.push(AssetRequest { path: data.path.node.clone(), span: data.path.span, kind: AssetKind::Data }),
            Item::Let(it) | Item::Keep(it) => self.expr(&it.value),
            Item::Api(api) => self.members(&api.members),
            Item::Sequence(sequence) => self.block(&sequence.body),
            Item::BeforeTest(block) | Item::AfterTest(block) => self.block(block),
            Item::BeforeTestEvery(period, block) => {
                self.expr(period);
                self.block(block);
            }
            Item::Tasks(tasks) => {
                for member in &tasks.members {
                    match &member.target {
                        TaskTarget::Run(_, args) => self.args(args),
                        TaskTarget::Step(step) => self.step(step),
                        TaskTarget::Broken => {}
                    }
                }
            }
            Item::User(user) => {
                for member in &user.members {
                    match member {
                        UserMember::Run(_, args, _) => self.args(args),
                        UserMember::OnStart(block) | UserMember::OnStop(block) | UserMember::Every(_, block) => self.block(block),
                        _ => {}
                    }
                }
            }
            Item::Import(_) | Item::Broken(_) => {}
        }
    }

    fn members(&mut self, members: &[ApiMember]) {
        for member in members {
            match member {
                ApiMember::Base(expr) => self.expr(expr),
                ApiMember::Option(option) => self.option(option),
                ApiMember::Healthcheck(Some(check), _) => self.parts(&check.parts),
                ApiMember::Resource(resource) => self.members(&resource.members),
                ApiMember::Request(request) => {
                    for default in request.params.iter().filter_map(|p| p.default.as_ref()) {
                        self.expr(default);
                    }
                    self.parts(&request.parts);
                }
                _ => {}
            }
        }
    }

    fn option(&mut self, option: &RequestOption) {
        match option {
            RequestOption::Auth(auth) => self.auth(auth),
            RequestOption::Headers(entries, _) => self.entries(entries),
            RequestOption::Timeout(expr) => self.expr(expr),
            RequestOption::Redirects(..) => {}
        }
    }

    fn auth(&mut self, auth: &AuthExpr) {
        self.args(&auth.args);
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Option(option) => self.option(option),
                Part::Query(entries, _) => self.entries(entries),
                Part::Body(body) => match &body.kind {
                    BodyKind::JsonMap(entries) | BodyKind::Form(entries) | BodyKind::Multipart(entries) | BodyKind::Graphql(_, entries) => {
                        self.entries(entries)
                    }
                    BodyKind::Json(expr) | BodyKind::Text(expr) | BodyKind::Bytes(expr) => {
                        self.expr(expr);
                    }
                },
                Part::Expect(expect) => self.expect(expect),
                Part::Broken(_) => {}
            }
        }
    }

    fn block(&mut self, block: &Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
    }

    fn step(&mut self, step: &Step) {
        self.block(&step.body);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match &stmt.kind {
            StmtKind::Step(step) => self.step(step),
            StmtKind::Exchange(exchange) => match &**exchange {
                Exchange::Call { args, parts, .. } => {
                    self.args(args);
                    self.parts(parts);
                }
                Exchange::Inline { line, parts, .. } => {
                    let (PathExpr::Plain(text) | PathExpr::Quoted(text)) = &line.path;
                    self.text(text);
                    self.parts(parts);
                }
                Exchange::Submit { form, parts, .. } => {
                    self.expr(form);
                    self.parts(parts);
                }
            },
            StmtKind::Expect(expect) => self.expect(expect),
            StmtKind::Take(take) => {
                self.expr(&take.source);
                take.fallback.iter().for_each(|e| self.expr(e));
            }
            StmtKind::Run { args, .. } => self.args(args),
            StmtKind::Let(it) | StmtKind::Keep(it) => self.expr(&it.value),
            StmtKind::Set(_, expr) => self.expr(expr),
            StmtKind::Fail(expr) | StmtKind::Log(expr) => self.expr(expr),
            StmtKind::SetAuth(_, auth) => self.auth(auth),
            StmtKind::If { branches, otherwise } => {
                for (condition, block) in branches {
                    self.expr(condition);
                    self.block(block);
                }
                otherwise.iter().for_each(|block| self.block(block));
            }
            StmtKind::Repeat(expr, block) => {
                self.expr(expr);
                self.block(block);
            }
            StmtKind::For { iter, body, .. } => {
                if let crate::ast::ForIter::Each(expr) = iter {
                    self.expr(expr);
                }
                self.block(body);
            }
            StmtKind::Parallel(block) | StmtKind::Group(_, block) | StmtKind::Finally(block) => self.block(block),
            StmtKind::Retry(retry) => self.block(&retry.body),
            StmtKind::Poll(poll) => self.block(&poll.body),
            _ => {}
        }
    }

    fn expect(&mut self, expect: &Expect) {
        match &expect.kind {
            ExpectKind::Json { matcher, .. } => self.matcher(matcher),
            ExpectKind::Headers(entries) => {
                entries.iter().for_each(|entry| self.matcher(&entry.matcher));
            }
            ExpectKind::Text { part, .. } => self.expr(part),
            ExpectKind::Condition(expr) => self.expr(expr),
            ExpectKind::Status(_) => {}
        }
    }

    fn matcher(&mut self, matcher: &Matcher) {
        match &matcher.kind {
            MatcherKind::Compare(_, expr) | MatcherKind::Value(expr) => self.expr(expr),
            MatcherKind::Each(inner) => self.matcher(inner),
            MatcherKind::OneOf(items) | MatcherKind::List { items, .. } => {
                items.iter().for_each(|item| self.matcher(item));
            }
            MatcherKind::Object(entries) => {
                entries.iter().for_each(|entry| self.matcher(&entry.matcher));
            }
            _ => {}
        }
    }

    fn entries(&mut self, entries: &[Entry]) {
        entries.iter().for_each(|entry| self.expr(&entry.value));
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            self.expr(&arg.value);
        }
    }

    fn text(&mut self, text: &Text) {
        for part in &text.parts {
            if let TextPart::Hole(expr, _) = part {
                self.expr(expr);
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Call(callee, args) => {
                self.named_file(callee, args);
                self.expr(callee);
                self.args(args);
            }
            ExprKind::Text(text) => self.text(text),
            ExprKind::List(items) => items.iter().for_each(|item| self.expr(item)),
            ExprKind::Object(entries) => self.entries(entries),
            ExprKind::Header(of)
            | ExprKind::Cookie(of)
            | ExprKind::Member(of, _)
            | ExprKind::Unary(_, of)
            | ExprKind::Quantified(_, of)
            | ExprKind::Members(of) => self.expr(of),
            ExprKind::JsonPath(text) | ExprKind::Html(text, _) => self.text(text),
            ExprKind::Index(a, b) | ExprKind::Binary(a, _, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Slice(a, b, c) | ExprKind::If(a, b, c) => {
                [a, b, c].into_iter().for_each(|e| self.expr(e));
            }
            ExprKind::Match { value, .. } => self.expr(value),
            _ => {}
        }
    }

    fn named_file(&mut self, callee: &Expr, args: &[Arg]) {
        let ExprKind::Name(name) = &callee.kind else {
            return;
        };
        let kind = match name.as_str() {
            "file" => AssetKind::File,
            "files" => AssetKind::Glob,
            _ => return,
        };
        let Some(ExprKind::Text(text)) = args.first().map(|arg| &arg.value.kind) else {
            return;
        };
        if let Some(path) = literal(text) {
            self.0.push(AssetRequest { path, span: text.span, kind });
        }
    }
}

/// The text of a literal without holes.
pub(in crate::check) fn literal(text: &Text) -> Option<String> {
    let mut out = String::new();
    for part in &text.parts {
        match part {
            TextPart::Literal(literal) => out.push_str(literal),
            TextPart::Hole(..) => return None,
        }
    }
    Some(out)
}
