//! Expectations and captures of all kinds.

use super::draw::{JSON_PATHS, REGEXES, SELECTORS, WORDS};
use super::writer::{Ty, Writer};

/// Types that a capture may declare.
const DECLARED: &[(&str, Ty)] = &[
    ("string", Ty::Str),
    ("int", Ty::Int),
    ("float", Ty::Float),
    ("bool", Ty::Bool),
    ("object", Ty::Obj),
    ("number", Ty::Any),
    ("any", Ty::Any),
];

impl Writer {
    /// An expectation.
    pub(super) fn expectation(&mut self) -> String {
        let (selector, path, regex) = (self.draw.one_of(SELECTORS), self.draw.one_of(JSON_PATHS), self.draw.one_of(REGEXES));
        let equal = self.draw.one_of(&["==", "!="]);
        match self.draw.below(16) {
            0 => format!("expect json {}", self.variable_or(Ty::Obj, "{ a: 1 }")),
            1 => format!("expect json exactly [{}, 1 | 2, ..]", self.matcher(1)),
            2 => format!("expect json each {}", self.matcher(0)),
            3 => format!("expect json \"{path}\" {equal} {}", self.expr(Ty::Any, 1)),
            4 => format!("expect text {} {regex}", self.draw.one_of(&["~", "!~"])),
            5 => format!("expect html \"{selector}\" {equal} {}", self.expr(Ty::Str, 1)),
            6 => format!("expect any html \"{selector}\" @href ~ {regex}"),
            7 => format!("expect headers {{ \"X-Odd\": {}, x_any: _, vary: absent | {} }}", self.matcher(0), self.texts()),
            8 => format!("expect status {equal} {} and url ~ {regex}", self.expr(Ty::Int, 1)),
            9 => format!("expect elapsed > 0s and elapsed <= {}", self.expr(Ty::Dur, 1)),
            10 => format!("expect cookie \"sid\" {equal} null or header \"X\" {equal} {}", self.expr(Ty::Str, 1)),
            11 => format!("expect len(all json \"{path}\") >= 0"),
            12 => format!("expect json.{} {equal} {}", self.draw.one_of(WORDS), self.expr(Ty::Any, 1)),
            13 => format!("expect {} in all header \"Vary\"", self.texts()),
            14 => format!("expect not ({})", self.expr(Ty::Bool, 2)),
            _ => "expect 2xx | 3xx | 404 | 500".to_owned(),
        }
    }

    /// A capture: its declared type, its source, and its type, if there is one that the generator knows.
    pub(super) fn captured(&mut self) -> (String, String, Option<Ty>) {
        let (selector, path, regex) = (self.draw.one_of(SELECTORS), self.draw.one_of(JSON_PATHS), self.draw.one_of(REGEXES));
        if self.draw.chance(40) {
            let (declared, ty) = DECLARED[self.draw.below(DECLARED.len())];
            let source = self.draw.one_of(&["json.a", "json[\"id\"]", "json \"$.name\""]);
            return (format!(": {declared}"), source.to_owned(), Some(ty));
        }
        let group = if regex.contains("?<") { Ty::Obj } else { Ty::Str };
        let groups = (group == Ty::Str).then_some(Ty::Strs);
        let (source, ty) = match self.draw.below(9) {
            0 => (format!("all text ~ {regex}"), groups),
            1 => (format!("any text ~ {regex}"), Some(group)),
            2 => (format!("all json \"{path}\""), None),
            3 => ("all header \"Set-Cookie\"".to_owned(), Some(Ty::Strs)),
            4 => (format!("any html \"{selector}\""), Some(Ty::Str)),
            5 => ("elapsed".to_owned(), Some(Ty::Dur)),
            6 => ("status".to_owned(), Some(Ty::Int)),
            7 => (format!("html \"{selector}\" @href ~ {regex}"), Some(group)),
            _ => ("url".to_owned(), Some(Ty::Str)),
        };
        (String::new(), source, ty)
    }
}
