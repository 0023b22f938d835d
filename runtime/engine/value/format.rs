//! Format specs of interpolation: `{n:09}`, `{x:.2}`, `{s:>10}`, `{n:x}`, `{n:,}`.
//!
//! `[[fill]align][sign][#][0][width][,][.precision][type]`, as Python and Rust have it: align `< > ^`, sign `+` or a space, types
//! `d` (whole), `x X o b` (bases; `x` and `X` of bytes: hexadecimal), `f` (fixed), `e` (exponent), `%` (times 100), `s` (text).

use super::{Eval, Fault, Value};

/// Where a shorter text stands in its width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// `<`
    Left,
    /// `>`
    Right,
    /// `^`
    Center,
}

/// What a number that isn't negative carries in front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    None,
    /// `+`
    Plus,
    /// A space.
    Space,
}

/// The letter at a spec's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// None: as the value prints.
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

/// A format spec, parsed. Generated code holds it as a constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormatSpec {
    /// What fills the width.
    pub fill: char,
    /// Where the text stands; without it numbers stand right, all else left.
    pub align: Option<Align>,
    /// What stands before a number that isn't negative.
    pub sign: Sign,
    /// `#`: `0x`, `0o` or `0b` before the digits.
    pub prefix: bool,
    /// `0`: zeros between sign and digits fill the width.
    pub zero: bool,
    /// The least width in characters.
    pub width: u16,
    /// `,`: a comma every three digits.
    pub comma: bool,
    /// Digits after the point; of text the most characters.
    pub precision: Option<u8>,
    /// How the value is written.
    pub style: Style,
}

/// The widest a field may be.
const WIDEST: u16 = 1000;
/// The most digits after the point: more than a float ever has.
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

    /// Reads a spec, what stands after the `:`.
    pub fn parse(spec: &str) -> Result<Self, String> {
        let chars: Vec<char> = spec.chars().collect();
        let mut at = 0;
        let mut out = Self::PLAIN;
        let align = |c: Option<&char>| match c {
            Some('<') => Some(Align::Left),
            Some('>') => Some(Align::Right),
            Some('^') => Some(Align::Center),
            _ => None,
        };
        if let Some(found) = align(chars.get(1)) {
            (out.fill, out.align, at) = (chars[0], Some(found), 2);
        } else if let Some(found) = align(chars.first()) {
            (out.align, at) = (Some(found), 1);
        }
        let take = |c: char, at: &mut usize| {
            let there = chars.get(*at) == Some(&c);
            *at += usize::from(there);
            there
        };
        if take('+', &mut at) {
            out.sign = Sign::Plus;
        } else if take(' ', &mut at) {
            out.sign = Sign::Space;
        }
        out.prefix = take('#', &mut at);
        out.zero = take('0', &mut at);
        let number = |at: &mut usize| {
            let start = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            chars[start..*at].iter().collect::<String>()
        };
        let width = number(&mut at);
        if !width.is_empty() {
            out.width = width.parse().ok().filter(|w| *w <= WIDEST).ok_or_else(|| format!("a width is at most {WIDEST}, got {width}"))?;
        }
        out.comma = take(',', &mut at);
        if take('.', &mut at) {
            let digits = number(&mut at);
            let precision = digits.parse().ok().filter(|p| *p <= FINEST);
            out.precision = Some(precision.ok_or_else(|| format!("after the `.` a number up to {FINEST} is expected, as in .2"))?);
        }
        if let Some(letter) = chars.get(at) {
            at += 1;
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
                    return Err(format!("{other:?} is no format: known are d x X o b f e % s, as in 09, .2, >10, x"));
                }
            };
        }
        if at < chars.len() {
            let rest: String = chars[at..].iter().collect();
            return Err(format!(
                "{rest:?} is too much: a format is [[fill]align][sign][#][0][width][,][.precision][type], as in 09, .2, >10"
            ));
        }
        Ok(out)
    }

    /// Appends the value in this format.
    pub fn apply(&self, value: &Value, out: &mut String) -> Eval<()> {
        match (value, self.style) {
            (Value::Bytes(bytes), Style::Hex) => self.pad("", &hex::encode(bytes), false, out),
            (Value::Bytes(bytes), Style::UpperHex) => self.pad("", &hex::encode_upper(bytes), false, out),
            (Value::Int(n), Style::Plain | Style::Whole | Style::Hex | Style::UpperHex | Style::Octal | Style::Binary)
                if self.precision.is_none() =>
            {
                let (prefix, digits) = self.whole(n.unsigned_abs());
                self.number(*n < 0, prefix, digits, out);
            }
            #[expect(clippy::cast_precision_loss, reason = "the writer asked for a float's format")]
            (Value::Int(n), Style::Plain | Style::Fixed | Style::Exponent | Style::Percent) => self.float(*n as f64, out),
            (Value::Float(x), Style::Plain | Style::Fixed | Style::Exponent | Style::Percent) => self.float(*x, out),
            (_, Style::Plain | Style::Text) => {
                let text = value.to_text()?;
                let most = self.precision.map_or(usize::MAX, usize::from);
                let text = text.char_indices().nth(most).map_or(text.as_str(), |(end, _)| &text[..end]);
                self.pad("", text, matches!(value, Value::Duration(_)), out);
            }
            (other, style) => {
                return Err(Fault(format!("{} has no format `{}`{}", other.describe(), style.letter(), style.hint(other))));
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
            _ => ("", n.to_string()),
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
        self.pad(&format!("{sign}{prefix}"), &digits, true, out);
    }

    fn pad(&self, sign: &str, text: &str, right: bool, out: &mut String) {
        let missing = usize::from(self.width).saturating_sub(sign.chars().count() + text.chars().count());
        if self.zero && self.align.is_none() {
            out.push_str(sign);
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
            Value::Str(_) => ": it is for numbers, int(s) or float(s) makes one",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats() {
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
    fn refuses() {
        for spec in ["q", "9999", ".", ".x", "5d5", "d,", "1.1000"] {
            assert!(FormatSpec::parse(spec).is_err(), "{spec}");
        }
        let fault = FormatSpec::parse("x").unwrap().apply(&Value::from(1.5), &mut String::new()).unwrap_err();
        assert_eq!(fault.0, "the float 1.5 has no format `x`: it is for ints, floor(x) makes one");
        assert!(FormatSpec::parse(".2f").unwrap().apply(&Value::from("a"), &mut String::new()).is_err());
        assert!(FormatSpec::PLAIN.apply(&Value::Null, &mut String::new()).is_err());
    }
}
