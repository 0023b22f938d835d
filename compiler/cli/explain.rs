//! `ltc explain`: the page of an error code.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use ltc_config::suggest::nearest;

use super::complete;
use super::screen::{Failure, Screen};
use crate::diagnostic::Code;

const EXAMPLES: &str = "\
Examples:
  ltc explain LT0101     explain a code, with an example that fails and one that passes
  ltc explain            list all codes";

/// Explains an error code: what it means, an example that fails and one that passes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    /// Explain this code; without it, list all codes
    #[arg(add = ArgValueCompleter::new(complete::codes))]
    code: Option<String>,
}

impl Explain {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let Some(given) = self.code else {
            for code in Code::ALL {
                let title = code.page().lines().next().unwrap_or_default().trim_start_matches('#').trim();
                screen.print(title);
            }
            return Ok(());
        };
        let code = find(&given).map_err(|help| Failure::wrong(format!("unknown error code `{given}`")).help(help))?;
        screen.print(code.page().trim_end());
        Ok(())
    }
}

/// Finds a code by its full or short form, or returns a fix.
pub(super) fn find(given: &str) -> Result<&'static Code, String> {
    let folded = normal(given);
    Code::ALL.iter().find(|code| code.as_str() == folded).ok_or_else(|| {
        let near = nearest(&folded, Code::ALL.iter().map(|code| code.as_str()));
        near.map_or("run `ltc explain` for the list of codes".to_owned(), |near| {
            format!("did you mean `{near}`? `ltc explain` lists all codes")
        })
    })
}

/// Expands `lt12` and `12` to LT0012.
fn normal(given: &str) -> String {
    let upper = given.to_ascii_uppercase();
    match upper.strip_prefix("LT").unwrap_or(&upper).parse::<u16>() {
        Ok(number) => format!("LT{number:04}"),
        Err(_) => upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_codes_are_expanded() {
        assert_eq!(normal("lt0001"), "LT0001");
        assert_eq!(normal("12"), "LT0012");
        assert_eq!(normal("LT101"), "LT0101");
        assert_eq!(normal("what"), "WHAT");
    }

    #[test]
    fn every_page_begins_with_its_code() {
        for code in Code::ALL {
            let start = format!("# {}", code.as_str());
            assert!(code.page().starts_with(&start), "docs/errors/{}.md doesn't begin with {start:?}", code.as_str());
            let title = code.page().lines().next().and_then(|line| line.split_once(": ")).map_or("", |(_, title)| title);
            let is_short = (8..=50).contains(&title.len()) && !title.starts_with(char::is_uppercase) && !title.ends_with('.');
            assert!(is_short, "the title of docs/errors/{}.md is not a short phrase in lower case: {title:?}", code.as_str());
        }
    }
}
