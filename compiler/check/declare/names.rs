//! Declarations: adds those of each file to the program, and reports duplicate names.

use crate::ast::{self, Item};
use crate::check::Checker;
use crate::check::scope::{Decl, FuncKind, Global, RunDecl, Runnable};
use crate::check::types;
use crate::check::users::sequences::{SequenceInfo, TasksInfo};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{ApiId, AtEnd, Data, DataId, GlobalId, KeepId, SequenceId, SharedId, TasksId, Type, Variable};
use crate::span::{FileId, Name, Span};

impl<'a> Checker<'a> {
    pub(in crate::check) fn items(&self, file: FileId) -> &'a [Item] {
        let input = self.input;
        input.files.get(usize::from(file.0)).map_or(&[], |file| file.ast.items.as_slice())
    }

    /// Declares the items of all files.
    pub(in crate::check) fn declare_all(&mut self, order: &[FileId]) {
        let (mut globals, mut keeps) = (0, 0);
        for &file in order {
            let mut blocks: [Option<Span>; 2] = [None, None];
            for item in self.items(file) {
                match item {
                    Item::Api(api) => {
                        let id = ApiId(self.apis.len());
                        self.apis.push(crate::check::declare::apis::ApiInfo::new(api));
                        self.declare(&api.name, Global::Api(id));
                    }
                    Item::Data(data) => {
                        let id = DataId(self.program.data.len());
                        self.program.data.push(Data {
                            name: data.name.node.clone(),
                            path: data.path.node.clone(),
                            columns: Vec::new(),
                            secrets: Vec::new(),
                            rows: Vec::new(),
                            random: false,
                            unique: false,
                            at_end: AtEnd::Recycle,
                            span: data.name.span,
                        });
                        self.declare(&data.name, Global::Data(id));
                    }
                    Item::Let(it) => {
                        self.declare(&it.name, Global::Let(GlobalId(globals)));
                        globals += 1;
                    }
                    Item::Keep(it) => {
                        self.declare(&it.name, Global::Keep(KeepId(keeps)));
                        keeps += 1;
                    }
                    Item::Sequence(sequence) => {
                        let id = SequenceId(self.sequences.len());
                        self.sequences.push(SequenceInfo::new(sequence));
                        self.declare_run(&sequence.name, Runnable::Sequence(id));
                    }
                    Item::Tasks(tasks) => {
                        let id = TasksId(self.tasks.len());
                        self.tasks.push(TasksInfo::new(tasks));
                        self.declare_run(&tasks.name, Runnable::Tasks(id));
                    }
                    Item::BeforeTest(block) => {
                        self.once(&mut blocks[0], block.span, "before test");
                        self.declare_shared(block);
                    }
                    Item::BeforeTestEvery(_, block) => self.declare_shared(block),
                    Item::AfterTest(block) => self.once(&mut blocks[1], block.span, "after test"),
                    Item::Broken(_) => self.broken = true,
                    Item::Import(_) | Item::User(_) => {}
                }
            }
        }
    }

    fn once(&mut self, seen: &mut Option<Span>, span: Span, what: &str) {
        if let Some(first) = seen.replace(span) {
            self.said_twice(what, span, first);
        }
    }

    /// Reports a duplicate option.
    pub(in crate::check) fn said_twice(&mut self, what: &str, span: Span, first: Span) {
        let help = match what {
            "run" => "run one sequence that runs both, or `tasks Name { A; B }`, which draws one of them",
            _ => "remove one of them",
        };
        let d = Diagnostic::new(Code::SaidTwice, span, format!("duplicate `{what}`")).also(first, "first one here").help(help);
        self.report(d);
    }

    fn declare(&mut self, name: &'a Name, what: Global) {
        self.check_reserved(name);
        if let Some(first) = self.values.get(name.node.as_str()) {
            let first = first.span;
            self.declared_twice(name, first);
            return;
        }
        let decl = Decl { what, span: name.span, used: name.node.starts_with('_') };
        self.values.insert(&name.node, decl);
    }

    fn declare_run(&mut self, name: &'a Name, what: Runnable) {
        if let Some(first) = self.runs.get(name.node.as_str()) {
            let first = first.span;
            self.declared_twice(name, first);
            return;
        }
        let decl = RunDecl { what, span: name.span, used: false };
        self.runs.insert(&name.node, decl);
    }

    pub(in crate::check) fn declared_twice(&mut self, name: &Name, first: Span) {
        let d = Diagnostic::new(Code::DeclaredTwice, name.span, format!("`{}` is already declared", name.node))
            .also(first, "declared here")
            .help("use another name");
        self.report(d);
    }

    fn declare_shared(&mut self, block: &'a ast::Block) {
        for assigned in crate::check::flow::parallel::assigned(block) {
            let known = self.values.get(assigned.name.node.as_str());
            if known.is_some_and(|decl| matches!(decl.what, Global::Shared(_))) {
                continue;
            }
            let id = SharedId(self.program.shared.len());
            self.program.shared.push(assigned.name.node.clone());
            let ty = assigned.ty.and_then(|word| types::named(&word.node)).map_or(Type::Json, |(ty, _)| ty);
            self.shared_types.push(ty);
            self.declare(assigned.name, Global::Shared(id));
        }
    }

    /// Checks the `let` and `keep` of all files, in order.
    pub(in crate::check) fn check_variables(&mut self, order: &[FileId]) {
        for &file in order {
            for item in self.items(file) {
                let (it, keep) = match item {
                    Item::Let(it) => (it, false),
                    Item::Keep(it) => (it, true),
                    _ => continue,
                };
                let context = if keep { "keep" } else { "let" };
                let (value, kinds) = self.in_function(FuncKind::File, context.to_owned(), |checker| checker.typed_value(it));
                if !keep && mentions_user(&value) {
                    let d = Diagnostic::new(
                        Code::NotHere,
                        it.value.span,
                        "a `let` of the file is one value for the whole test and cannot depend on a user",
                    )
                    .help(format!("write `keep {} = …` for one value for each user", it.name.node));
                    self.report(d);
                }
                if let Some(span) = mentions_shared(&value).filter(|_| !keep) {
                    let name = self.written(span);
                    let message = format!("`{name}` is assigned in `before test`, which runs after the `let`s of the file");
                    let help = format!(
                        "write `let {} = …` in `before test`, or `keep {} = …` for one value for each user",
                        it.name.node, it.name.node
                    );
                    self.report(Diagnostic::new(Code::TooEarly, span, message).help(help));
                }
                let variable = Variable { name: it.name.node.clone(), secret: it.secret, span: it.name.span, value };
                self.types.push((it.name.span, variable.value.ty.clone()));
                if keep {
                    self.early_keeps.push(self.early(&variable.value));
                    self.keep_kinds.push(kinds);
                }
                let changes = keep && self.changed.contains(&it.name.node);
                let (types, variables) = if keep {
                    (&mut self.keep_types, &mut self.program.keeps)
                } else {
                    (&mut self.global_types, &mut self.program.globals)
                };
                types.push(match &variable.value.ty {
                    Type::Null => Type::Json,
                    ty if changes => types::without_content(ty),
                    ty => ty.clone(),
                });
                variables.push(variable);
            }
        }
    }

    /// Checks the value of a `let` or `keep` against its declared type. Also returns what that type takes.
    pub(in crate::check) fn typed_value(&mut self, it: &'a ast::Let) -> (crate::model::Expr, Option<types::Kinds>) {
        let value = self.expr(&it.value);
        let Some(word) = &it.ty else {
            return (value, None);
        };
        let (ty, kinds) = self.type_word(word);
        let what = format!("`{}` is", it.name.node);
        let mut value = self.coerce(value, kinds, &what);
        let changes = self.changed.contains(&it.name.node);
        value.ty = types::declared(&ty, kinds, &value.ty, changes);
        (value, Some(kinds))
    }
}

/// Whether a value differs from user to user.
fn mentions_user(value: &crate::model::Expr) -> bool {
    use crate::model::{ExprKind, World};
    let mut found = false;
    crate::check::expr::substitute::each(value, &mut |e| {
        found |= matches!(e.kind, ExprKind::Keep(_) | ExprKind::World(World::UserId | World::UserIteration | World::ShardIndex));
    });
    found
}

/// The location at which a value reads a name of `before test`.
fn mentions_shared(value: &crate::model::Expr) -> Option<Span> {
    let mut found = None;
    crate::check::expr::substitute::each(value, &mut |e| {
        if matches!(e.kind, crate::model::ExprKind::Shared(_)) {
            found = found.or(Some(e.span));
        }
    });
    found
}
