//! Converts oxc's tree to the small one: statements.

use std::rc::Rc;

use oxc_ast::ast;
use oxc_span::GetSpan;

use super::lower::{Lower, binding};
use crate::code::{Binding, Expr, Kind, Stmt, StmtKind};

/// The most cases of a `switch`: each becomes a branch of the one before it.
const CASES_MAX: usize = 200;

impl Lower<'_> {
    pub(super) fn statements(&self, statements: &[ast::Statement<'_>]) -> Vec<Stmt> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    /// The statements of a block, or the single statement.
    fn block(&self, statement: &ast::Statement<'_>) -> Vec<Stmt> {
        match statement {
            ast::Statement::BlockStatement(block) => self.statements(&block.body),
            other => vec![self.statement(other)],
        }
    }

    fn statement(&self, statement: &ast::Statement<'_>) -> Stmt {
        let kind = match statement {
            ast::Statement::ExpressionStatement(it) => StmtKind::Expr(self.expr(&it.expression)),
            ast::Statement::VariableDeclaration(it) => StmtKind::Let(self.declarators(it)),
            ast::Statement::IfStatement(it) => {
                let otherwise = it.alternate.as_ref().map_or_else(Vec::new, |it| self.block(it));
                StmtKind::If(self.expr(&it.test), self.block(&it.consequent), otherwise)
            }
            ast::Statement::BlockStatement(it) => StmtKind::Block(self.statements(&it.body)),
            ast::Statement::ReturnStatement(it) => StmtKind::Return(it.argument.as_ref().map(|it| self.expr(it))),
            ast::Statement::TryStatement(it) => {
                let caught = it.handler.as_ref().map_or_else(Vec::new, |it| self.statements(&it.body.body));
                let mut body = self.statements(&it.block.body);
                body.extend(it.finalizer.iter().flat_map(|it| self.statements(&it.body)));
                StmtKind::Try(body, caught)
            }
            ast::Statement::ForOfStatement(it) => StmtKind::ForOf(left(&it.left), self.expr(&it.right), self.block(&it.body)),
            ast::Statement::ForInStatement(it) => {
                let line = self.line(it.span);
                let keys = Kind::Member(Box::new(Expr::new(line, Kind::Name("Object".to_owned()))), "keys".to_owned());
                let keys = Kind::Call(Box::new(Expr::new(line, keys)), vec![self.expr(&it.right)]);
                StmtKind::ForOf(left(&it.left), Expr::new(line, keys), self.block(&it.body))
            }
            ast::Statement::ForStatement(it) => {
                let init = it.init.iter().map(|init| self.init(init)).collect();
                let (test, update) = (it.test.as_ref().map(|it| self.expr(it)), it.update.as_ref().map(|it| self.expr(it)));
                StmtKind::For(init, test, update, self.block(&it.body))
            }
            ast::Statement::WhileStatement(it) => StmtKind::While(self.expr(&it.test), self.block(&it.body)),
            ast::Statement::DoWhileStatement(it) => StmtKind::While(self.expr(&it.test), self.block(&it.body)),
            ast::Statement::ThrowStatement(it) => StmtKind::Throw(Some(self.expr(&it.argument))),
            ast::Statement::BreakStatement(_) => StmtKind::Break,
            ast::Statement::ContinueStatement(_) => StmtKind::Continue,
            ast::Statement::SwitchStatement(it) => self.switch(it),
            ast::Statement::ClassDeclaration(it) => StmtKind::Class(Rc::new(self.class(it))),
            ast::Statement::TSTypeAliasDeclaration(_) | ast::Statement::TSInterfaceDeclaration(_) => StmtKind::Empty,
            ast::Statement::ImportDeclaration(it) => self.import(it),
            ast::Statement::ExportNamedDeclaration(it) => StmtKind::ExportNames(None, specifiers(&it.specifiers)),
            ast::Statement::ExportFromDeclaration(it) => {
                StmtKind::ExportNames(Some(it.source.value.to_string()), specifiers(&it.specifiers))
            }
            ast::Statement::ExportDeclaration(it) => self.declaration(&it.declaration),
            ast::Statement::ExportAllDeclaration(it) => {
                StmtKind::ExportNames(Some(it.source.value.to_string()), vec![("*".to_owned(), "*".to_owned())])
            }
            ast::Statement::ExportDefaultDeclaration(it) => match &it.declaration {
                ast::ExportDefaultDeclarationKind::FunctionDeclaration(it) => {
                    StmtKind::ExportDefault(Expr::new(self.line(it.span), Kind::Function(Rc::new(self.function(it)))))
                }
                ast::ExportDefaultDeclarationKind::ClassDeclaration(it) => {
                    StmtKind::ExportDefault(Expr::new(self.line(it.span), Kind::Class(Rc::new(self.class(it)))))
                }
                other => other.as_expression().map_or(StmtKind::Other, |it| StmtKind::ExportDefault(self.expr(it))),
            },
            ast::Statement::FunctionDeclaration(it) => StmtKind::Function(Rc::new(self.function(it))),
            ast::Statement::EmptyStatement(_) => StmtKind::Empty,
            _ => StmtKind::Other,
        };
        Stmt { line: self.line(statement.span()), source: self.text(statement.span()), kind }
    }

    fn declarators(&self, declaration: &ast::VariableDeclaration<'_>) -> Vec<(Binding, Option<Expr>)> {
        declaration.declarations.iter().map(|it| (binding(&it.id), it.init.as_ref().map(|init| self.expr(init)))).collect()
    }

    fn init(&self, init: &ast::ForStatementInit<'_>) -> Stmt {
        let kind = match init {
            ast::ForStatementInit::VariableDeclaration(it) => StmtKind::Let(self.declarators(it)),
            other => other.as_expression().map_or(StmtKind::Other, |it| StmtKind::Expr(self.expr(it))),
        };
        Stmt { line: self.line(init.span()), source: self.text(init.span()), kind }
    }

    /// A declaration that is exported.
    fn declaration(&self, declaration: &ast::Declaration<'_>) -> StmtKind {
        let kind = match declaration {
            ast::Declaration::VariableDeclaration(it) => StmtKind::Let(self.declarators(it)),
            ast::Declaration::FunctionDeclaration(it) => StmtKind::Function(Rc::new(self.function(it))),
            ast::Declaration::ClassDeclaration(it) => StmtKind::Class(Rc::new(self.class(it))),
            _ => StmtKind::Empty,
        };
        let span = declaration.span();
        StmtKind::Export(Box::new(Stmt { line: self.line(span), source: self.text(span), kind }))
    }

    fn import(&self, import: &ast::ImportDeclaration<'_>) -> StmtKind {
        let names = import.specifiers.iter().flatten().map(|it| match it {
            ast::ImportDeclarationSpecifier::ImportSpecifier(it) => (it.imported.name().to_string(), it.local.name.to_string()),
            ast::ImportDeclarationSpecifier::ImportDefaultSpecifier(it) => ("default".to_owned(), it.local.name.to_string()),
            ast::ImportDeclarationSpecifier::ImportNamespaceSpecifier(it) => ("*".to_owned(), it.local.name.to_string()),
        });
        StmtKind::Import(import.source.value.to_string(), names.collect())
    }

    /// Converts cases that end in `break` or `return` to consecutive conditions.
    fn switch(&self, switch: &ast::SwitchStatement<'_>) -> StmtKind {
        let subject = self.expr(&switch.discriminant);
        let mut chain: Vec<Stmt> = Vec::new();
        let mut tests: Vec<Expr> = Vec::new();
        let mut cases: Vec<(Vec<Expr>, Vec<Stmt>)> = Vec::new();
        for case in &switch.cases {
            match &case.test {
                Some(test) => tests.push(self.expr(test)),
                None => tests.clear(),
            }
            if case.consequent.is_empty() {
                continue;
            }
            let mut body = self.statements(&case.consequent);
            if let [Stmt { kind: StmtKind::Block(inner), .. }] = body.as_slice() {
                body = inner.clone();
            }
            if body.last().is_some_and(|last| last.kind == StmtKind::Break) {
                body.pop();
            }
            if case.test.is_none() {
                chain = body;
            } else {
                cases.push((std::mem::take(&mut tests), body));
            }
        }
        if cases.len() > CASES_MAX {
            return StmtKind::Other;
        }
        // A statement without a counterpart is named by its first line.
        let source = self.text(switch.span).lines().next().unwrap_or_default().chars().take(200).collect::<String>();
        for (tests, body) in cases.into_iter().rev() {
            // `switch (true)`: the cases are conditions.
            let is_true = matches!(subject.kind, Kind::Bool(true));
            let equal = |test: Expr| {
                if is_true { test } else { Expr::new(test.line, Kind::Binary("===", Box::new(subject.clone()), Box::new(test))) }
            };
            let condition = tests
                .into_iter()
                .map(equal)
                .reduce(|left, right| Expr::new(left.line, Kind::Binary("||", Box::new(left), Box::new(right))));
            let Some(condition) = condition else { continue };
            let line = condition.line;
            chain = vec![Stmt { line, source: source.clone(), kind: StmtKind::If(condition, body, chain) }];
        }
        StmtKind::Block(chain)
    }
}

fn specifiers(specifiers: &[ast::ExportSpecifier<'_>]) -> Vec<(String, String)> {
    specifiers.iter().map(|it| (it.local.name().to_string(), it.exported.name().to_string())).collect()
}

fn left(left: &ast::ForStatementLeft<'_>) -> Binding {
    match left {
        ast::ForStatementLeft::VariableDeclaration(it) => it.declarations.first().map_or(Binding::Other, |it| binding(&it.id)),
        ast::ForStatementLeft::AssignmentTargetIdentifier(it) => Binding::Name(it.name.to_string()),
        _ => Binding::Other,
    }
}
