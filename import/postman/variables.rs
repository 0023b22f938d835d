//! Variables of a collection: `{{name}}` becomes a key of the environment, a variable that scripts set, or a function of the language.

use std::collections::HashSet;

use indexmap::{IndexMap, IndexSet};

use super::dynamic;
use super::script::Work;
use crate::draft::{Expr, Part, Text};
use crate::names::Names;
use crate::write::inline;

/// The variables of a collection.
#[derive(Debug)]
pub(super) struct Variables {
    /// The section of the environment that holds them.
    section: String,
    /// The values from the collection and its environments, by name.
    pub(super) defined: IndexMap<String, String>,
    /// Variables that scripts set.
    set: HashSet<String>,
    /// Variables that scripts set to a value that may not be a text.
    untyped: HashSet<String>,
    /// Variables of the spec.
    names: Names,
    keys: Names,
    codes: IndexMap<String, String>,
    /// The variables of the spec so far.
    in_use: IndexSet<String>,
    /// Keys of the environment in use, by the variable's name.
    pub(super) read: IndexMap<String, String>,
    /// Variables that are written into JSON without quotes, so that their type matters.
    pub(super) raw: HashSet<String>,
    /// Dynamic variables that have no function.
    pub(super) unknown: Vec<String>,
    /// What the scripts of the collection did so far.
    pub(super) work: Work,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    /// A variable's name.
    Variable(String),
}

/// The replacement of a variable in the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// `env.shop.token`, which is a text unless it is written into JSON without quotes.
    Environment(String),
    /// A variable of the spec.
    Variable(String),
    /// A function, and whether its result is a text.
    Function(String, bool),
}

impl Reading {
    pub(super) fn code(&self) -> &str {
        match self {
            Self::Environment(code) | Self::Variable(code) | Self::Function(code, _) => code,
        }
    }
}

impl Variables {
    pub(super) fn new(section: &str, defined: IndexMap<String, String>) -> Self {
        Self {
            section: section.to_owned(),
            defined,
            set: HashSet::new(),
            untyped: HashSet::new(),
            names: Names::new(),
            keys: Names::new(),
            codes: IndexMap::new(),
            in_use: IndexSet::new(),
            read: IndexMap::new(),
            raw: HashSet::new(),
            unknown: Vec::new(),
            work: Work::default(),
        }
    }

    /// Reserves a name for another use, such as an api.
    pub(super) fn reserve(&mut self, name: &str) {
        self.names.reserve(name);
    }

    /// Records that a script sets `key`, and whether to a text.
    pub(super) fn declare(&mut self, key: &str, is_text: bool) {
        self.set.insert(key.to_owned());
        if !is_text {
            self.untyped.insert(key.to_owned());
        }
    }

    /// The variables that scripts set.
    pub(super) fn declared(&self) -> impl Iterator<Item = (&String, bool)> {
        self.set.iter().map(|key| (key, !self.untyped.contains(key)))
    }

    fn is_set(&self, key: &str) -> bool {
        self.set.contains(key)
    }

    /// The variable of the spec for a key that scripts set.
    pub(super) fn name(&mut self, key: &str) -> String {
        if let Some(name) = self.codes.get(key) {
            return name.clone();
        }
        let name = self.names.variable(key, "variable");
        self.codes.insert(key.to_owned(), name.clone());
        self.in_use.insert(name.clone());
        name
    }

    /// The key that the variable `name` of the spec represents.
    pub(super) fn key_of(&self, name: &str) -> Option<String> {
        // Each key has a variable of its own.
        self.codes.get_index(self.in_use.get_index_of(name)?).map(|(key, _)| key.clone())
    }

    /// The names of the variables of the spec so far.
    pub(super) fn names_in_use(&self) -> &IndexSet<String> {
        &self.in_use
    }

    /// The key for the base of an api in the section.
    pub(super) fn base_key(&mut self) -> String {
        self.keys.word("url", "url")
    }

    /// The replacement of `key` in a place where only the environment is available, such as an api's base.
    pub(super) fn environment(&mut self, key: &str) -> String {
        let was_set = self.set.remove(key);
        let code = self.reading(key).code().to_owned();
        if was_set {
            self.set.insert(key.to_owned());
        }
        code
    }

    /// The replacement of `key`.
    pub(super) fn reading(&mut self, key: &str) -> Reading {
        if let Some(name) = key.strip_prefix('$') {
            return match dynamic::function(name) {
                Some((code, is_text)) => Reading::Function(code.to_owned(), is_text),
                None => {
                    self.unknown.push(key.to_owned());
                    Reading::Function("fake.word()".to_owned(), true)
                }
            };
        }
        if self.is_set(key) {
            return Reading::Variable(self.name(key));
        }
        if let Some(known) = self.read.get(key) {
            return Reading::Environment(format!("env.{}.{known}", self.section));
        }
        let name = self.keys.word(key, "value");
        self.read.insert(key.to_owned(), name.clone());
        Reading::Environment(format!("env.{}.{name}", self.section))
    }

    /// The template `{{name}}` for code that reads a variable.
    fn template_of(&self, code: &str) -> Option<String> {
        let spec = self.in_use.get_index_of(code).and_then(|at| self.codes.get_index(at)).map(|(key, _)| key);
        let env = || {
            let key = code.strip_prefix("env.")?.strip_prefix(&self.section)?.strip_prefix('.')?;
            self.read.iter().find(|(_, known)| known.as_str() == key).map(|(key, _)| key)
        };
        spec.or_else(env).map(|key| format!("{{{{{key}}}}}"))
    }

    /// Converts a value back to a template of Postman; `None` if the value is computed in another way.
    pub(super) fn template(&self, value: &Expr) -> Option<String> {
        match value {
            Expr::Text(text) => {
                let part = |part: &Part| match part {
                    Part::Literal(text) => Some(text.clone()),
                    Part::Hole(code) => self.template_of(code),
                };
                text.parts.iter().map(part).collect()
            }
            Expr::Code(code) => self.template_of(code),
            Expr::Number(digits) => Some(digits.clone()),
            Expr::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// A key of the environment for a literal secret, such as a password of `auth`.
    pub(super) fn secret(&mut self, name: &str, value: &str) -> Expr {
        let known = self.defined.iter().find(|(key, known)| key.starts_with(SECRET) && known.as_str() == value).map(|(key, _)| key.clone());
        let key = known.unwrap_or_else(|| {
            let key = (1..).map(|number| if number == 1 { format!("{SECRET}{name}") } else { format!("{SECRET}{name}_{number}") });
            let free = key.into_iter().find(|key| !self.defined.contains_key(key)).unwrap_or_default();
            self.defined.insert(free.clone(), value.to_owned());
            free
        });
        Expr::Code(self.reading(&key).code().to_owned())
    }

    /// A text with holes.
    pub(super) fn text(&mut self, template: &str) -> Text {
        let mut text = Text::default();
        for piece in pieces(template) {
            match piece {
                Piece::Text(part) => text.push(&part),
                Piece::Variable(key) => text.hole(self.reading(&key).code()),
            }
        }
        text
    }

    /// A text with holes, or the expression of its only variable, if that is also a text.
    pub(super) fn value(&mut self, template: &str) -> Expr {
        if let [Piece::Variable(key)] = pieces(template).as_slice() {
            match self.reading(key) {
                Reading::Environment(code) | Reading::Function(code, true) => return Expr::Code(code),
                Reading::Variable(code) if !self.untyped.contains(key) => return Expr::Code(code),
                Reading::Variable(_) | Reading::Function(..) => {}
            }
        }
        Expr::Text(self.text(template))
    }

    /// As `value`, for places where any type is allowed: headers, queries, forms.
    pub(super) fn any(&mut self, template: &str) -> Expr {
        match pieces(template).as_slice() {
            [Piece::Variable(key)] => Expr::Code(self.reading(key).code().to_owned()),
            _ => Expr::Text(self.text(template)),
        }
    }
}

/// The prefix of the names of literal secrets in a collection, which are not variables of Postman.
pub(super) const SECRET: &str = "\u{0}";

/// The parts of a template. Variables within the name of a variable are left out: `{{known:{{id}}:name}}` becomes `known::name`, because
/// each user has its own variables.
pub(super) fn pieces(template: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = template;
    while let Some(at) = rest.find("{{") {
        let Some((name, after)) = variable(&rest[at..]) else { break };
        text.push_str(&rest[..at]);
        if !text.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut text)));
        }
        pieces.push(Piece::Variable(name));
        rest = after;
    }
    text.push_str(rest);
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

/// The name of the variable at the start of a text, and the rest of the text.
fn variable(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("{{") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("}}") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                let name = name.trim().to_owned();
                return (!name.is_empty() && !name.contains(['\n', '"', '{', '}'])).then_some((name, &text[at..]));
            }
        } else {
            let c = rest.chars().next()?;
            if depth == 1 {
                name.push(c);
            }
            at += c.len_utf8();
        }
    }
    None
}

/// The variables of the spec that an expression reads, among `names`.
pub(super) fn reads<'n>(expr: &Expr, names: &'n IndexSet<String>) -> Vec<&'n String> {
    words_of(&code_of(expr)).filter_map(|word| names.get(word)).collect()
}

/// All code of an expression, without its literal texts.
fn code_of(expr: &Expr) -> String {
    match expr {
        Expr::Text(text) => text_code(text),
        Expr::List(items) => items.iter().map(code_of).collect::<Vec<_>>().join(" "),
        Expr::Map(members) => members.iter().map(|(_, value)| code_of(value)).collect::<Vec<_>>().join(" "),
        other => inline(other),
    }
}

/// The code in the holes of a text.
pub(super) fn text_code(text: &Text) -> String {
    let holes = text.parts.iter().filter_map(|part| if let Part::Hole(code) = part { Some(code.as_str()) } else { None });
    holes.collect::<Vec<_>>().join(" ")
}

/// The words of code that are no members of other values.
pub(super) fn words_of(code: &str) -> impl Iterator<Item = &str> {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let mut at = 0;
    code.split(move |char| !is_part(char)).filter(move |word| {
        let before = code[..at].chars().next_back();
        at += word.len() + code[at + word.len()..].chars().next().map_or(0, char::len_utf8);
        !word.is_empty() && !matches!(before, Some('.' | '"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_split_and_names_within_names_are_left_out() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let variable = |name: &str| Piece::Variable(name.to_owned());
        assert_eq!(pieces("a{{b}}c"), [text("a"), variable("b"), text("c")]);
        assert_eq!(pieces("{{known:{{id}}:name}}/x"), [variable("known::name"), text("/x")]);
        assert_eq!(pieces("{{ b }}{{c"), [variable("b"), text("{{c")]);
        assert_eq!(pieces("{\"a\": {\"b\": 1}}"), [text("{\"a\": {\"b\": 1}}")]);
    }

    #[test]
    fn a_variable_is_a_key_of_the_environment_unless_a_script_sets_it() {
        let mut variables = Variables::new("shop", IndexMap::new());
        variables.declare("petId", false);
        assert_eq!(variables.reading("baseUrl"), Reading::Environment("env.shop.base_url".to_owned()));
        assert_eq!(variables.reading("petId"), Reading::Variable("pet_id".to_owned()));
        assert_eq!(variables.reading("$guid"), Reading::Function("uuid()".to_owned(), true));
        assert_eq!(variables.any("{{petId}}"), Expr::code("pet_id"));
        assert_eq!(inline(&variables.value("{{petId}}")), "\"{pet_id}\"");
    }
}
