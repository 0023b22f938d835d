//! Numbers and durations of the text as expressions.

use ltc_config::number::prints_as_it_reads;

use crate::ast::ExprKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::builder::{P, TreeBuilder};

impl TreeBuilder<'_> {
    /// Parses `1h20m` into nanoseconds.
    pub(super) fn duration(&mut self, pair: &P<'_>) -> ExprKind {
        let mut rest = pair.as_str();
        let mut total = 0.0_f64;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
            let (number, behind) = rest.split_at(digits);
            let letters = behind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(behind.len());
            let (unit, after) = behind.split_at(letters);
            let scale = match unit {
                "ms" => 1e6,
                "s" => 1e9,
                "m" => 60e9,
                "h" => 3_600e9,
                _ => 86_400e9,
            };
            total += number.parse::<f64>().unwrap_or(0.0) * scale;
            rest = after;
        }
        // A sum of floats is exact to the nanosecond up to 2^53 ns, which is more than a hundred days.
        if total > 9.0e18 {
            let span = self.span(pair);
            self.report(Diagnostic::new(Code::BadNumber, span, "duration is longer than 290 years"));
            return ExprKind::Broken;
        }
        #[expect(clippy::cast_possible_truncation, reason = "checked above")]
        let nanos = total.round() as i64;
        ExprKind::Duration(nanos)
    }
}

/// Parses a whole number; one of more than 64 bits keeps its digits.
pub(super) fn int(written: &str) -> ExprKind {
    let digits = written.replace('_', "");
    digits.parse().map_or_else(|_| ExprKind::Number(digits.trim_start_matches('0').to_owned()), ExprKind::Int)
}

/// Parses a number with a point; one that a float would print differently keeps its digits.
pub(super) fn float(written: &str) -> ExprKind {
    let digits = written.replace('_', "");
    let zeros = digits.bytes().take_while(|byte| *byte == b'0').count();
    // Keeps one zero before the point.
    let from = if digits.as_bytes().get(zeros) == Some(&b'.') { zeros.saturating_sub(1) } else { zeros };
    let digits = &digits[from..];
    match digits.parse() {
        Ok(x) if prints_as_it_reads(digits) => ExprKind::Float(x),
        _ => ExprKind::Number(digits.to_owned()),
    }
}
