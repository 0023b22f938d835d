//! Sizes as people read them, the same in `ltc` and in the binaries that it builds.

/// A size in decimal units (1 kB = 1,000 bytes), with one decimal: `512 B`, `1.4 kB`, `23.0 MB`.
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1000.0;
    let mut unit = 0;
    // 999,999 bytes round to 1.0 MB, not to 1000.0 kB.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_have_the_unit_that_leaves_one_to_three_digits() {
        assert_eq!([999, 1400, 999_999, 23_000_000].map(bytes), ["999 B", "1.4 kB", "1.0 MB", "23.0 MB"]);
        assert_eq!(bytes(u64::MAX), "18446744.1 TB");
    }
}
