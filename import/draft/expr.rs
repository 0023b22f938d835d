//! Expressions of a draft: values as data, all other expressions as code.

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr {
    /// `null`
    Null,
    /// `absent`
    Absent,
    /// `true`, `false`
    Bool(bool),
    /// A number with its digits as written. See [`Expr::number`].
    Number(String),
    /// `"a text with {holes}"`
    Text(Text),
    /// `[1, 2]`
    List(Vec<Expr>),
    /// `{ name: "x", "odd key": 2 }`
    Map(Vec<(String, Expr)>),
    /// The source text of any other expression: a name, a call, `random(1, 3)`, `x + 1`, `5s`.
    Code(String),
}

impl Expr {
    /// A text without holes.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text::literal(text))
    }

    /// A call of a function, or any other code.
    pub fn code(code: impl Into<String>) -> Self {
        Self::Code(code.into())
    }

    /// A number from the digits of JSON, JavaScript or Python: `1e3` becomes `1000.0`, because the language has no exponents.
    pub fn number(digits: &str) -> Self {
        let digits = digits.trim_start_matches('+');
        let plain = digits.strip_prefix('-').unwrap_or(digits);
        let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = match plain.split_once('.') {
            Some((whole, fraction)) => is_plain(whole) && is_plain(fraction),
            None => is_plain(plain),
        };
        if fits {
            return Self::Number(digits.to_owned());
        }
        match digits.parse::<f64>() {
            Ok(number) if number.is_finite() && number.abs() < 1e15 => Self::Number(format!("{number:?}")).without_exponent(number),
            _ => Self::Code(format!("from_json(\"{}\")", digits.replace(['"', '\\', '{', '}'], ""))),
        }
    }

    fn without_exponent(self, number: f64) -> Self {
        match self {
            Self::Number(digits) if digits.contains('e') => Self::Number(format!("{number:.20}").trim_end_matches('0').to_owned()),
            other => other,
        }
    }

    /// The text, if the expression is a text without holes.
    pub fn as_literal(&self) -> Option<&str> {
        match self {
            Self::Text(text) => text.as_literal(),
            _ => None,
        }
    }
}

impl From<Text> for Expr {
    /// A text that is a single hole without a format becomes that expression itself.
    fn from(text: Text) -> Self {
        match text.parts.as_slice() {
            [Part::Hole(code)] if is_name(code) => Self::Code(code.clone()),
            _ => Self::Text(text),
        }
    }
}

/// Whether code is a name or a member of one. Longer code could contain the format of a hole.
fn is_name(code: &str) -> bool {
    code.split('.').all(|word| !word.is_empty() && word.chars().all(|char| char.is_ascii_alphanumeric() || char == '_'))
}

/// A text with holes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Text {
    /// Its parts in order.
    pub parts: Vec<Part>,
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Characters as sent; the writer escapes them.
    Literal(String),
    /// The code within `{…}`, with a format if it has one: `n:03`.
    Hole(String),
}

impl Text {
    /// A text without holes.
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { parts: if text.is_empty() { Vec::new() } else { vec![Part::Literal(text)] } }
    }

    /// Appends characters.
    pub fn push(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(Part::Literal(last)) => last.push_str(text),
            _ => self.parts.push(Part::Literal(text.to_owned())),
        }
    }

    /// Appends a hole.
    pub fn hole(&mut self, code: impl Into<String>) {
        self.parts.push(Part::Hole(code.into()));
    }

    /// Appends another text.
    pub fn append(&mut self, other: Self) {
        for part in other.parts {
            match part {
                Part::Literal(text) => self.push(&text),
                hole @ Part::Hole(_) => self.parts.push(hole),
            }
        }
    }

    /// The number of bytes of its characters and of the code in its holes.
    pub(crate) fn bytes(&self) -> usize {
        let bytes = |part: &Part| match part {
            Part::Literal(text) | Part::Hole(text) => text.len(),
        };
        self.parts.iter().map(bytes).sum()
    }

    /// The characters, if the text has no hole.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Makes a text from one with marked variables: `{{name}}`, `${name}`. `hole` returns the code of a marked name, or `None` to keep the
    /// mark as characters.
    pub fn template(text: &str, open: &str, close: &str, mut hole: impl FnMut(&str) -> Option<String>) -> Self {
        let mut out = Self::default();
        let mut rest = text;
        while let Some(at) = rest.find(open) {
            let behind = &rest[at + open.len()..];
            let Some(end) = behind.find(close) else { break };
            out.push(&rest[..at]);
            match hole(behind[..end].trim()) {
                Some(code) => out.hole(code),
                None => out.push(&rest[at..at + open.len() + end + close.len()]),
            }
            rest = &behind[end + close.len()..];
        }
        out.push(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits_and_lose_only_exponents() {
        for (digits, written) in [("1.10", "1.10"), ("-3", "-3"), ("18446744073709551616", "18446744073709551616"), ("1e3", "1000.0")] {
            assert_eq!(Expr::number(digits), Expr::Number(written.to_owned()), "{digits}");
        }
        assert_eq!(Expr::number("1e-7"), Expr::Number("0.0000001".to_owned()));
        assert_eq!(Expr::number("1e300"), Expr::code("from_json(\"1e300\")"));
    }

    #[test]
    fn template_marks_become_holes_unless_they_are_unknown() {
        let text = Text::template("/a/{{ id }}/{{odd}}{{", "{{", "}}", |name| (name == "id").then(|| "id".to_owned()));
        assert_eq!(text.parts, [Part::Literal("/a/".to_owned()), Part::Hole("id".to_owned()), Part::Literal("/{{odd}}{{".to_owned())]);
    }
}
