//! Hints for options and words that belong to a compiled test or to another load generator.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use ltc_config::foreign_words;

use super::screen::Failure;
use crate::foreign;

/// Adds a hint to the error if the unknown option or word is not one of `ltc`.
pub(super) fn explained(mut error: clap::Error, args: &[OsString]) -> clap::Error {
    let command = args.iter().skip(1).filter_map(|word| word.to_str()).find(|word| !word.starts_with('-')).unwrap_or_default();
    let hint = match (error.kind(), error.get(ContextKind::InvalidArg), error.get(ContextKind::InvalidSubcommand)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(written)), _) if written.starts_with('-') => {
            // `--help` is similar to `--headless` by chance.
            let has_similar = matches!(
                error.get(ContextKind::SuggestedArg),
                Some(ContextValue::String(similar)) if !matches!(similar.as_str(), "--help" | "--version")
            );
            option(written, command, has_similar)
        }
        (ErrorKind::InvalidSubcommand, _, Some(ContextValue::String(written))) => word(written),
        _ => None,
    };
    let Some(hint) = hint else { return error };
    for similar in [ContextKind::SuggestedArg, ContextKind::SuggestedCommand, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue]
    {
        error.remove(similar);
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(hint)]));
    error
}

fn option(written: &str, command: &str, has_similar: bool) -> Option<String> {
    let name = written.split('=').next().unwrap_or(written);
    let of_a_test = foreign_words::OF_A_TEST.contains(&name.trim_start_matches("--"));
    let usage = if command == "try" { "ltc try URL" } else { "ltc run SPEC" };
    if of_a_test {
        return Some(format!("`{name}` is an option of the test, which follows its name: `{usage} {name}`"));
    }
    // `--output` of `ltc build` is not that of k6.
    let hint = foreign_words::option(written).filter(|_| !has_similar)?;
    Some(format!("{hint} (options of a test follow its name: `{usage} --clients 10`)"))
}

/// What to write instead of a word that is not a command: a spec, a URL, a script of another tool.
fn word(written: &str) -> Option<String> {
    if matches!(written, "version" | "ver") {
        return Some("write `ltc --version`".to_owned());
    }
    if written.contains("://") {
        return Some(format!("write `ltc try {written}` to load one URL without a spec"));
    }
    if written.ends_with(".lt") {
        return Some(format!("write `ltc run {written}` to build and run it, or `ltc check {written}` to check it"));
    }
    foreign::file(written).map(|(what, fix)| format!("it is {what}: {fix}"))
}

/// Checks the arguments of a test before it is built, because the build takes longer than the error.
///
/// # Errors
/// If an argument is an option of another tool.
pub(super) fn check(args: &[OsString]) -> Result<(), Failure> {
    let is_run =
        args.first().is_none_or(|first| first.to_str().is_some_and(|first| first.starts_with('-') || matches!(first, "run" | "plan")));
    let words = args.iter().filter_map(|arg| arg.to_str()).take_while(|word| *word != "--");
    let found = words.filter(|_| is_run).find_map(|word| Some((word, foreign_words::option(word).filter(|_| word.starts_with('-'))?)));
    match found {
        Some((word, hint)) => Err(Failure::wrong(format!("unexpected argument `{word}`")).help(hint)),
        None => Ok(()),
    }
}

/// Options of a test that have no value. Every other option may take the next word as its value.
const FLAGS: [&str; 10] = ["--debug", "--embedded", "--no-tui", "--yes", "-y", "-q", "--quiet", "-v", "--verbose", "--plain"];

/// The name of a test, or the path of a spec, that follows options of the test.
pub(super) fn late_test<'a>(args: &'a [OsString], is_test: &dyn Fn(&str) -> bool) -> Option<&'a str> {
    let words: Vec<&str> = args.iter().map(|arg| arg.to_str().unwrap_or_default()).take_while(|word| *word != "--").collect();
    let is_value = |at: usize| at > 0 && words[at - 1].starts_with('-') && !words[at - 1].contains('=') && !FLAGS.contains(&words[at - 1]);
    let at = (0..words.len()).find(|at| !words[*at].starts_with('-') && !is_value(*at))?;
    Some(words[at]).filter(|word| is_test(word))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Cli;
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn option_of_a_test_or_of_another_tool_gets_a_hint() {
        for (line, wanted) in [
            ("ltc build shop --clients 5", "`ltc run SPEC --clients`"),
            ("ltc check --debug", "`ltc run SPEC --debug`"),
            ("ltc try --duration 10s http://127.0.0.1/", "`ltc try URL --duration`"),
            ("ltc try --vus 10 http://127.0.0.1/", "`--clients N`"),
            ("ltc build --users=10 shop", "`--clients N`"),
            ("ltc http://127.0.0.1/", "`ltc try http://127.0.0.1/`"),
            ("ltc specs/shop.lt", "`ltc run specs/shop.lt`"),
            ("ltc script.js", "`ltc import script.js`"),
            ("ltc test.hurl", "`ltc import test.hurl`"),
            ("ltc version", "`ltc --version`"),
        ] {
            let words = words(line);
            let error = explained(Cli::try_parse_from(&words).unwrap_err(), &words).to_string();
            assert!(error.contains(wanted) && !error.contains("similar"), "{line}: {error}");
        }
        let words = words("ltc biuld");
        let error = explained(Cli::try_parse_from(&words).unwrap_err(), &words).to_string();
        assert!(error.contains("build"), "a misspelled command keeps its suggestion: {error}");
    }

    #[test]
    fn test_after_its_options_is_found() {
        let is_test = |word: &str| word == "shop" || word.ends_with(".lt");
        for (line, wanted) in [
            ("--env qa shop --debug", Some("shop")),
            ("--debug shop", Some("shop")),
            ("--clients=5 specs/shop.lt", Some("specs/shop.lt")),
            ("--env shop --debug", None),
            ("--only shop", None),
            ("--debug -- shop", None),
            ("run --env shop", None),
        ] {
            assert_eq!(late_test(&words(line), &is_test), wanted, "{line}");
        }
    }

    #[test]
    fn arguments_of_a_test_are_checked_before_it_is_built() {
        for line in ["--vus 10", "-u 10 -r 2 -t 1m", "run --workers 3", "--debug --headless"] {
            let Err(Failure::Message(message, Some(help), 2)) = check(&words(line)) else { panic!("{line} passes") };
            assert!(message.contains("unexpected argument") && help.contains('`') || help.contains("leave it out"), "{line}: {help}");
        }
        for line in ["", "--debug", "--clients 5 --duration 1m", "merge -o all.json a.json", "report runs/1", "-q --ui 8080", "-- -u"] {
            assert!(check(&words(line)).is_ok(), "{line}");
        }
    }
}
