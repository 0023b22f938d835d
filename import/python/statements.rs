//! Converts ruff's tree to the small one: statements.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr as E, Stmt as S};
use ruff_text_size::Ranged;

use super::lower::{Lower, binding};
use crate::code::{Binding, Class, Expr, Function, Kind, Stmt, StmtKind};

impl Lower<'_> {
    pub(super) fn statements(&self, statements: &[S]) -> Vec<Stmt> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    fn statement(&self, statement: &S) -> Stmt {
        let kind = match statement {
            S::Expr(it) if matches!(it.value.as_ref(), E::StringLiteral(_) | E::EllipsisLiteral(_)) => StmtKind::Empty,
            S::Expr(it) => StmtKind::Expr(self.expr(&it.value)),
            S::Assign(it) => self.assign(&it.targets, &it.value),
            S::AnnAssign(it) => match &it.value {
                Some(value) => self.assign(std::slice::from_ref(&it.target), value),
                None => StmtKind::Empty,
            },
            S::AugAssign(it) => {
                let operator = match it.op {
                    ast::Operator::Add => "+=",
                    ast::Operator::Sub => "-=",
                    ast::Operator::Mult => "*=",
                    ast::Operator::BitOr => "|=",
                    _ => "/=",
                };
                let kind = Kind::Assign(Box::new(self.expr(&it.target)), operator, Box::new(self.expr(&it.value)));
                StmtKind::Expr(Expr::new(self.line(it.range), kind))
            }
            S::If(it) => self.branch(it),
            S::For(it) => StmtKind::ForOf(binding(&it.target), self.expr(&it.iter), self.statements(&it.body)),
            S::While(it) => StmtKind::While(self.expr(&it.test), self.statements(&it.body)),
            S::With(it) => {
                let item =
                    |item: &ast::WithItem| (self.expr(&item.context_expr), item.optional_vars.as_ref().map(|target| binding(target)));
                StmtKind::With(it.items.iter().map(item).collect(), self.statements(&it.body))
            }
            S::Return(it) => StmtKind::Return(it.value.as_ref().map(|value| self.expr(value))),
            S::Raise(it) => StmtKind::Throw(it.exc.as_ref().map(|value| self.expr(value))),
            S::Try(it) => {
                let mut body = self.statements(&it.body);
                body.extend(self.statements(&it.orelse));
                body.extend(self.statements(&it.finalbody));
                let caught = it.handlers.first().map_or_else(Vec::new, |handler| {
                    let ast::ExceptHandler::ExceptHandler(handler) = handler;
                    self.statements(&handler.body)
                });
                StmtKind::Try(body, caught)
            }
            S::Assert(it) => {
                // A failed assertion ends the task as an exception does.
                let test = self.expr(&it.test);
                let line = test.line;
                let failed = Expr::new(line, Kind::Unary("!", Box::new(test)));
                let thrown = it.msg.as_ref().map(|message| self.expr(message));
                let source = self.text(it.range);
                StmtKind::If(failed, vec![Stmt { line, source, kind: StmtKind::Throw(thrown) }], Vec::new())
            }
            S::FunctionDef(it) => StmtKind::Function(Rc::new(Function {
                name: Some(it.name.to_string()),
                parameters: self.parameters(&it.parameters),
                body: self.statements(&it.body),
                decorators: it.decorator_list.iter().map(|it| self.expr(&it.expression)).collect(),
            })),
            S::ClassDef(it) => StmtKind::Class(Rc::new(Class {
                name: it.name.to_string(),
                bases: it.arguments.as_ref().map_or_else(Vec::new, |it| self.all(&it.args)),
                body: self.statements(&it.body),
                decorators: it.decorator_list.iter().map(|it| self.expr(&it.expression)).collect(),
            })),
            S::Import(it) => {
                let import = |alias: &ast::Alias| {
                    let module = alias.name.to_string();
                    match &alias.asname {
                        Some(name) => (module, name.to_string()),
                        // `import a.b` binds `a`.
                        None => (module.clone(), module),
                    }
                };
                let statements = it.names.iter().map(import).map(|(module, name)| Stmt {
                    line: self.line(it.range),
                    source: self.text(it.range),
                    kind: StmtKind::Import(module, vec![("*".to_owned(), name)]),
                });
                StmtKind::Block(statements.collect())
            }
            S::ImportFrom(it) => {
                let module = ".".repeat(it.level as usize) + it.module.as_ref().map_or("", |it| it.as_str());
                let names = it.names.iter().map(|alias| {
                    let name = alias.name.to_string();
                    (name.clone(), alias.asname.as_ref().map_or(name, |it| it.to_string()))
                });
                StmtKind::Import(module, names.collect())
            }
            S::Global(it) => StmtKind::Global(it.names.iter().map(|name| name.to_string()).collect()),
            S::Nonlocal(it) => StmtKind::Global(it.names.iter().map(|name| name.to_string()).collect()),
            S::Pass(_) | S::TypeAlias(_) => StmtKind::Empty,
            S::Break(_) => StmtKind::Break,
            S::Continue(_) => StmtKind::Continue,
            _ => StmtKind::Other,
        };
        Stmt { line: self.line(statement.range()), source: self.text(statement.range()), kind }
    }

    /// `a = b = c`, `a, b = c`, `self.a = b`
    fn assign(&self, targets: &[E], value: &E) -> StmtKind {
        let value = self.expr(value);
        let statement = |target: &E| match binding(target) {
            Binding::Items(items) if items.contains(&Binding::Other) => self.unpacked(target, &value),
            Binding::Name(_) | Binding::Other => {
                let kind = Kind::Assign(Box::new(self.expr(target)), "=", Box::new(value.clone()));
                StmtKind::Expr(Expr::new(value.line, kind))
            }
            items => StmtKind::Let(vec![(items, Some(value.clone()))]),
        };
        match targets {
            [target] => statement(target),
            targets => {
                let one = |target: &E| Stmt { line: self.line(target.range()), source: self.text(target.range()), kind: statement(target) };
                StmtKind::Block(targets.iter().map(one).collect())
            }
        }
    }

    /// `self.a, self.b = c`: assigns through variables.
    fn unpacked(&self, target: &E, value: &Expr) -> StmtKind {
        let targets = match target {
            E::Tuple(it) => self.all(&it.elts),
            E::List(it) => self.all(&it.elts),
            _ => return StmtKind::Other,
        };
        let source = self.text(target.range());
        let line = value.line;
        let names: Vec<String> = (0..targets.len()).map(|at| format!("unpacked {at}")).collect();
        let items = Binding::Items(names.iter().map(|name| Binding::Name(name.clone())).collect());
        let first = Stmt { line, source: source.clone(), kind: StmtKind::Let(vec![(items, Some(value.clone()))]) };
        let assigns = targets.into_iter().zip(names).map(|(target, name)| {
            let kind = Kind::Assign(Box::new(target), "=", Box::new(Expr::new(line, Kind::Name(name))));
            Stmt { line, source: source.clone(), kind: StmtKind::Expr(Expr::new(line, kind)) }
        });
        StmtKind::Block(std::iter::once(first).chain(assigns).collect())
    }

    fn branch(&self, branch: &ast::StmtIf) -> StmtKind {
        let mut otherwise: Vec<Stmt> = Vec::new();
        for clause in branch.elif_else_clauses.iter().rev() {
            let body = self.statements(&clause.body);
            otherwise = match &clause.test {
                None => body,
                Some(test) => vec![Stmt {
                    line: self.line(clause.range),
                    source: self.text(clause.range),
                    kind: StmtKind::If(self.expr(test), body, otherwise),
                }],
            };
        }
        StmtKind::If(self.expr(&branch.test), self.statements(&branch.body), otherwise)
    }
}
