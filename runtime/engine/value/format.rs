//! Format specs of interpolation: `{n:09}`, `{x:.2}`, `{s:>10}`, `{n:x}`, `{n:,}`.
//!
//! `[[fill]align][sign][#][0][width][,][.precision][type]`, as in Python and Rust: align `< > ^`, sign `+` or a space, types `d` (whole),
//! `x X o b` (bases; `x` and `X` of bytes: hexadecimal), `f` (fixed), `e` (exponent), `%` (times 100), `s` (text).

use super::{Eval, EvalError, Value};

/// The alignment of a text that is shorter than the width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
}

/// The character before a number that isn't negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    None,
    /// `+`
    Plus,
    /// A space.
    Space,
}

/// The letter at the end of a format spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// None: the value's own form.
    Plain,
    /// `d`
    Whole,
    /// `x`
    Hex,
    /// `X`
    UpperHex,
    /// `o`
    Octal,
    /// `b`
    Binary,
    /// `f`
    Fixed,
    /// `e`
    Exponent,
    /// `%`
    Percent,
    /// `s`
    Text,
}

/// A parsed format spec. Generated code contains it as a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatSpec {
    /// The character that fills the width.
    pub fill: char,
    /// The alignment. Without it numbers are aligned right, and everything else left.
    pub align: Option<Align>,
    /// The character before a number that isn't negative.
    pub sign: Sign,
    /// `#`: `0x`, `0o` or `0b` before the digits.
    pub prefix: bool,
    /// `0`: zeros between sign and digits fill the width.
    pub zero: bool,
    /// The least width in characters.
    pub width: u16,
    /// `,`: a comma between groups of three digits.
    pub comma: bool,
    /// The digits after the point. For text, the most characters.
    pub precision: Option<u8>,
    /// The form of the value.
    pub style: Style,
}

/// The greatest width.
const WIDEST: u16 = 1000;
/// The most digits after the point, which is more than a float ever has.
const FINEST: u8 = 100;

impl FormatSpec {
    /// The spec of `{x}`.
    pub const PLAIN: Self = Self {
        fill: ' ',
        align: None,
        sign: Sign::None,
        prefix: false,
        zero: false,
        width: 0,
        comma: false,
        precision: None,
        style: Style::Plain,
    };

    /// Parses a format spec, the text after the `:`.
    pub fn parse(spec: &str) -> Result<Self, String> {
        let mut rest = spec;
        let mut out = Self::PLAIN;
        let align = |c: Option<char>| match c {
            Some('<') => Some(Align::Left),
            Some('>') => Some(Align::Right),
            Some('^') => Some(Align::Center),
            _ => None,
        };
        let mut chars = spec.chars();
        let (first, second) = (chars.next(), chars.next());
        if let (Some(fill), Some(found)) = (first, align(second)) {
            (out.fill, out.align, rest) = (fill, Some(found), chars.as_str());
        } else if let Some(found) = align(first) {
            (out.align, rest) = (Some(found), &spec[1..]);
        }
        let take = |c: char, rest: &mut &str| match rest.strip_prefix(c) {
            Some(behind) => {
                *rest = behind;
                true
            }
            None => false,
        };
        if take('+', &mut rest) {
            out.sign = Sign::Plus;
        } else if take(' ', &mut rest) {
            out.sign = Sign::Space;
        }
        out.prefix = take('#', &mut rest);
        out.zero = take('0', &mut rest);
        fn number<'s>(rest: &mut &'s str) -> &'s str {
            let (digits, behind) = rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count());
            *rest = behind;
            digits
        }
        let width = number(&mut rest);
        if !width.is_empty() {
            out.width = width
                .parse()
                .ok()
                .filter(|w| *w <= WIDEST)
                .ok_or_else(|| format!("the width {width} is too large, expected at most {WIDEST}"))?;
        }
        out.comma = take(',', &mut rest);
        if take('.', &mut rest) {
            let precision = number(&mut rest).parse().ok().filter(|p| *p <= FINEST);
            out.precision = Some(precision.ok_or_else(|| format!("expected a number up to {FINEST} after the `.`, as in .2"))?);
        }
        let mut letters = rest.chars();
        if let Some(letter) = letters.next() {
            out.style = match letter {
                'd' => Style::Whole,
                'x' => Style::Hex,
                'X' => Style::UpperHex,
                'o' => Style::Octal,
                'b' => Style::Binary,
                'f' => Style::Fixed,
                'e' => Style::Exponent,
                '%' => Style::Percent,
                's' => Style::Text,
                other => {
                    return Err(format!("unexpected {other:?} in a format, expected one of d x X o b f e % s, as in 09, .2, >10, x"));
                }
            };
        }
        let rest = letters.as_str();
        if !rest.is_empty() {
            return Err(format!(
                "unexpected {rest:?} after a format, expected [[fill]align][sign][#][0][width][,][.precision][type], as in 09, .2, >10"
            ));
        }
        Ok(out)
    }

    /// Appends the value in this format.
    pub fn apply(&self, value: &Value, out: &mut String) -> Eval<()> {
        match (value, self.style) {
            (Value::Bytes(bytes), Style::Hex) => self.pad("", "", &hex::encode(bytes), false, out),
            (Value::Bytes(bytes), Style::UpperHex) => self.pad("", "", &hex::encode_upper(bytes), false, out),
            (Value::Int(n), Style::Plain | Style::Whole | Style::Hex | Style::UpperHex | Style::Octal | Style::Binary)
                if self.precision.is_none() =>
            {
                let (prefix, digits) = self.whole(n.unsigned_abs());
                self.number(*n < 0, prefix, digits, out);
            }
            #[expect(clippy::cast_precision_loss, reason = "the writer asked for a float's format")]
            (Value::Int(n), Style::Plain | Style::Fixed | Style::Exponent | Style::Percent) => self.float(*n as f64, out),
            (Value::Float(x), Style::Plain | Style::Fixed | Style::Exponent | Style::Percent) => self.float(*x, out),
            (Value::Exact(exact), Style::Plain | Style::Whole)
                if self.precision.is_none() && (exact.is_whole() || self.style == Style::Plain) =>
            {
                let text = exact.text();
                let digits = text.strip_prefix('-').unwrap_or(text);
                self.number(digits.len() < text.len(), "", digits.to_owned(), out);
            }
            (Value::Exact(exact), Style::Plain | Style::Fixed | Style::Exponent | Style::Percent) => self.float(exact.rounded(), out),
            (_, Style::Plain | Style::Text) => {
                let text = value.to_text()?;
                let most = self.precision.map_or(usize::MAX, usize::from);
                let text = text.char_indices().nth(most).map_or(text.as_str(), |(end, _)| &text[..end]);
                self.pad("", "", text, matches!(value, Value::Duration(_)), out);
            }
            (other, style) => {
                return Err(EvalError(format!("{} has no format `{}`{}", other.describe(), style.letter(), style.hint(other))));
            }
        }
        Ok(())
    }

    fn whole(&self, n: u64) -> (&'static str, String) {
        let (prefix, digits) = match self.style {
            Style::Hex => ("0x", format!("{n:x}")),
            Style::UpperHex => ("0x", format!("{n:X}")),
            Style::Octal => ("0o", format!("{n:o}")),
            Style::Binary => ("0b", format!("{n:b}")),
            _ => ("", itoa::Buffer::new().format(n).to_owned()),
        };
        (if self.prefix { prefix } else { "" }, digits)
    }

    fn float(&self, x: f64, out: &mut String) {
        let size = x.abs();
        let digits = match (self.style, self.precision) {
            (Style::Plain, None) => ryu::Buffer::new().format(size).to_owned(),
            (Style::Exponent, None) => format!("{size:e}"),
            (Style::Exponent, Some(p)) => format!("{size:.*e}", usize::from(p)),
            (Style::Percent, p) => format!("{:.*}%", usize::from(p.unwrap_or(0)), size * 100.0),
            (_, p) => format!("{size:.*}", usize::from(p.unwrap_or(6))),
        };
        let zero = !digits.bytes().any(|b| (b'1'..=b'9').contains(&b));
        self.number(x < 0.0 && !zero, "", digits, out);
    }

    fn number(&self, negative: bool, prefix: &str, mut digits: String, out: &mut String) {
        if self.comma {
            let end = digits.bytes().position(|b| !b.is_ascii_hexdigit()).unwrap_or(digits.len());
            for at in (1..end).rev().filter(|at| (end - at) % 3 == 0) {
                digits.insert(at, ',');
            }
        }
        let sign = match self.sign {
            _ if negative => "-",
            Sign::Plus => "+",
            Sign::Space => " ",
            Sign::None => "",
        };
        self.pad(sign, prefix, &digits, true, out);
    }

    fn pad(&self, sign: &str, prefix: &str, text: &str, right: bool, out: &mut String) {
        let missing = usize::from(self.width).saturating_sub(sign.len() + prefix.len() + text.chars().count());
        if self.zero && self.align.is_none() {
            out.push_str(sign);
            out.push_str(prefix);
            out.extend(std::iter::repeat_n('0', missing));
            out.push_str(text);
            return;
        }
        let before = match self.align {
            Some(Align::Left) => 0,
            Some(Align::Right) => missing,
            Some(Align::Center) => missing / 2,
            None if right => missing,
            None => 0,
        };
        out.extend(std::iter::repeat_n(self.fill, before));
        out.push_str(sign);
        out.push_str(prefix);
        out.push_str(text);
        out.extend(std::iter::repeat_n(self.fill, missing - before));
    }
}

impl Style {
    fn letter(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Whole => "d",
            Self::Hex => "x",
            Self::UpperHex => "X",
            Self::Octal => "o",
            Self::Binary => "b",
            Self::Fixed => "f",
            Self::Exponent => "e",
            Self::Percent => "%",
            Self::Text => "s",
        }
    }

    fn hint(self, value: &Value) -> &'static str {
        match value {
            Value::Float(_) => ": it is for ints, floor(x) makes one",
            Value::Exact(exact) if exact.is_whole() => ": it is for ints of 64 bits",
            Value::Exact(_) => ": it is for ints, floor(x) makes one",
            Value::Str(_) => ": it is for numbers, int(s) or float(s) makes one",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_formatted() {
        let cases = [
            (Value::from(42), "09", "000000042"),
            (Value::from(-42), "05", "-0042"),
            (Value::from(42), "5", "   42"),
            (Value::from(42), "<5", "42   "),
            (Value::from(42), "*^6", "**42**"),
            (Value::from(42), "+", "+42"),
            (Value::from(255), "x", "ff"),
            (Value::from(255), "#06X", "0x00FF"),
            (Value::from(5), "b", "101"),
            (Value::from(1_234_567), ",", "1,234,567"),
            (Value::from(123), ",", "123"),
            (Value::from(1_234.5), ",.2", "1,234.50"),
            (Value::from(3), ".2", "3.00"),
            (Value::from(2.345_6), ".2", "2.35"),
            (Value::from(2.5), "f", "2.500000"),
            (Value::from(-0.001), ".2", "0.00"),
            (Value::from(0.256), ".1%", "25.6%"),
            (Value::from(1500.0), ".1e", "1.5e3"),
            (Value::from(2.5), "8", "     2.5"),
            (Value::from("abc"), ">6", "   abc"),
            (Value::from("abc"), "6", "abc   "),
            (Value::from("abc"), ".2", "ab"),
            (Value::from("é"), "3", "é  "),
            (Value::from("7"), "03", "007"),
            (Value::from(true), "s", "true"),
            (Value::bytes(vec![1, 255]), "x", "01ff"),
            (Value::Int(i64::MIN), "", "-9223372036854775808"),
        ];
        for (value, spec, expected) in cases {
            let mut out = String::new();
            FormatSpec::parse(spec).unwrap().apply(&value, &mut out).unwrap();
            assert_eq!(out, expected, "{value:?}:{spec}");
        }
    }

    #[test]
    fn invalid_formats_are_errors() {
        for spec in ["q", "9999", ".", ".x", "5d5", "d,", "1.1000"] {
            assert!(FormatSpec::parse(spec).is_err(), "{spec}");
        }
        let fault = FormatSpec::parse("x").unwrap().apply(&Value::from(1.5), &mut String::new()).unwrap_err();
        assert_eq!(fault.0, "the float 1.5 has no format `x`: it is for ints, floor(x) makes one");
        assert!(FormatSpec::parse(".2f").unwrap().apply(&Value::from("a"), &mut String::new()).is_err());
        assert!(FormatSpec::PLAIN.apply(&Value::Null, &mut String::new()).is_err());
    }
}
