//! Converts ruff's tree to the small one: expressions and parameters.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr as E};
use ruff_python_parser::{ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use crate::code::{Binding, Each, Expr, Function, Kind, Lines, Parameter, Rest, Stmt, StmtKind, SyntaxError};
use crate::nesting::{self, Syntax};

/// Parses a module. Syntax that only Python 2 accepts, such as `print "x"`, is read as far as the parser can recover.
///
/// # Errors
/// The first error, if the file is probably not Python: if it ends within a bracket or a text, or most of its lines are errors.
pub fn parse(source: &str) -> Result<Vec<Stmt>, SyntaxError> {
    nesting::check(source, Syntax::Python)?;
    let parsed = parse_unchecked(source, ParseOptions::from(ruff_python_parser::Mode::Module));
    let lower = Lower { lines: Lines::new(source) };
    let errors = parsed.errors();
    if let Some(error) = errors.first() {
        let line = lower.lines.line(error.location.start().to_usize());
        let is_python_2 =
            source.lines().any(|line| line.trim_start().starts_with("print ") || line.contains("except ") && line.contains(','));
        if !is_python_2 || errors.len() > source.lines().count() / 2 {
            return Err(SyntaxError { line, message: error.error.to_string() });
        }
    }
    match parsed.syntax() {
        ast::Mod::Module(module) => Ok(lower.statements(&module.body)),
        ast::Mod::Expression(_) => Ok(Vec::new()),
    }
}

pub(super) struct Lower<'s> {
    lines: Lines<'s>,
}

impl Lower<'_> {
    pub(super) fn line(&self, range: TextRange) -> usize {
        self.lines.line(range.start().to_usize())
    }

    pub(super) fn text(&self, range: TextRange) -> String {
        self.lines.text(range.start().to_usize(), range.end().to_usize())
    }

    fn boxed(&self, expr: &E) -> Box<Expr> {
        Box::new(self.expr(expr))
    }

    pub(super) fn all(&self, exprs: &[E]) -> Vec<Expr> {
        exprs.iter().map(|expr| self.expr(expr)).collect()
    }

    pub(super) fn expr(&self, expr: &E) -> Expr {
        let kind = match expr {
            E::NoneLiteral(_) => Kind::Null,
            E::BooleanLiteral(it) => Kind::Bool(it.value),
            E::NumberLiteral(it) => match &it.value {
                ast::Number::Int(int) => int.as_i64().map_or_else(|| self.other(expr), |int| Kind::Number(int.to_string())),
                ast::Number::Float(float) => Kind::Number(float.to_string()),
                ast::Number::Complex { .. } => self.other(expr),
            },
            E::StringLiteral(it) => Kind::Text(it.value.to_str().to_owned()),
            E::BytesLiteral(it) => match String::from_utf8(it.value.bytes().collect()) {
                Ok(text) => Kind::Text(text),
                Err(_) => self.other(expr),
            },
            E::FString(it) => self.template(it),
            E::Name(it) => Kind::Name(it.id.to_string()),
            E::Attribute(it) => Kind::Member(self.boxed(&it.value), it.attr.to_string()),
            E::Subscript(it) => self.subscript(it),
            E::Call(it) => Kind::Call(self.boxed(&it.func), self.arguments(&it.arguments)),
            E::List(it) => Kind::List(self.all(&it.elts)),
            E::Tuple(it) => Kind::List(self.all(&it.elts)),
            E::Set(it) => Kind::List(self.all(&it.elts)),
            E::Starred(it) => Kind::Spread(self.boxed(&it.value)),
            E::Dict(it) => self.dict(it),
            E::ListComp(it) => self.each(None, &it.elt, &it.generators).unwrap_or_else(|| self.other(expr)),
            E::SetComp(it) => self.each(None, &it.elt, &it.generators).unwrap_or_else(|| self.other(expr)),
            E::Generator(it) => self.each(None, &it.elt, &it.generators).unwrap_or_else(|| self.other(expr)),
            E::DictComp(it) => self.each(it.key.as_deref(), &it.value, &it.generators).unwrap_or_else(|| self.other(expr)),
            E::BoolOp(it) => {
                let operator = if it.op == ast::BoolOp::And { "&&" } else { "||" };
                let parts = it.values.iter().map(|value| self.expr(value));
                return parts
                    .reduce(|left, right| Expr::new(left.line, Kind::Binary(operator, Box::new(left), Box::new(right))))
                    .unwrap_or_else(|| Expr::new(self.line(it.range), Kind::Null));
            }
            E::BinOp(it) => Kind::Binary(operator(it.op), self.boxed(&it.left), self.boxed(&it.right)),
            E::UnaryOp(it) => {
                let operator = match it.op {
                    ast::UnaryOp::Not => "!",
                    ast::UnaryOp::USub => "-",
                    ast::UnaryOp::UAdd => "+",
                    ast::UnaryOp::Invert => "~",
                };
                Kind::Unary(operator, self.boxed(&it.operand))
            }
            E::Compare(it) => return self.compare(it),
            E::If(it) => Kind::Conditional(self.boxed(&it.test), self.boxed(&it.body), self.boxed(&it.orelse)),
            E::Lambda(it) => {
                let value = self.expr(&it.body);
                let statement = Stmt { line: value.line, source: self.text(it.body.range()), kind: StmtKind::Return(Some(value)) };
                let parameters = it.parameters.as_ref().map_or_else(Vec::new, |it| self.parameters(it));
                Kind::Function(Rc::new(Function { name: None, parameters, body: vec![statement], decorators: Vec::new() }))
            }
            E::Named(it) => Kind::Assign(self.boxed(&it.target), "=", self.boxed(&it.value)),
            E::Await(it) => return self.expr(&it.value),
            E::Yield(it) => {
                let value = it.value.as_ref().map_or_else(|| Expr::new(self.line(it.range), Kind::Null), |value| self.expr(value));
                Kind::Unary("yield", Box::new(value))
            }
            _ => self.other(expr),
        };
        Expr { line: self.line(expr.range()), kind }
    }

    fn other(&self, expr: &E) -> Kind {
        Kind::Other(self.text(expr.range()))
    }

    fn template(&self, template: &ast::ExprFString) -> Kind {
        let (mut texts, mut values) = (vec![String::new()], Vec::new());
        let literal = |texts: &mut Vec<String>, text: &str| {
            if let Some(last) = texts.last_mut() {
                last.push_str(text);
            }
        };
        for part in template.value.iter() {
            match part {
                ast::FStringPart::Literal(text) => literal(&mut texts, text.as_str()),
                ast::FStringPart::FString(it) => {
                    for element in it.elements.iter() {
                        match element {
                            ast::InterpolatedStringElement::Literal(it) => literal(&mut texts, &it.value),
                            ast::InterpolatedStringElement::Interpolation(it) => {
                                let value = self.expr(&it.expression);
                                let line = value.line;
                                let format = it.format_spec.as_ref().map(|format| self.text(format.range).trim_matches(':').to_owned());
                                values.push(match format.filter(|format| !format.is_empty()) {
                                    Some(format) => Expr::new(line, Kind::Format(Box::new(value), format)),
                                    None => value,
                                });
                                texts.push(String::new());
                            }
                        }
                    }
                }
            }
        }
        Kind::Template(texts, values)
    }

    fn subscript(&self, subscript: &ast::ExprSubscript) -> Kind {
        let value = self.boxed(&subscript.value);
        match subscript.slice.as_ref() {
            E::Slice(it) => {
                let bound = |bound: &Option<Box<E>>| bound.as_ref().map(|bound| self.boxed(bound));
                Kind::Slice(value, bound(&it.lower), bound(&it.upper))
            }
            index => Kind::Index(value, self.boxed(index)),
        }
    }

    fn dict(&self, dict: &ast::ExprDict) -> Kind {
        let plain: Option<Vec<(String, Expr)>> = dict
            .items
            .iter()
            .map(|item| match &item.key {
                Some(E::StringLiteral(key)) => Some((key.value.to_str().to_owned(), self.expr(&item.value))),
                _ => None,
            })
            .collect();
        plain.map_or_else(
            || Kind::Entries(dict.items.iter().map(|it| (it.key.as_ref().map(|key| self.expr(key)), self.expr(&it.value))).collect()),
            Kind::Map,
        )
    }

    /// A comprehension with one list; others have no counterpart.
    fn each(&self, key: Option<&E>, item: &E, generators: &[ast::Comprehension]) -> Option<Kind> {
        let [generator] = generators else { return None };
        Some(Kind::Each(Rc::new(Each {
            key: key.map(|key| self.expr(key)),
            item: self.expr(item),
            binding: binding(&generator.target),
            list: self.expr(&generator.iter),
            conditions: self.all(&generator.ifs),
        })))
    }

    pub(super) fn arguments(&self, arguments: &ast::Arguments) -> Vec<Expr> {
        let mut out = self.all(&arguments.args);
        for keyword in &arguments.keywords {
            let value = self.expr(&keyword.value);
            let line = value.line;
            out.push(match &keyword.arg {
                Some(name) => Expr::new(line, Kind::Keyword(name.to_string(), Box::new(value))),
                // `**a`: spreads the members of a dictionary.
                None => Expr::new(line, Kind::Keyword("**".to_owned(), Box::new(value))),
            });
        }
        out
    }

    fn compare(&self, compare: &ast::ExprCompare) -> Expr {
        let mut left = self.expr(&compare.left);
        let mut whole: Option<Expr> = None;
        for (op, right) in compare.ops.iter().zip(compare.comparators.iter()) {
            let right = self.expr(right);
            let line = left.line;
            let binary = |operator| Expr::new(line, Kind::Binary(operator, Box::new(left.clone()), Box::new(right.clone())));
            let part = match op {
                ast::CmpOp::Eq | ast::CmpOp::Is => binary("=="),
                ast::CmpOp::NotEq | ast::CmpOp::IsNot => binary("!="),
                ast::CmpOp::Lt => binary("<"),
                ast::CmpOp::LtE => binary("<="),
                ast::CmpOp::Gt => binary(">"),
                ast::CmpOp::GtE => binary(">="),
                ast::CmpOp::In => binary("in"),
                ast::CmpOp::NotIn => Expr::new(line, Kind::Unary("!", Box::new(binary("in")))),
            };
            whole = Some(match whole {
                Some(before) => Expr::new(line, Kind::Binary("&&", Box::new(before), Box::new(part))),
                None => part,
            });
            left = right;
        }
        whole.unwrap_or(left)
    }

    pub(super) fn parameters(&self, parameters: &ast::Parameters) -> Vec<Parameter> {
        let plain = |it: &ast::ParameterWithDefault| Parameter {
            default: it.default.as_ref().map(|it| self.expr(it)),
            ..Parameter::named(it.parameter.name.as_str())
        };
        let rest = |it: &ast::Parameter, rest| Parameter { rest, ..Parameter::named(it.name.as_str()) };
        let mut out: Vec<Parameter> = parameters.posonlyargs.iter().chain(&parameters.args).map(plain).collect();
        out.extend(parameters.vararg.iter().map(|it| rest(it, Rest::List)));
        out.extend(parameters.kwonlyargs.iter().map(plain));
        out.extend(parameters.kwarg.iter().map(|it| rest(it, Rest::Map)));
        out
    }
}

fn operator(operator: ast::Operator) -> &'static str {
    match operator {
        ast::Operator::Add => "+",
        ast::Operator::Sub => "-",
        ast::Operator::Mult => "*",
        ast::Operator::Div => "/",
        ast::Operator::Mod => "%",
        ast::Operator::FloorDiv => "//",
        ast::Operator::Pow => "**",
        ast::Operator::BitOr => "|",
        ast::Operator::BitAnd => "&",
        _ => "^",
    }
}

/// The pattern of an assignment.
pub(super) fn binding(target: &E) -> Binding {
    match target {
        E::Name(it) => Binding::Name(it.id.to_string()),
        E::Tuple(it) => Binding::Items(it.elts.iter().map(binding).collect()),
        E::List(it) => Binding::Items(it.elts.iter().map(binding).collect()),
        _ => Binding::Other,
    }
}
