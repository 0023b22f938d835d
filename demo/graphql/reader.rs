//! Parses the text of a query.

use serde_json::{Number, Value};

use super::{Argument, Declared, Field, Operation};

/// The deepest nesting of selections and lists.
const DEPTH: usize = 16;

/// Parses a document with one operation.
pub(crate) fn parse(query: &str) -> Result<Operation, String> {
    let mut reader = Reader { rest: query };
    reader.skip();
    let mut operation = Operation { kind: "query".to_owned(), declared: Vec::new(), fields: Vec::new() };
    if !reader.rest.starts_with('{') {
        operation.kind = reader.name()?;
        if !reader.rest.starts_with(['{', '(']) {
            reader.name()?;
        }
        if reader.consume('(') {
            while !reader.consume(')') {
                operation.declared.push(reader.declared()?);
            }
        }
    }
    operation.fields = reader.selection(DEPTH)?;
    if reader.rest.is_empty() { Ok(operation) } else { Err(reader.wrong("the end")) }
}

struct Reader<'q> {
    rest: &'q str,
}

impl Reader<'_> {
    /// Skips text without meaning: white space, commas, comments.
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start_matches(|letter: char| letter.is_whitespace() || letter == ',');
            let Some(comment) = self.rest.strip_prefix('#') else {
                return;
            };
            self.rest = comment.find('\n').map_or("", |end| &comment[end..]);
        }
    }

    fn wrong(&self, wanted: &str) -> String {
        match self.rest.chars().next() {
            Some(letter) => format!("Syntax Error: Expected {wanted}, found \"{letter}\"."),
            None => format!("Syntax Error: Expected {wanted}, found the end."),
        }
    }

    fn consume(&mut self, letter: char) -> bool {
        let Some(rest) = self.rest.strip_prefix(letter) else {
            return false;
        };
        self.rest = rest;
        self.skip();
        true
    }

    fn need(&mut self, letter: char) -> Result<(), String> {
        if self.consume(letter) { Ok(()) } else { Err(self.wrong(&format!("\"{letter}\""))) }
    }

    fn name(&mut self) -> Result<String, String> {
        let end = self.rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(self.rest.len());
        let name = self.rest[..end].to_owned();
        if name.is_empty() || name.starts_with(|letter: char| letter.is_ascii_digit()) {
            return Err(self.wrong("a name"));
        }
        self.rest = &self.rest[end..];
        self.skip();
        Ok(name)
    }

    fn declared(&mut self) -> Result<Declared, String> {
        self.need('$')?;
        let name = self.name()?;
        self.need(':')?;
        let mut kind = if self.consume('[') {
            let mut inner = self.name()?;
            if self.consume('!') {
                inner.push('!');
            }
            self.need(']')?;
            format!("[{inner}]")
        } else {
            self.name()?
        };
        if self.consume('!') {
            kind.push('!');
        }
        let default = if self.consume('=') { Some(self.literal(DEPTH)?) } else { None };
        Ok(Declared { name, kind, default })
    }

    fn selection(&mut self, depth: usize) -> Result<Vec<Field>, String> {
        let depth = depth.checked_sub(1).ok_or("The query is nested too deeply.")?;
        self.need('{')?;
        let mut fields = Vec::new();
        while !self.consume('}') {
            let first = self.name()?;
            let (alias, name) = if self.consume(':') { (Some(first), self.name()?) } else { (None, first) };
            let mut arguments = Vec::new();
            if self.consume('(') {
                while !self.consume(')') {
                    let name = self.name()?;
                    self.need(':')?;
                    let value = if self.consume('$') { Argument::Variable(self.name()?) } else { Argument::Literal(self.literal(DEPTH)?) };
                    arguments.push((name, value));
                }
            }
            let inner = if self.rest.starts_with('{') { self.selection(depth)? } else { Vec::new() };
            fields.push(Field { alias, name, arguments, fields: inner });
        }
        if fields.is_empty() { Err("Syntax Error: a selection names no field.".to_owned()) } else { Ok(fields) }
    }

    fn literal(&mut self, depth: usize) -> Result<Value, String> {
        let depth = depth.checked_sub(1).ok_or("The query is nested too deeply.")?;
        if self.consume('[') {
            let mut items = Vec::new();
            while !self.consume(']') {
                items.push(self.literal(depth)?);
            }
            return Ok(items.into());
        }
        if self.rest.starts_with('"') {
            // A GraphQL string with its usual escapes is also a JSON string.
            let mut read = serde_json::Deserializer::from_str(self.rest).into_iter::<String>();
            let Some(Ok(text)) = read.next() else {
                return Err(self.wrong("a text"));
            };
            let end = read.byte_offset();
            self.rest = &self.rest[end..];
            self.skip();
            return Ok(text.into());
        }
        let number = |letter: char| letter.is_ascii_digit() || matches!(letter, '-' | '+' | '.' | 'e' | 'E');
        if self.rest.starts_with(|letter: char| letter.is_ascii_digit() || letter == '-') {
            let end = self.rest.find(|letter| !number(letter)).unwrap_or(self.rest.len());
            let value: Number = self.rest[..end].parse().map_err(|_| self.wrong("a number"))?;
            self.rest = &self.rest[end..];
            self.skip();
            return Ok(value.into());
        }
        Ok(match self.name()?.as_str() {
            "true" => true.into(),
            "false" => false.into(),
            "null" => Value::Null,
            name => name.into(),
        })
    }
}
