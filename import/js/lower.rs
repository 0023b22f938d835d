//! Converts oxc's tree to the small one: expressions, functions and patterns.

use std::rc::Rc;

use oxc_allocator::Allocator;
use oxc_ast::ast;
use oxc_parser::{ParseOptions, Parser};
use oxc_span::{GetSpan, SourceType, Span};

use crate::code::{Binding, Class, Expr, Function, Kind, Lines, Parameter, Rest, Stmt, StmtKind, SyntaxError};
use crate::nesting::{self, Syntax};

/// Parses a script, or else a module (which may use `await`).
///
/// # Errors
/// If it is neither; contains the first error.
pub fn parse(source: &str) -> Result<Vec<Stmt>, SyntaxError> {
    read(source, SourceType::script()).or_else(|_| read(source, SourceType::mjs()))
}

/// Parses a module with types.
///
/// # Errors
/// The first error.
pub fn parse_typescript(source: &str) -> Result<Vec<Stmt>, SyntaxError> {
    read(source, SourceType::ts())
}

fn read(source: &str, kind: SourceType) -> Result<Vec<Stmt>, SyntaxError> {
    nesting::check(source, Syntax::JavaScript)?;
    let allocator = Allocator::default();
    let options = ParseOptions { allow_return_outside_function: true, preserve_parens: false, ..ParseOptions::default() };
    let parsed = Parser::new(&allocator, source, kind).with_options(options).parse();
    let lower = Lower { lines: Lines::new(source) };
    if let Some(error) = parsed.diagnostics.iter().next() {
        let line = error.labels.iter().next().map_or(1, |label| lower.lines.line(label.offset() as usize));
        return Err(SyntaxError { line, message: error.message.to_string() });
    }
    Ok(lower.statements(&parsed.program.body))
}

pub(super) struct Lower<'s> {
    lines: Lines<'s>,
}

impl Lower<'_> {
    pub(super) fn line(&self, span: Span) -> usize {
        self.lines.line(span.start as usize)
    }

    pub(super) fn text(&self, span: Span) -> String {
        self.lines.text(span.start as usize, span.end as usize)
    }

    pub(super) fn function(&self, function: &ast::Function<'_>) -> Function {
        Function {
            name: function.id.as_ref().map(|id| id.name.to_string()),
            parameters: self.parameters(&function.params),
            body: function.body.as_ref().map_or_else(Vec::new, |body| self.statements(&body.statements)),
            decorators: Vec::new(),
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
        Function { name: None, parameters: self.parameters(&arrow.params), body, decorators: Vec::new() }
    }

    fn boxed(&self, expr: &ast::Expression<'_>) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    pub(super) fn expr(&self, expr: &ast::Expression<'_>) -> Expr {
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
            E::ThisExpression(_) => Kind::Name("this".to_owned()),
            E::Super(_) => Kind::Name("super".to_owned()),
            E::TaggedTemplateExpression(it) => {
                // Only tags that return the text itself, such as `http.url`, are supported.
                let texts = it.quasi.quasis.iter().map(|part| part.value.cooked.as_ref().unwrap_or(&part.value.raw).to_string()).collect();
                Kind::Template(texts, it.quasi.expressions.iter().map(|it| self.expr(it)).collect())
            }
            E::ArrayExpression(it) => {
                let item = |item: &ast::ArrayExpressionElement<'_>| match item {
                    ast::ArrayExpressionElement::SpreadElement(it) => Some(self.spread(&it.argument)),
                    item => item.as_expression().map(|item| self.expr(item)),
                };
                it.elements.iter().map(item).collect::<Option<Vec<_>>>().map_or_else(|| self.other(expr), Kind::List)
            }
            E::ObjectExpression(it) => self.map(it).map_or_else(|| Kind::Entries(self.entries(it)), Kind::Map),
            E::ArrowFunctionExpression(it) => Kind::Function(Rc::new(self.arrow(it))),
            E::FunctionExpression(it) => Kind::Function(Rc::new(self.function(it))),
            E::ClassExpression(it) => Kind::Class(Rc::new(self.class(it))),
            E::AwaitExpression(it) => return self.expr(&it.argument),
            E::BinaryExpression(it) => Kind::Binary(it.operator.as_str(), self.boxed(&it.left), self.boxed(&it.right)),
            E::LogicalExpression(it) => Kind::Binary(it.operator.as_str(), self.boxed(&it.left), self.boxed(&it.right)),
            E::UnaryExpression(it) => Kind::Unary(it.operator.as_str(), self.boxed(&it.argument)),
            E::ConditionalExpression(it) => Kind::Conditional(self.boxed(&it.test), self.boxed(&it.consequent), self.boxed(&it.alternate)),
            E::CallExpression(it) => self.call(it),
            E::NewExpression(it) => Kind::New(self.boxed(&it.callee), self.arguments(&it.arguments)),
            E::UpdateExpression(it) => match self.simple_target(&it.argument) {
                Some(target) => {
                    let one = Expr::new(target.line, Kind::Number("1".to_owned()));
                    let operator = if it.operator.as_str() == "++" { "+=" } else { "-=" };
                    Kind::Assign(Box::new(target), operator, Box::new(one))
                }
                None => self.other(expr),
            },
            E::TSAsExpression(it) => return self.expr(&it.expression),
            E::TSNonNullExpression(it) => return self.expr(&it.expression),
            E::TSSatisfiesExpression(it) => return self.expr(&it.expression),
            E::ChainExpression(it) => match &it.expression {
                ast::ChainElement::CallExpression(it) => self.call(it),
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

    /// All entries, including those with computed keys and spread ones.
    fn entries(&self, map: &ast::ObjectExpression<'_>) -> Vec<(Option<Expr>, Expr)> {
        map.properties
            .iter()
            .map(|property| match property {
                ast::ObjectPropertyKind::ObjectProperty(it) => {
                    let name = match key(&it.key) {
                        Some(name) => Expr::new(self.line(it.span), Kind::Text(name)),
                        None => match it.key.as_expression() {
                            Some(key) => self.expr(key),
                            None => Expr::new(self.line(it.span), Kind::Other(self.text(it.span))),
                        },
                    };
                    (Some(name), self.expr(&it.value))
                }
                ast::ObjectPropertyKind::SpreadProperty(it) => (None, self.expr(&it.argument)),
            })
            .collect()
    }

    fn spread(&self, spread: &ast::Expression<'_>) -> Expr {
        Expr::new(self.line(spread.span()), Kind::Spread(self.boxed(spread)))
    }

    fn arguments(&self, arguments: &[ast::Argument<'_>]) -> Vec<Expr> {
        let argument = |argument: &ast::Argument<'_>| match argument {
            ast::Argument::SpreadElement(it) => Some(self.spread(&it.argument)),
            argument => argument.as_expression().map(|argument| self.expr(argument)),
        };
        arguments.iter().filter_map(argument).collect()
    }

    fn call(&self, call: &ast::CallExpression<'_>) -> Kind {
        Kind::Call(self.boxed(&call.callee), self.arguments(&call.arguments))
    }

    fn simple_target(&self, target: &ast::SimpleAssignmentTarget<'_>) -> Option<Expr> {
        let kind = match target {
            ast::SimpleAssignmentTarget::AssignmentTargetIdentifier(it) => Kind::Name(it.name.to_string()),
            other => self.member(other.as_member_expression()?)?,
        };
        Some(Expr { line: self.line(target.span()), kind })
    }

    fn parameters(&self, parameters: &ast::FormalParameters<'_>) -> Vec<Parameter> {
        let plain = parameters.items.iter().map(|it| Parameter {
            binding: binding(&it.pattern),
            default: it.initializer.as_ref().map(|it| self.expr(it)),
            rest: Rest::No,
        });
        let rest = parameters.rest.iter().map(|it| Parameter { binding: binding(&it.rest.argument), default: None, rest: Rest::List });
        plain.chain(rest).collect()
    }

    /// Methods as functions, fields as declarations.
    pub(super) fn class(&self, class: &ast::Class<'_>) -> Class {
        let member = |element: &ast::ClassElement<'_>| -> Option<Stmt> {
            let (span, kind) = match element {
                ast::ClassElement::MethodDefinition(it) => {
                    let function = Function { name: key(&it.key), ..self.function(&it.value) };
                    (it.span, StmtKind::Function(Rc::new(function)))
                }
                ast::ClassElement::PropertyDefinition(it) => {
                    let value = it.value.as_ref().map(|it| self.expr(it));
                    (it.span, StmtKind::Let(vec![(Binding::Name(key(&it.key)?), value)]))
                }
                _ => return None,
            };
            Some(Stmt { line: self.line(span), source: self.text(span), kind })
        };
        Class {
            name: class.id.as_ref().map_or_else(String::new, |id| id.name.to_string()),
            bases: class.heritage.iter().map(|base| self.expr(&base.expression)).collect(),
            body: class.body.body.iter().filter_map(member).collect(),
            decorators: Vec::new(),
        }
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

pub(super) fn binding(pattern: &ast::BindingPattern<'_>) -> Binding {
    match pattern {
        ast::BindingPattern::AssignmentPattern(it) => binding(&it.left),
        ast::BindingPattern::ArrayPattern(it) if it.rest.is_none() => {
            Binding::Items(it.elements.iter().map(|item| item.as_ref().map_or(Binding::Other, binding)).collect())
        }
        ast::BindingPattern::BindingIdentifier(it) => Binding::Name(it.name.to_string()),
        ast::BindingPattern::ObjectPattern(it) if it.rest.is_none() => {
            let member = |property: &ast::BindingProperty<'_>| match &property.value {
                ast::BindingPattern::BindingIdentifier(it) => Some((key(&property.key)?, it.name.to_string())),
                ast::BindingPattern::AssignmentPattern(it) => match binding(&it.left) {
                    Binding::Name(name) => Some((key(&property.key)?, name)),
                    _ => None,
                },
                _ => None,
            };
            it.properties.iter().map(member).collect::<Option<_>>().map_or(Binding::Other, Binding::Members)
        }
        _ => Binding::Other,
    }
}
