//! Makes the tree of a JSONPath whose text is valid.
//!
//! `serde_json_path` decides whether a text is valid, including the types of functions. Its own tree is private, so the text is read again
//! here. Whatever this parser does not expect is an error, not another meaning.

use super::query::{Comparison, Condition, Operand, Pattern, Query, Segment, Selector, SliceSelector, regex};
use crate::value::Value;

/// The tree of a valid JSONPath; `None` if this parser doesn't know its syntax.
pub(super) fn parse(text: &str) -> Option<Query> {
    let mut reader = PathReader { rest: text };
    let query = reader.query()?;
    reader.rest.is_empty().then_some(query)
}

struct PathReader<'t> {
    rest: &'t str,
}

impl<'t> PathReader<'t> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    /// Takes a token, if it is next.
    fn takes(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Option<()> {
        self.space();
        self.takes(token).then_some(())
    }

    /// Takes the longest prefix of such characters.
    fn run(&mut self, is_part: impl Fn(char) -> bool) -> &'t str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }

    fn query(&mut self) -> Option<Query> {
        let is_absolute = self.takes("$");
        if !is_absolute && !self.takes("@") {
            return None;
        }
        let mut segments = Vec::new();
        loop {
            let before = self.rest;
            self.space();
            if !self.rest.starts_with(['.', '[']) {
                self.rest = before;
                return Some(Query { is_absolute, segments });
            }
            segments.push(self.segment()?);
        }
    }

    fn segment(&mut self) -> Option<Segment> {
        let descends = self.takes("..");
        if !descends {
            self.takes(".");
        }
        let selectors = if self.takes("[") {
            self.selectors()?
        } else if self.takes("*") {
            vec![Selector::Wildcard]
        } else {
            let name = self.run(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || c == '_');
            vec![Selector::Name((!name.is_empty()).then(|| name.to_owned())?)]
        };
        Some(Segment { descends, selectors })
    }

    fn selectors(&mut self) -> Option<Vec<Selector>> {
        let mut selectors = Vec::new();
        loop {
            self.space();
            selectors.push(self.selector()?);
            self.space();
            if !self.takes(",") {
                self.expect("]")?;
                return Some(selectors);
            }
        }
    }

    fn selector(&mut self) -> Option<Selector> {
        if self.takes("*") {
            return Some(Selector::Wildcard);
        }
        if self.takes("?") {
            return Some(Selector::Filter(self.any()?));
        }
        if self.rest.starts_with(['"', '\'']) {
            return self.string().map(Selector::Name);
        }
        let start = self.int()?;
        self.space();
        if !self.takes(":") {
            return start.map(Selector::Index);
        }
        self.space();
        let end = self.int()?;
        self.space();
        let step = if self.takes(":") {
            self.space();
            self.int()?
        } else {
            None
        };
        Some(Selector::Slice(SliceSelector { start, end, step: step.unwrap_or(1) }))
    }

    /// A whole number, if one is next.
    fn int(&mut self) -> Option<Option<i64>> {
        match self.run(|c| c.is_ascii_digit() || c == '-') {
            "" => Some(None),
            digits => digits.parse().ok().map(Some),
        }
    }

    /// `a || b`
    fn any(&mut self) -> Option<Condition> {
        self.joined("||", Self::all, Condition::Any)
    }

    /// `a && b`
    fn all(&mut self) -> Option<Condition> {
        self.joined("&&", Self::basic, Condition::All)
    }

    fn joined(
        &mut self,
        operator: &str,
        part: impl Fn(&mut Self) -> Option<Condition>,
        join: impl Fn(Vec<Condition>) -> Condition,
    ) -> Option<Condition> {
        let first = part(self)?;
        let mut parts = vec![first];
        loop {
            self.space();
            if !self.takes(operator) {
                return if parts.len() == 1 { parts.pop() } else { Some(join(parts)) };
            }
            parts.push(part(self)?);
        }
    }

    fn basic(&mut self) -> Option<Condition> {
        self.space();
        if self.takes("!") {
            return Some(Condition::Not(Box::new(self.basic()?)));
        }
        if self.takes("(") {
            let inner = self.any()?;
            self.expect(")")?;
            return Some(inner);
        }
        for (name, is_whole) in [("match(", true), ("search(", false)] {
            if self.takes(name) {
                return self.regex(is_whole);
            }
        }
        let left = self.operand()?;
        self.space();
        let comparisons = [
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        match (comparisons.iter().find(|(token, _)| self.takes(token)), left) {
            (Some((_, comparison)), left) => Some(Condition::Compare(left, *comparison, self.operand()?)),
            (None, Operand::Query(query)) => Some(Condition::Exists(query)),
            (None, _) => None,
        }
    }

    fn regex(&mut self, is_whole: bool) -> Option<Condition> {
        let text = self.operand()?;
        self.expect(",")?;
        let pattern = match self.operand()? {
            Operand::Literal(Value::Str(pattern)) => Pattern::Fixed(regex(&pattern, is_whole)),
            Operand::Literal(_) => Pattern::Fixed(None),
            operand => Pattern::Of(operand),
        };
        self.expect(")")?;
        Some(Condition::Regex { text, pattern, is_whole })
    }

    fn operand(&mut self) -> Option<Operand> {
        self.space();
        let operand = if self.rest.starts_with(['$', '@']) {
            return self.query().map(Operand::Query);
        } else if self.takes("length(") {
            Operand::Length(Box::new(self.operand()?))
        } else if self.takes("count(") {
            self.space();
            Operand::Count(self.query()?)
        } else if self.takes("value(") {
            self.space();
            Operand::Value(self.query()?)
        } else {
            return self.literal().map(Operand::Literal);
        };
        self.expect(")")?;
        Some(operand)
    }

    fn literal(&mut self) -> Option<Value> {
        if self.rest.starts_with(['"', '\'']) {
            return self.string().map(|text| Value::str(&text));
        }
        let word = self.run(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        Value::from_json(word.as_bytes()).ok()
    }

    /// A string in quotes. Except for `\'`, its escapes are those of JSON.
    fn string(&mut self) -> Option<String> {
        let quote = self.rest.chars().next()?;
        let mut json = String::from("\"");
        let mut chars = self.rest[1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => match chars.next()?.1 {
                    '\'' => json.push('\''),
                    letter => json.extend(['\\', letter]),
                },
                c if c == quote => {
                    self.rest = &self.rest[at + 2..];
                    json.push('"');
                    return Value::from_json(json.as_bytes()).ok()?.as_str().map(str::to_owned);
                }
                '"' => json.push_str("\\\""),
                c => json.push(c),
            }
        }
        None
    }
}
