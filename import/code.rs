//! The small tree of scripts: the constructs that JavaScript and Python share, with line numbers. Constructs that no importer needs become
//! [`Kind::Other`].

use std::rc::Rc;

/// An expression and its line, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// Its line.
    pub line: usize,
    /// Its kind, with its parts.
    pub kind: Kind,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, `None`
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
    /// `{value:03}` of Python: a value and its format.
    Format(Box<Expr>, String),
    /// `/pattern/flags`
    Regex {
        /// The text between the slashes.
        pattern: String,
        /// The letters after the second slash.
        flags: String,
    },
    /// A variable.
    Name(String),
    /// `a.b`, and `a["b"]`.
    Member(Box<Expr>, String),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    /// `a[b:c]`
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    /// `a(b)`
    Call(Box<Expr>, Vec<Expr>),
    /// `new A(b)`
    New(Box<Expr>, Vec<Expr>),
    /// `(a) => b`, `function (a) { … }`, `lambda a: b`
    Function(Rc<Function>),
    /// A class.
    Class(Rc<Class>),
    /// `[a, b]`, `(a, b)`
    List(Vec<Expr>),
    /// `{ a: b }` with names or texts as keys.
    Map(Vec<(String, Expr)>),
    /// An object with other keys: `{ [a]: b, ...c }`; a spread entry has no key.
    Entries(Vec<(Option<Expr>, Expr)>),
    /// `...a`, `*a`: within a list or arguments.
    Spread(Box<Expr>),
    /// `a=b`: within arguments.
    Keyword(String, Box<Expr>),
    /// `[item for binding in list if condition]`
    Each(Rc<Each>),
    /// `!`, `-`, `typeof` …
    Unary(&'static str, Box<Expr>),
    /// Arithmetic, comparisons, and `&&`, `||`, `??`.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// `a ? b : c`
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// An assignment: the target, the operator (`=`, `+=` …), the value.
    Assign(Box<Expr>, &'static str, Box<Expr>),
    /// The source text of an expression that no importer needs.
    Other(String),
}

/// A comprehension of Python with one list.
#[derive(Clone, Debug, PartialEq)]
pub struct Each {
    /// The key, if it makes a dictionary.
    pub key: Option<Expr>,
    /// The item.
    pub item: Expr,
    /// The variable.
    pub binding: Binding,
    /// The list.
    pub list: Expr,
    /// The conditions.
    pub conditions: Vec<Expr>,
}

/// A function of any form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: Option<String>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its statements. An arrow function without a block returns its expression.
    pub body: Vec<Stmt>,
    /// `@task(3)`
    pub decorators: Vec<Expr>,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// The pattern that it binds.
    pub binding: Binding,
    /// Its default.
    pub default: Option<Expr>,
    /// Whether it binds all further arguments.
    pub rest: Rest,
}

/// How many arguments a parameter binds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rest {
    /// One argument.
    #[default]
    No,
    /// `...a`, `*a`
    List,
    /// `**a`
    Map,
}

impl Parameter {
    /// A plain parameter.
    pub fn named(name: impl Into<String>) -> Self {
        Self { binding: Binding::Name(name.into()), default: None, rest: Rest::No }
    }

    /// Its name, if it is a plain one.
    pub fn name(&self) -> Option<&str> {
        match &self.binding {
            Binding::Name(name) if self.rest == Rest::No => Some(name),
            _ => None,
        }
    }
}

/// A class.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// The classes that it extends.
    pub bases: Vec<Expr>,
    /// Methods as functions, attributes as assignments.
    pub body: Vec<Stmt>,
    /// `@task(3)`
    pub decorators: Vec<Expr>,
}

/// A statement and its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// Its first line.
    pub line: usize,
    /// Its source text.
    pub source: String,
    /// Its kind, with its parts.
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
    /// `throw a;`, `raise a`
    Throw(Option<Expr>),
    /// The block, and the block that handles its exceptions.
    Try(Vec<Stmt>, Vec<Stmt>),
    /// `for (const x of xs)`
    ForOf(Binding, Expr, Vec<Stmt>),
    /// `for (init; test; update)`
    For(Vec<Stmt>, Option<Expr>, Option<Expr>, Vec<Stmt>),
    /// `while (a)`
    While(Expr, Vec<Stmt>),
    /// `with a as b:`
    With(Vec<(Expr, Option<Binding>)>, Vec<Stmt>),
    /// `break`
    Break,
    /// `continue`
    Continue,
    /// `function a() { … }`
    Function(Rc<Function>),
    /// `class A { … }`
    Class(Rc<Class>),
    /// The module, and its names with their local names. `*` is the whole module.
    Import(String, Vec<(String, String)>),
    /// A declaration that other modules may import.
    Export(Box<Stmt>),
    /// `export default a`
    ExportDefault(Expr),
    /// `export { a as b }`, and the module that the names come from.
    ExportNames(Option<String>, Vec<(String, String)>),
    /// `global a`
    Global(Vec<String>),
    /// `;`, `pass`, a docstring, a type.
    Empty,
    /// A statement that has no counterpart.
    Other,
}

/// The pattern of a declaration.
#[derive(Clone, Debug, PartialEq)]
pub enum Binding {
    /// A plain name.
    Name(String),
    /// Members and their local names.
    Members(Vec<(String, String)>),
    /// Items of a list.
    Items(Vec<Binding>),
    /// Any other pattern.
    Other,
}

/// A syntax error of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Its line.
    pub line: usize,
    /// The error message.
    pub message: String,
}

impl Expr {
    /// An expression on a line.
    pub fn new(line: usize, kind: Kind) -> Self {
        Self { line, kind }
    }

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

/// The lines of a text.
pub(crate) struct Lines<'s> {
    source: &'s str,
    starts: Vec<usize>,
}

impl<'s> Lines<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        let starts =
            std::iter::once(0).chain(source.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1)).collect();
        Self { source, starts }
    }

    /// The line, from 1, of a byte.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The text between two bytes.
    pub(crate) fn text(&self, from: usize, to: usize) -> String {
        self.source.get(from..to).unwrap_or_default().to_owned()
    }
}
