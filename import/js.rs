//! JavaScript as a small tree with lines: what the scripts of Postman collections and k6 tests consist of. oxc parses; everything that
//! importers don't ask for becomes [`Kind::Other`].

use std::rc::Rc;

mod lower;

pub use lower::parse;

/// An expression and its line, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Its line.
    pub line: usize,
    /// What it is.
    pub kind: Kind,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`
    Null,
    /// `undefined`
    Undefined,
    /// `true`, `false`
    Bool(bool),
    /// In decimal notation.
    Number(String),
    /// A text without expressions.
    Text(String),
    /// Texts and the expressions between them.
    Template(Vec<String>, Vec<Expr>),
    /// `/pattern/flags`
    Regex {
        /// The text between the slashes.
        pattern: String,
        /// The letters behind them.
        flags: String,
    },
    /// A variable.
    Name(String),
    /// `a.b`, and `a["b"]`.
    Member(Box<Expr>, String),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// `a(b)`
    Call(Box<Expr>, Vec<Expr>),
    /// `new A(b)`
    New(Box<Expr>, Vec<Expr>),
    /// `(a) => b`, `function (a) { … }`
    Function(Rc<Function>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{ a: b }`
    Map(Vec<(String, Expr)>),
    /// `!`, `-`, `typeof` …
    Unary(&'static str, Box<Expr>),
    /// Arithmetic, comparisons, and `&&`, `||`, `??`.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `a ? b : c`
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// The target, the operator (`=`, `+=` …), the value.
    Assign(Box<Expr>, &'static str, Box<Expr>),
    /// As it is written.
    Other(String),
}

/// A function of any form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: Option<String>,
    /// `None` for a parameter that isn't a plain name.
    pub parameters: Vec<Option<String>>,
    /// Its statements. An arrow function without a block returns its expression.
    pub body: Vec<Stmt>,
}

/// A statement and its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// Its first line.
    pub line: usize,
    /// As it is written.
    pub source: String,
    /// What it is.
    pub kind: StmtKind,
}

/// The kinds of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// `a();`
    Expr(Expr),
    /// `const a = 1, { b, c: d } = e`
    Let(Vec<(Binding, Option<Expr>)>),
    /// `if (a) { … } else { … }`
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// `{ … }`
    Block(Vec<Stmt>),
    /// `return a;`
    Return(Option<Expr>),
    /// The block, and what is caught.
    Try(Vec<Stmt>, Vec<Stmt>),
    /// `for (const x of xs)`
    ForOf(Binding, Expr, Vec<Stmt>),
    /// `function a() { … }`
    Function(Rc<Function>),
    /// `;`
    Empty,
    /// A statement that has no counterpart.
    Other,
}

/// What a declaration binds.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding {
    /// A plain name.
    Name(String),
    /// Members and the names that they get.
    Members(Vec<(String, String)>),
    /// Any other pattern.
    Other,
}

/// Where a script doesn't parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Its line.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Expr {
    /// The names along a chain of members, and the innermost expression: `pm.response.code` is `["pm", "response", "code"]`.
    pub fn path(&self) -> Option<Vec<&str>> {
        match &self.kind {
            Kind::Name(name) => Some(vec![name]),
            Kind::Member(object, member) => {
                let mut path = object.path()?;
                path.push(member);
                Some(path)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_expressions_keep_their_lines() {
        let script =
            "const { id, name: called } = pm.response.json();\n\npm.test('ok', () => {\n  pm.expect(id).to.eql(`n${1 + 2}`);\n});\n";
        let statements = parse(script).unwrap();
        let members = Binding::Members(vec![("id".into(), "id".into()), ("name".into(), "called".into())]);
        assert!(matches!(&statements[0].kind, StmtKind::Let(it) if it[0].0 == members));
        let StmtKind::Expr(Expr { line: 3, kind: Kind::Call(callee, arguments) }) = &statements[1].kind else { panic!("{statements:?}") };
        assert_eq!(callee.path().unwrap(), ["pm", "test"]);
        let Kind::Function(function) = &arguments[1].kind else { panic!("no function") };
        assert_eq!((function.body[0].line, function.body[0].source.as_str()), (4, "pm.expect(id).to.eql(`n${1 + 2}`);"));
    }

    #[test]
    fn top_level_await_and_return_are_accepted() {
        assert!(parse("const r = await pm.sendRequest('x'); return;").is_ok());
        assert!(parse("var let_ = 010; delete x; responseJSON = JSON.parse(responseBody);").is_ok());
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        assert_eq!(parse("var a = 1;\nvar b = (;\n").unwrap_err().line, 2);
    }

    #[test]
    fn a_member_in_brackets_is_a_member() {
        let statements = parse("a['b-c'][0].d").unwrap();
        let StmtKind::Expr(Expr { kind: Kind::Member(object, member), .. }) = &statements[0].kind else { panic!("{statements:?}") };
        assert_eq!(member, "d");
        assert!(matches!(&object.kind, Kind::Index(object, _) if matches!(&object.kind, Kind::Member(_, member) if member == "b-c")));
    }
}
