//! A test's identity: its registered name, else `test_header.name`, else the spec's file stem. Reports and events show it unchanged; the
//! binary, the Lambda function, the role, the bucket and the ids of runs use its [`plain`] form.

/// The most characters of a [`plain`] name. With what ltc adds to it, it fits an IAM role and a Lambda function (64 characters each).
pub const LONGEST: usize = 48;

/// The length of the suffix that keeps shortened names apart: `-` and eight digits.
const MARK: usize = 9;

/// Turns a name into one that files, Lambda and IAM accept: replaces each character other than an ASCII letter, a digit, `-` and `_` by
/// `-`, removes those at both ends, and shortens the name to [`LONGEST`] characters. The result is empty if no character remains.
pub fn plain(name: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() || char == '_' { char } else { '-' };
    let written: String = name.chars().map(plain).collect();
    fit(written.trim_matches(['-', '_']), LONGEST)
}

/// Shortens a plain name to at most `most` characters. A shortened name ends in eight digits of its hash, so that two names with the same
/// beginning stay different.
pub fn fit(plain: &str, most: usize) -> String {
    if plain.chars().count() <= most {
        return plain.to_owned();
    }
    let start: String = plain.chars().take(most.saturating_sub(MARK)).collect();
    format!("{}-{:08x}", start.trim_end_matches(['-', '_']), hash(plain))
}

/// A key that is equal for two names that can't both be a test's: bucket names have no capitals and no `_`, and IAM ignores case.
pub fn collision_key(name: &str) -> String {
    plain(name).to_ascii_lowercase().replace('_', "-")
}

/// FNV-1a of 32 bits (Fowler, Noll, Vo).
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_valid_by_one_rule() {
        for (name, valid) in [
            ("tpdata", "tpdata"),
            ("TP_Data-2", "TP_Data-2"),
            ("Create variants", "Create-variants"),
            (" (smoke) ", "smoke"),
            ("a.b/c:d", "a-b-c-d"),
            ("Prüfung", "Pr-fung"),
            ("___", ""),
            ("日本", ""),
        ] {
            assert_eq!(plain(name), valid, "{name}");
            assert_eq!(plain(valid), valid, "a valid name stays unchanged");
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_apart() {
        let (one, other) = (format!("{}-one", "x".repeat(60)), format!("{}-two", "x".repeat(60)));
        assert_eq!((plain(&one).len(), plain(&other).len()), (LONGEST, LONGEST));
        assert_ne!(plain(&one), plain(&other));
        assert_eq!(plain(&"x".repeat(LONGEST)), "x".repeat(LONGEST));
        assert_eq!(fit("abcdefghij-klm", 12), format!("abc-{:08x}", hash("abcdefghij-klm")));
        // The published value of the hash.
        assert_eq!(hash("foobar"), 0xbf9c_f968);
    }

    #[test]
    fn names_that_collide_have_the_same_key() {
        assert_eq!(collision_key("My Shop"), collision_key("my_shop"));
        assert_eq!(collision_key("shop"), collision_key("Shop."));
        assert_ne!(collision_key("shop"), collision_key("shop2"));
    }
}
