//! What the command lines of `ltc` and of the binaries share.

use std::ffi::OsString;

/// The last value of an option on a command line that isn't parsed: `--color never` or `--color=never`. Callers need it before a parser
/// exists, or if the command line belongs to another program.
pub fn last_value(args: &[OsString], option: &str) -> Option<String> {
    let mut found = None;
    let mut words = args.iter().filter_map(|arg| arg.to_str()).peekable();
    while let Some(word) = words.next() {
        if word == option {
            found = words.peek().map(|value| (*value).to_owned()).or(found);
        } else if let Some(value) = word.strip_prefix(option).and_then(|rest| rest.strip_prefix('=')) {
            found = Some(value.to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_value_of_an_option_counts_in_either_form() {
        let of = |line: &str| last_value(&line.split_whitespace().map(OsString::from).collect::<Vec<_>>(), "--env");
        assert_eq!(of("--debug --env cs1"), Some("cs1".to_owned()));
        assert_eq!(of("--env=cs1 --env cs2 --debug"), Some("cs2".to_owned()));
        assert_eq!(of("--envelope x --env"), None);
    }
}
