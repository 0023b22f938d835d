//! `ltc new`: creates a project that builds and runs without changes.

use std::fs;
use std::path::Path;

use clap::{Args, Subcommand};

use super::build::here;
use super::new_test::NewTest;
use super::screen::{Failure, Screen, bold};
use super::template;

const EXAMPLES: &str = "\
Examples:
  ltc new shop                     create a project in ./shop
  cd shop && ltc run shop --debug
  ltc new test checkout            add a test to the project of the current folder
  ltc init                         make the current folder a project";

/// The longest name. It becomes the name of a file, a crate and a function.
const LONGEST: usize = 48;

/// Creates a project: a spec, its profile, an environment and a registry.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(super) struct New {
    /// Name of the project's folder and of its first test
    #[arg(required = true)]
    name: Option<String>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add a test to the current project: a spec, its profile, and its entry in the registry
    Test(NewTest),
}

impl New {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        if let Some(What::Test(test)) = self.what {
            return test.run(screen);
        }
        let name = valid(self.name.as_deref().unwrap_or_default(), "ltc new")?;
        let folder = here()?.join(name);
        if !is_free(&folder) {
            return Err(Failure::wrong(format!("{name} already exists and is not empty"))
                .help("use another name, or make it a project with `ltc init` in it"));
        }
        let files = template::new(name);
        template::write(&folder, &files).map_err(|error| Failure::wrong(format!("cannot write {name}: {error}")))?;
        screen.print_unless_quiet(format_args!("wrote {}:", bold(format_args!("./{name}"))));
        files.iter().for_each(|(path, _)| screen.print_unless_quiet(format_args!("  {path}")));
        screen.print_unless_quiet("");
        screen.print_unless_quiet("Next:");
        screen.print_unless_quiet("  ltc demo --serve                   in another terminal: the server for the test");
        screen.print_unless_quiet(format_args!("  cd {name} && ltc run {name} --debug"));
        Ok(())
    }
}

/// Whether the folder is empty or does not exist.
fn is_free(folder: &Path) -> bool {
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => fs::symlink_metadata(folder).is_err(),
    }
}

/// Checks a name, which must be valid for a file on every system, for a crate and for a Lambda function. The fix is a command line of
/// `command`.
pub(super) fn valid<'n>(name: &'n str, command: &str) -> Result<&'n str, Failure> {
    let rule = "a name starts with a letter and contains only letters, digits, `-` and `_`";
    let wrong = |why: &str| {
        let failure = Failure::wrong(format!("invalid name `{name}`: {why}"));
        let fixed: String = name.chars().map(|char| if char.is_ascii_alphanumeric() || char == '_' { char } else { '-' }).collect();
        let fixed = fixed.trim_matches('-').trim_start_matches(|char: char| !char.is_ascii_alphabetic());
        if fixed.is_empty() || fixed == name {
            failure.help(format!("use another name: `{command} shop`"))
        } else {
            failure.help(format!("use another name: `{command} {fixed}`"))
        }
    };
    if !name.starts_with(|first: char| first.is_ascii_alphabetic())
        || !name.chars().all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '_')
    {
        return Err(wrong(rule));
    }
    if name.len() > LONGEST {
        return Err(wrong(&format!("it has more than {LONGEST} characters")));
    }
    // The binary would have the same name as a folder of the project.
    if matches!(name.to_ascii_lowercase().as_str(), "specs" | "config" | "bootstrap") {
        return Err(wrong("ltc uses this name itself"));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_project_name_gets_a_fixed_name_as_help() {
        for good in ["shop", "my-shop", "a_1", "Shop"] {
            assert!(valid(good, "ltc new").is_ok(), "{good}");
        }
        let help = |name: &str| match valid(name, "ltc new").unwrap_err() {
            Failure::Message(_, help, _) => help.unwrap(),
            other => panic!("{other:?}"),
        };
        assert!(help("my shop").contains("`ltc new my-shop`"));
        assert!(help("../x").contains("`ltc new x`"));
        assert!(help("2nd").contains("`ltc new nd`"));
        assert!(help("").contains("`ltc new shop`"));
        assert!(valid(&"x".repeat(49), "ltc new").is_err());
        assert!(valid("specs", "ltc new").is_err());
    }

    #[test]
    fn only_missing_and_empty_folders_are_free() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_free(folder.path()));
        assert!(is_free(&folder.path().join("x")));
        fs::write(folder.path().join("x"), "").unwrap();
        assert!(!is_free(folder.path()) && !is_free(&folder.path().join("x")));
    }
}
