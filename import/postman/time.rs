//! Converts the formats and units of `moment`.

/// Converts a format of `moment` to one of `format_time`; `None` for letters without a counterpart.
pub(super) fn format(moment: &str) -> Option<String> {
    const TOKENS: [(&str, &str); 24] = [
        ("YYYY", "%Y"),
        ("YY", "%y"),
        ("MMMM", "%B"),
        ("MMM", "%b"),
        ("MM", "%m"),
        ("M", "%-m"),
        ("DDDD", "%j"),
        ("DD", "%d"),
        ("D", "%-d"),
        ("dddd", "%A"),
        ("ddd", "%a"),
        ("HH", "%H"),
        ("H", "%-H"),
        ("hh", "%I"),
        ("h", "%-I"),
        ("mm", "%M"),
        ("m", "%-M"),
        ("ss", "%S"),
        ("s", "%-S"),
        ("SSS", "%3f"),
        ("A", "%p"),
        ("a", "%P"),
        ("ZZ", "+0000"),
        ("Z", "+00:00"),
    ];
    let mut out = String::new();
    let mut rest = moment;
    while let Some(first) = rest.chars().next() {
        if let Some((literal, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            out.push_str(literal);
            rest = after;
        } else if let Some((token, written)) = TOKENS.iter().find(|(token, _)| rest.starts_with(token)) {
            out.push_str(written);
            rest = &rest[token.len()..];
        } else if first.is_ascii_alphabetic() && first != 'T' {
            return None;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(out)
}

/// A duration of the language. Months have 30 days and years 365.
pub(super) fn duration(count: i64, unit: &str) -> Option<String> {
    let count = u64::try_from(count).ok()?;
    Some(match unit {
        "ms" | "milliseconds" | "millisecond" => format!("{count}ms"),
        "s" | "seconds" | "second" => format!("{count}s"),
        "m" | "minutes" | "minute" => format!("{count}m"),
        "h" | "hours" | "hour" => format!("{count}h"),
        "d" | "days" | "day" => format!("{count}d"),
        "w" | "weeks" | "week" => format!("{}d", count * 7),
        "M" | "months" | "month" => format!("{}d", count * 30),
        "y" | "years" | "year" => format!("{}d", count * 365),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_moment_are_formats_of_the_language() {
        assert_eq!(format("YYYY-MM-DD[T]HH:mm:ss").as_deref(), Some("%Y-%m-%dT%H:%M:%S"));
        assert_eq!(format("wo"), None);
        assert_eq!(duration(2, "weeks").as_deref(), Some("14d"));
    }
}
