//! The variables that the statements of a draft read.

use std::collections::HashSet;

use super::{Auth, Body, Call, Expect, Expr, Matcher, Part, Parts, Stmt, Text, Wait};

/// The names that statements read, without names that are only assigned.
pub fn variables_read(statements: &[Stmt]) -> HashSet<String> {
    let mut out = Reads::default();
    out.statements(statements);
    out.names
}

#[derive(Default)]
struct Reads {
    names: HashSet<String>,
}

impl Reads {
    fn statements(&mut self, statements: &[Stmt]) {
        statements.iter().for_each(|statement| self.statement(statement));
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Step(step) => self.statements(&step.body),
            Stmt::Call(call) => self.call(call),
            Stmt::Expect(expect) => self.expect(expect),
            Stmt::Take { source, or, .. } => {
                self.code(&source.what);
                or.iter().for_each(|or| self.expr(or));
            }
            Stmt::Let(_, value) | Stmt::Keep(_, value) | Stmt::Set(_, value) | Stmt::Fail(value) | Stmt::Log(value) => self.expr(value),
            Stmt::SetAuth(_, auth) => self.auth(auth),
            Stmt::Run { args, .. } => args.iter().for_each(|(_, value)| self.expr(value)),
            Stmt::Wait(Wait::Fixed(pause) | Wait::Pacing(pause)) | Stmt::WaitBetween(Wait::Fixed(pause) | Wait::Pacing(pause)) => {
                self.expr(pause)
            }
            Stmt::Wait(Wait::Between(from, to)) | Stmt::WaitBetween(Wait::Between(from, to)) => {
                self.expr(from);
                self.expr(to);
            }
            Stmt::Group(_, body) | Stmt::Parallel(body) => self.statements(body),
            Stmt::If(branches, otherwise) => {
                for (condition, body) in branches {
                    self.code(condition);
                    self.statements(body);
                }
                self.statements(otherwise);
            }
            Stmt::For { over, parallel, body, .. } => {
                self.expr(over);
                parallel.iter().for_each(|count| self.expr(count));
                self.statements(body);
            }
            Stmt::Repeat(times, body) => {
                self.expr(times);
                self.statements(body);
            }
            Stmt::Retry(times, every, body) => {
                self.expr(times);
                every.iter().for_each(|every| self.expr(every));
                self.statements(body);
            }
            Stmt::Poll { every, times, until, body } => {
                self.expr(every);
                self.expr(times);
                self.code(until);
                self.statements(body);
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &Call) {
        match call {
            Call::Request { args, parts, .. } => {
                args.iter().for_each(|(_, value)| self.expr(value));
                self.parts(parts);
            }
            Call::Inline { line, parts, .. } => {
                match &line.path {
                    super::Path::Template(text) | super::Path::Reference(text) => self.text(text),
                }
                self.parts(parts);
            }
            Call::Submit { form, parts, .. } => {
                self.code(form);
                self.parts(parts);
            }
        }
    }

    fn parts(&mut self, parts: &Parts) {
        parts.query.iter().chain(&parts.options.headers).for_each(|(_, value)| self.expr(value));
        parts.options.auth.iter().for_each(|auth| self.auth(auth));
        parts.options.timeout.iter().for_each(|timeout| self.expr(timeout));
        match &parts.body {
            Some(Body::Json(value) | Body::Text(value) | Body::Bytes(value)) => self.expr(value),
            Some(Body::Form(fields) | Body::Multipart(fields) | Body::Graphql(_, fields)) => {
                fields.iter().for_each(|(_, value)| self.expr(value))
            }
            None => {}
        }
        parts.expects.iter().for_each(|expect| self.expect(expect));
    }

    fn auth(&mut self, auth: &Auth) {
        match auth {
            Auth::Bearer(value) | Auth::Header(_, value) => self.expr(value),
            Auth::Basic(left, right) | Auth::Aws(left, right) => {
                self.expr(left);
                self.expr(right);
            }
            Auth::None => {}
        }
    }

    fn expect(&mut self, expect: &Expect) {
        match expect {
            Expect::Status(_) => {}
            Expect::Json { matcher, .. } => self.matcher(matcher),
            Expect::Headers(headers) => headers.iter().for_each(|(_, matcher)| self.matcher(matcher)),
            Expect::Text { part, .. } => self.expr(part),
            Expect::Condition(condition) => self.code(condition),
        }
    }

    fn matcher(&mut self, matcher: &Matcher) {
        match matcher {
            Matcher::Value(value) | Matcher::Compare(_, value) => self.expr(value),
            Matcher::Either(all) | Matcher::List(all, _) => all.iter().for_each(|matcher| self.matcher(matcher)),
            Matcher::Object(entries) => entries.iter().for_each(|(_, matcher)| self.matcher(matcher)),
            Matcher::Each(inner) => self.matcher(inner),
            _ => {}
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Text(text) => self.text(text),
            Expr::List(items) => items.iter().for_each(|item| self.expr(item)),
            Expr::Map(entries) => entries.iter().for_each(|(_, value)| self.expr(value)),
            Expr::Code(code) => self.code(code),
            _ => {}
        }
    }

    fn text(&mut self, text: &Text) {
        for part in &text.parts {
            if let Part::Hole(code) = part {
                self.code(code);
            }
        }
    }

    /// Collects the words of code that may be variables: no members, no characters of texts, but the holes of texts.
    fn code(&mut self, code: &str) {
        let mut in_text = false;
        let mut word = String::new();
        let (mut before, mut sign) = (' ', ' ');
        let mut chars = code.chars().peekable();
        while let Some(char) = chars.next() {
            let is_part = char.is_ascii_alphanumeric() || char == '_';
            if is_part && !in_text && before != '.' {
                word.push(char);
                continue;
            }
            let word = std::mem::take(&mut word);
            // What is called is a function: variables are not.
            if !word.is_empty() && char != '(' {
                self.names.insert(word);
            }
            match char {
                '"' => in_text = !in_text,
                '\\' if in_text => {
                    chars.next();
                }
                // The words of a pattern are none of the code.
                '/' if !in_text && sign == '~' => {
                    while let Some(char) = chars.next() {
                        match char {
                            '\\' => drop(chars.next()),
                            '/' => break,
                            _ => {}
                        }
                    }
                }
                '{' if in_text && chars.peek() == Some(&'{') => {
                    chars.next();
                }
                '{' | '}' if code.contains('"') => in_text = char == '}',
                _ => {}
            }
            if !is_part || in_text {
                before = char;
            }
            if !char.is_whitespace() {
                sign = char;
            }
        }
        if !word.is_empty() {
            self.names.insert(word);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_code_are_collected_without_members_and_texts() {
        let statements = [
            Stmt::Expect(Expect::Condition("json.id == wanted and text ~ /x y.b/".to_owned())),
            Stmt::Let("a".to_owned(), Expr::code("\"not {hole} not\"")),
            Stmt::Let("now".to_owned(), Expr::code("unix(now())")),
            Stmt::Set("b".to_owned(), Expr::Text(Text { parts: vec![Part::Hole("row.name".to_owned())] })),
        ];
        let read = variables_read(&statements);
        for name in ["wanted", "hole", "row"] {
            assert!(read.contains(name), "{name}: {read:?}");
        }
        for name in ["id", "not", "name", "a", "b", "now", "x", "y"] {
            assert!(!read.contains(name), "{name}: {read:?}");
        }
    }
}
