//! Types: their names, how two of them join, and the sets of kinds that functions and operators take.

use crate::model::Type;

/// A set of kinds of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u16);

impl Kinds {
    /// `null`.
    pub const NULL: Self = Self(1);
    /// Text.
    pub const STRING: Self = Self(1 << 1);
    /// Whole numbers.
    pub const INT: Self = Self(1 << 2);
    /// Fractions.
    pub const FLOAT: Self = Self(1 << 3);
    /// `true`, `false`.
    pub const BOOL: Self = Self(1 << 4);
    /// Spans of time.
    pub const DURATION: Self = Self(1 << 5);
    /// Instants.
    pub const TIME: Self = Self(1 << 6);
    /// Bytes.
    pub const BYTES: Self = Self(1 << 7);
    /// Lists.
    pub const LIST: Self = Self(1 << 8);
    /// Objects.
    pub const OBJECT: Self = Self(1 << 9);
    /// Files.
    pub const FILE: Self = Self(1 << 10);
    /// Forms of a page.
    pub const FORM: Self = Self(1 << 11);
    /// Any value.
    pub const ANY: Self = Self(u16::MAX);
    /// Whole numbers and fractions.
    pub const NUMBER: Self = Self(Self::INT.0 | Self::FLOAT.0);
    /// The kinds that hashes and encodings take.
    pub const TEXT: Self = Self(Self::STRING.0 | Self::BYTES.0 | Self::FILE.0);

    /// The union of two sets.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a value of `ty` may be one of these.
    pub fn takes(self, ty: &Type) -> bool {
        *ty == Type::Json || self.0 & kind(ty).0 != 0
    }

    /// The type that a text of the environment is converted to, if these are the kinds of only one type. Any number may be a fraction.
    pub fn only_type(self) -> Option<Type> {
        match self {
            Self::STRING => Some(Type::String),
            Self::INT => Some(Type::Int),
            Self::FLOAT | Self::NUMBER => Some(Type::Float),
            Self::BOOL => Some(Type::Bool),
            Self::DURATION => Some(Type::Duration),
            _ => None,
        }
    }

    /// The names of the kinds: `a string, list or object`.
    pub fn words(self) -> String {
        const WORDS: [&str; 12] = ["null", "string", "int", "float", "bool", "duration", "time", "bytes", "list", "object", "file", "form"];
        let mut words: Vec<&str> = Vec::new();
        for (bit, word) in WORDS.iter().enumerate() {
            if self.0 & (1 << bit) == 0 {
                continue;
            }
            if *word == "float" && words.last() == Some(&"int") {
                words.pop();
                words.push("number");
            } else {
                words.push(word);
            }
        }
        match words.split_last() {
            Some((last, [])) => article(last),
            Some((last, rest)) => format!("{} or {last}", article(&rest.join(", "))),
            None => "nothing".to_owned(),
        }
    }
}

/// The kind of a type's values; empty if the type is known only while the test runs.
fn kind(ty: &Type) -> Kinds {
    match ty {
        Type::Json => Kinds::ANY,
        Type::Null => Kinds::NULL,
        Type::String => Kinds::STRING,
        Type::Int => Kinds::INT,
        Type::Float => Kinds::FLOAT,
        Type::Bool => Kinds::BOOL,
        Type::Duration => Kinds::DURATION,
        Type::Time => Kinds::TIME,
        Type::Bytes => Kinds::BYTES,
        Type::List(_) => Kinds::LIST,
        Type::Object(_) => Kinds::OBJECT,
        Type::File => Kinds::FILE,
        Type::Form => Kinds::FORM,
    }
}

/// A word with its article.
pub fn article(word: &str) -> String {
    match word.as_bytes().first() {
        Some(b'a' | b'e' | b'i' | b'o') => format!("an {word}"),
        _ if matches!(word, "bytes" | "null") => word.to_owned(),
        _ => format!("a {word}"),
    }
}

/// The word for a type.
pub fn word(ty: &Type) -> &'static str {
    match ty {
        Type::Json => "value",
        Type::Null => "null",
        Type::String => "string",
        Type::Int => "int",
        Type::Float => "float",
        Type::Bool => "bool",
        Type::Duration => "duration",
        Type::Time => "time",
        Type::Bytes => "bytes",
        Type::List(_) => "list",
        Type::Object(_) => "object",
        Type::File => "file",
        Type::Form => "form",
    }
}

/// The word for a type with its article: `a string`, `an int`.
pub fn a(ty: &Type) -> String {
    article(word(ty))
}

/// The words that name types.
pub const TYPE_WORDS: [&str; 12] =
    ["string", "int", "float", "number", "bool", "list", "object", "duration", "time", "bytes", "file", "any"];

/// The words that name types in matchers.
pub const MATCHER_WORDS: [&str; 6] = ["string", "int", "number", "bool", "list", "object"];

/// The type that a word names, and what a parameter of that type takes.
pub fn named(word: &str) -> Option<(Type, Kinds)> {
    if let Some(word) = word.strip_suffix('?') {
        // The checker has no type for a value that may be null, so it is `Json`.
        return named(word).map(|(_, kinds)| (Type::Json, kinds.or(Kinds::NULL)));
    }
    Some(match word {
        "string" => (Type::String, Kinds::STRING),
        "int" => (Type::Int, Kinds::INT),
        "float" => (Type::Float, Kinds::NUMBER),
        "number" => (Type::Float, Kinds::NUMBER),
        "bool" => (Type::Bool, Kinds::BOOL),
        "list" => (Type::List(Box::new(Type::Json)), Kinds::LIST),
        "object" => (Type::Object(None), Kinds::OBJECT),
        "duration" => (Type::Duration, Kinds::DURATION),
        "time" => (Type::Time, Kinds::TIME),
        "bytes" => (Type::Bytes, Kinds::BYTES),
        "file" => (Type::File, Kinds::FILE),
        "any" => (Type::Json, Kinds::ANY),
        _ => return None,
    })
}

/// The type of a variable with a declared type, which takes these kinds, and a first value of another type.
pub fn declared(named: &Type, kinds: Kinds, value: &Type, changes: bool) -> Type {
    match (named, value) {
        _ if kinds == Kinds::ANY => Type::Json,
        (_, Type::Json) => named.clone(),
        // A later value may have a fraction.
        (_, Type::Int) if changes && kinds.takes(&Type::Float) => Type::Json,
        _ => value.clone(),
    }
}

/// The type of a list or object of which only that is known: another value of the variable may have other items or members.
pub fn without_content(ty: &Type) -> Type {
    match ty {
        Type::List(_) => list(Type::Json),
        Type::Object(_) => Type::Object(None),
        other => other.clone(),
    }
}

/// The type of a value that has one of two types.
pub fn join(one: &Type, other: &Type) -> Type {
    match (one, other) {
        _ if one == other => one.clone(),
        (Type::List(a), Type::List(b)) => Type::List(Box::new(join(a, b))),
        (Type::Object(_), Type::Object(_)) => Type::Object(None),
        (Type::Int, Type::Float) | (Type::Float, Type::Int) => Type::Float,
        _ => Type::Json,
    }
}

/// The type of a list's items; an empty list literal may hold any item.
pub fn join_all<'t>(types: impl IntoIterator<Item = &'t Type>) -> Type {
    let mut types = types.into_iter();
    let Some(first) = types.next() else {
        return Type::Json;
    };
    types.fold(first.clone(), |sum, ty| join(&sum, ty))
}

/// Whether a variable of type `old` may be set to a value of type `new`.
pub fn fits(new: &Type, old: &Type) -> bool {
    match (new, old) {
        (Type::Json | Type::Null, _) | (_, Type::Json | Type::Null) => true,
        (Type::Int, Type::Float) => true,
        (Type::List(a), Type::List(b)) => fits(a, b),
        (Type::Object(_), Type::Object(_)) => true,
        _ => new == old,
    }
}

/// Whether values of the two types may ever be equal.
pub fn comparable(one: &Type, other: &Type) -> bool {
    match (one, other) {
        (Type::Json | Type::Null, _) | (_, Type::Json | Type::Null) => true,
        (Type::Int | Type::Float, Type::Int | Type::Float) => true,
        (Type::List(a), Type::List(b)) => comparable(a, b),
        (Type::Object(_), Type::Object(_)) => true,
        _ => one == other,
    }
}

/// The deepest lists in lists whose items have a type. Each variable has a copy of its type, so ten thousand of them, each a list of the one
/// before, would otherwise need gigabytes.
const DEEPEST_LIST: usize = 32;

/// The type of a list of `item`.
pub fn list(item: Type) -> Type {
    let depth = std::iter::successors(Some(&item), |ty| if let Type::List(item) = ty { Some(&**item) } else { None }).count();
    Type::List(Box::new(if depth > DEEPEST_LIST { Type::Json } else { item }))
}
