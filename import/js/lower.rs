//! oxc's tree into the small one.

use std::rc::Rc;

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan, SourceType, Span};

use super::{Binding, Expr, Function, Kind, Stmt, StmtKind, SyntaxError};

/// Parses a script: a classic one, else a module (which may `await`).
///
/// # Errors
/// Where it is neither: the first mistake.
pub fn parse(source: &str) -> Result<Vec<Stmt>, SyntaxError> {
    read(source, SourceType::script()).or_else(|_| read(source, SourceType::mjs()))
}

fn read(source: &str, kind: SourceType) -> Result<Vec<Stmt>, SyntaxError> {
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, preserve_parens: false, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, source, kind).with_options(options).parse();
    let lower = Lower::new(source);
    if let Some(error) = parsed.diagnostics.iter().next() {
        let line = error.labels.iter().next().map_or(1, |label| lower.line_at(label.offset() as usize));
        return Err(SyntaxError { line, message: error.message.to_string() });
    }
    Ok(lower.statements(&parsed.program.body))
}

struct Lower<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lower<'s> {
    fn new(source: &'s str) -> Self {
        let starts =
            std::iter::once(0).chain(source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1)).collect();
        Self { source, starts }
    }

    fn line_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    fn line(&self, span: Span) -> usize {
        self.line_at(span.start as usize)
    }

    fn text(&self, span: Span) -> String {
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned()
    }

    fn statements(&self, statements: &[ast::Statement<'_>]) -> Vec<Stmt> {
        statements.iter().map(|statement| self.statement(statement)).collect()
    }

    /// The statements of a block, or the one.
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
                StmtKind::Try(self.statements(&it.block.body), caught)
            }
            ast::Statement::ForOfStatement(it) => {
                let binding = match &it.left {
                    ast::ForStatementLeft::VariableDeclaration(it) => it.declarations.first().map_or(Binding::Other, |it| binding(&it.id)),
                    _ => Binding::Other,
                };
                StmtKind::ForOf(binding, self.expr(&it.right), self.block(&it.body))
            }
            ast::Statement::FunctionDeclaration(it) => StmtKind::Function(Rc::new(self.function(it))),
            ast::Statement::EmptyStatement(_) => StmtKind::Empty,
            _ => StmtKind::Other,
        };
        Stmt { line: self.line(statement.span()), source: self.text(statement.span()), kind }
    }

    fn declarators(&self, declaration: &ast::VariableDeclaration<'_>) -> Vec<(Binding, Option<Expr>)> {
        declaration.declarations.iter().map(|it| (binding(&it.id), it.init.as_ref().map(|init| self.expr(init)))).collect()
    }

    fn function(&self, function: &ast::Function<'_>) -> Function {
        Function {
            name: function.id.as_ref().map(|id| id.name.to_string()),
            parameters: parameters(&function.params),
            body: function.body.as_ref().map_or_else(Vec::new, |body| self.statements(&body.statements)),
        }
    }

    fn arrow(&self, arrow: &ast::ArrowFunctionExpression<'_>) -> Function {
        let body = match &arrow.body {
            ast::ArrowFunctionBody::FunctionBody(body) => self.statements(&body.statements),
            other => match other.as_expression() {
                Some(value) => {
                    let (line, source) = (self.line(value.span()), self.text(value.span()));
                    vec![Stmt { line, source, kind: StmtKind::Return(Some(self.expr(value))) }]
                }
                None => Vec::new(),
            },
        };
        Function { name: None, parameters: parameters(&arrow.params), body }
    }

    fn boxed(&self, expr: &ast::Expression<'_>) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    fn expr(&self, expr: &ast::Expression<'_>) -> Expr {
        use ast::Expression as E;
        let kind = match expr {
            E::NullLiteral(_) => Kind::Null,
            E::BooleanLiteral(it) => Kind::Bool(it.value),
            E::NumericLiteral(it) => Kind::Number(number(it)),
            E::StringLiteral(it) => Kind::Text(it.value.to_string()),
            E::TemplateLiteral(it) => {
                let texts = it.quasis.iter().map(|part| part.value.cooked.as_ref().unwrap_or(&part.value.raw).to_string()).collect();
                Kind::Template(texts, it.expressions.iter().map(|it| self.expr(it)).collect())
            }
            E::RegExpLiteral(it) => Kind::Regex { pattern: it.regex.pattern.text.to_string(), flags: it.regex.flags.to_string() },
            E::Identifier(it) if it.name == "undefined" => Kind::Undefined,
            E::Identifier(it) => Kind::Name(it.name.to_string()),
            E::ArrayExpression(it) => {
                let items: Option<Vec<Expr>> = it.elements.iter().map(|item| Some(self.expr(item.as_expression()?))).collect();
                items.map_or_else(|| self.other(expr), Kind::List)
            }
            E::ObjectExpression(it) => self.map(it).map_or_else(|| self.other(expr), Kind::Map),
            E::ArrowFunctionExpression(it) => Kind::Function(Rc::new(self.arrow(it))),
            E::FunctionExpression(it) => Kind::Function(Rc::new(self.function(it))),
            E::AwaitExpression(it) => return self.expr(&it.argument),
            E::BinaryExpression(it) => Kind::Binary(it.operator.as_str(), self.boxed(&it.left), self.boxed(&it.right)),
            E::LogicalExpression(it) => Kind::Binary(it.operator.as_str(), self.boxed(&it.left), self.boxed(&it.right)),
            E::UnaryExpression(it) => Kind::Unary(it.operator.as_str(), self.boxed(&it.argument)),
            E::ConditionalExpression(it) => Kind::Conditional(self.boxed(&it.test), self.boxed(&it.consequent), self.boxed(&it.alternate)),
            E::CallExpression(it) => self.call(it).unwrap_or_else(|| self.other(expr)),
            E::NewExpression(it) => match self.arguments(&it.arguments) {
                Some(arguments) => Kind::New(self.boxed(&it.callee), arguments),
                None => self.other(expr),
            },
            E::ChainExpression(it) => match &it.expression {
                ast::ChainElement::CallExpression(it) => self.call(it).unwrap_or_else(|| self.other(expr)),
                other => other.as_member_expression().and_then(|it| self.member(it)).unwrap_or_else(|| self.other(expr)),
            },
            E::AssignmentExpression(it) => match self.target(&it.left) {
                Some(target) => Kind::Assign(Box::new(target), it.operator.as_str(), self.boxed(&it.right)),
                None => self.other(expr),
            },
            E::ParenthesizedExpression(it) => return self.expr(&it.expression),
            other => other.as_member_expression().and_then(|it| self.member(it)).unwrap_or_else(|| self.other(expr)),
        };
        Expr { line: self.line(expr.span()), kind }
    }

    fn other(&self, expr: &ast::Expression<'_>) -> Kind {
        Kind::Other(self.text(expr.span()))
    }

    fn map(&self, map: &ast::ObjectExpression<'_>) -> Option<Vec<(String, Expr)>> {
        map.properties
            .iter()
            .map(|property| match property {
                ast::ObjectPropertyKind::ObjectProperty(it) => Some((key(&it.key)?, self.expr(&it.value))),
                ast::ObjectPropertyKind::SpreadProperty(_) => None,
            })
            .collect()
    }

    fn arguments(&self, arguments: &[ast::Argument<'_>]) -> Option<Vec<Expr>> {
        arguments.iter().map(|argument| Some(self.expr(argument.as_expression()?))).collect()
    }

    fn call(&self, call: &ast::CallExpression<'_>) -> Option<Kind> {
        Some(Kind::Call(self.boxed(&call.callee), self.arguments(&call.arguments)?))
    }

    fn member(&self, member: &ast::MemberExpression<'_>) -> Option<Kind> {
        match member {
            ast::MemberExpression::StaticMemberExpression(it) => Some(Kind::Member(self.boxed(&it.object), it.property.name.to_string())),
            ast::MemberExpression::ComputedMemberExpression(it) => {
                let index = self.expr(&it.expression);
                Some(match index.kind {
                    Kind::Text(name) => Kind::Member(self.boxed(&it.object), name),
                    _ => Kind::Index(self.boxed(&it.object), Box::new(index)),
                })
            }
            ast::MemberExpression::PrivateFieldExpression(_) => None,
        }
    }

    fn target(&self, target: &ast::AssignmentTarget<'_>) -> Option<Expr> {
        let kind = match target {
            ast::AssignmentTarget::AssignmentTargetIdentifier(it) => Kind::Name(it.name.to_string()),
            other => self.member(other.as_member_expression()?)?,
        };
        Some(Expr { line: self.line(target.span()), kind })
    }
}

fn number(literal: &ast::NumericLiteral<'_>) -> String {
    match &literal.raw {
        Some(raw)
            if raw.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !raw.starts_with(['0', '.']) && !raw.ends_with('.') =>
        {
            raw.to_string()
        }
        _ if literal.value.fract() == 0.0 && literal.value.abs() < 1e15 => format!("{:.0}", literal.value),
        _ => literal.value.to_string(),
    }
}

fn key(key: &ast::PropertyKey<'_>) -> Option<String> {
    match key {
        ast::PropertyKey::StaticIdentifier(it) => Some(it.name.to_string()),
        ast::PropertyKey::StringLiteral(it) => Some(it.value.to_string()),
        ast::PropertyKey::NumericLiteral(it) => Some(number(it)),
        _ => None,
    }
}

fn binding(pattern: &ast::BindingPattern<'_>) -> Binding {
    match pattern {
        ast::BindingPattern::BindingIdentifier(it) => Binding::Name(it.name.to_string()),
        ast::BindingPattern::ObjectPattern(it) if it.rest.is_none() => {
            let member = |property: &ast::BindingProperty<'_>| match &property.value {
                ast::BindingPattern::BindingIdentifier(it) => Some((key(&property.key)?, it.name.to_string())),
                _ => None,
            };
            it.properties.iter().map(member).collect::<Option<_>>().map_or(Binding::Other, Binding::Members)
        }
        _ => Binding::Other,
    }
}

fn parameters(parameters: &ast::FormalParameters<'_>) -> Vec<Option<String>> {
    let name = |parameter: &ast::FormalParameter<'_>| match &parameter.pattern {
        ast::BindingPattern::BindingIdentifier(it) => Some(it.name.to_string()),
        _ => None,
    };
    parameters.items.iter().map(name).collect()
}
