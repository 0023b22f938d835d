//! Sizes: a number and its unit, `64MB`. As in HTTP servers and proxies, a KB is 1,024 bytes.

use crate::check::Checker;
use crate::diagnostic::Code;
use crate::span::Name;

/// The default limit of a response body, in bytes.
pub(super) const MAX_BODY: u64 = 64 << 20;

const UNITS: [(&str, u32); 4] = [("KB", 10), ("MB", 20), ("GB", 30), ("B", 0)];

/// Parses a size into bytes.
fn bytes(text: &str) -> Result<u64, &'static str> {
    let end = text.find(|char: char| !char.is_ascii_digit() && char != '_').unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let digits = digits.replace('_', "");
    if unit.starts_with('.') {
        return Err("write a whole number in a smaller unit: `1536KB` is one and a half MB");
    }
    if unit.is_empty() {
        return Err("write its unit: `B`, `KB`, `MB` or `GB`, such as `64MB`");
    }
    let Some((_, shift)) = UNITS.iter().find(|(known, _)| unit.eq_ignore_ascii_case(known)) else {
        return Err("write `B`, `KB`, `MB` or `GB` after the number, such as `64MB`");
    };
    let number = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(1 << shift));
    number.filter(|bytes| *bytes > 0 && *bytes <= 1 << 40).ok_or("write a size from `1B` to `1024GB`")
}

impl Checker<'_> {
    /// Checks `max_body 64MB`, and returns the bytes.
    pub(super) fn max_body(&mut self, size: &Name) -> u64 {
        match bytes(&size.node) {
            Ok(bytes) => bytes,
            Err(help) => {
                self.error(Code::Impossible, size.span, format!("unexpected `{}`, expected a size", size.node), help);
                MAX_BODY
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, wanted) in [("64MB", 64 << 20), ("1kb", 1024), ("2_000B", 2000), ("10GB", 10 << 30), ("1024gb", 1 << 40)] {
            assert_eq!(bytes(text), Ok(wanted), "{text}");
        }
        for odd in ["64", "1.5MB", "64MiB", "64M", "0MB", "1025GB", "99999999999999999999B", "5mins"] {
            assert!(bytes(odd).is_err(), "{odd}");
        }
    }
}
