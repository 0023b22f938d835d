//! `ltc new test`: adds a test to a project.

use std::fs;
use std::path::Path;

use clap::Args;
use ltc_config::environment::{self, EnvData, EnvValue};
use ltc_config::{Environment, Profile, Registry};

use super::build::here;
use super::init::{add_lines, write_new};
use super::new::valid;
use super::screen::{Failure, Screen};
use super::template::{self, yaml_scalar};
use crate::project::{Project, REGISTRY};

const EXAMPLES: &str = "\
Examples:
  ltc new test checkout            write specs/checkout.lt and its profile, and register the test
  ltc run checkout --debug";

/// Adds a test to the current project: a spec, its profile, and its entry in the registry.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct NewTest {
    /// Name of the test
    name: String,
}

impl NewTest {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let name = valid(&self.name, "ltc new test")?;
        let project = Project::of(&here()?)?;
        if !project.root.join("config").is_dir() {
            return Err(Failure::wrong("cannot find a project here or above: no folder has config/ in it")
                .help("make this folder a project: `ltc init`"));
        }
        if project.registry.as_ref().is_some_and(|registry| registry.registered.contains_key(name)) {
            return Err(Failure::wrong(format!("{name} is already registered")).help("use another name: `ltc new test NAME`"));
        }
        let env = environment(&project);
        let base = env.as_deref().and_then(|env| base(&project.root, env));
        let files = template::test(name, env.as_deref(), base.as_deref());
        if let Some((path, _)) = files.iter().find(|(path, _)| project.root.join(path).exists()) {
            return Err(Failure::wrong(format!("{path} already exists")).help("use another name: `ltc new test NAME`"));
        }
        for (path, text) in &files {
            write_new(&project.root.join(path), text).map_err(|error| Failure::wrong(format!("cannot write {path}: {error}")))?;
            screen.print_unless_quiet(format_args!("wrote {path}"));
        }
        let ignored = add_lines(&project.root.join(".gitignore"), &format!("/{name}\n"));
        ignored.map_err(|error| Failure::wrong(format!("cannot write .gitignore: {error}")))?;
        register(&project.root, name, screen)?;
        screen.print_unless_quiet(format_args!("\nNext:\n  ltc run {name} --debug"));
        Ok(())
    }
}

/// The environment of the current test, or else the only one of the project.
fn environment(project: &Project) -> Option<String> {
    let of_current = project.current().ok().and_then(|found| Profile::load(&found.profile?).ok()).and_then(|profile| profile.header.env);
    of_current.or_else(|| {
        let files = fs::read_dir(project.root.join("config")).into_iter().flatten().flatten();
        let mut names: Vec<String> = files.filter_map(|file| environment::name_of(&file.path())).filter(|name| name != "common").collect();
        names.sort_unstable();
        names.into_iter().next()
    })
}

/// The first key of an environment whose value is an address: `shop.url`.
fn base(root: &Path, env: &str) -> Option<String> {
    let environment = Environment::load(&root.join("config"), env).ok()?;
    address(environment.root(), "")
}

fn address(value: &EnvValue, path: &str) -> Option<String> {
    match &value.data {
        EnvData::String(text) if text.contains("http://") || text.contains("https://") => Some(path.to_owned()),
        EnvData::Object(members) => members.iter().find_map(|(key, value)| {
            let plain = key.starts_with(|first: char| first.is_ascii_alphabetic())
                && key.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
            address(value, &if path.is_empty() { key.to_string() } else { format!("{path}.{key}") }).filter(|_| plain)
        }),
        _ => None,
    }
}

/// Adds the test to the registry, without changing the rest of its text. If an entry cannot be added safely, prints it for the user.
fn register(root: &Path, name: &str, screen: &Screen) -> Result<(), Failure> {
    let path = root.join(REGISTRY);
    let unable = |error| Failure::wrong(format!("cannot write {REGISTRY}: {error}"));
    if !path.exists() {
        write_new(&path, &template::registry(name)).map_err(unable)?;
        screen.print_unless_quiet(format_args!("wrote {REGISTRY}"));
        return Ok(());
    }
    let text = ltc_config::read(&path).map_err(|error| Failure::wrong(error.to_string()))?;
    match with_entry(&text, name) {
        Some(new) => {
            fs::write(&path, new).map_err(unable)?;
            screen.print_unless_quiet(format_args!("registered {name} in {REGISTRY}"));
        }
        None => screen
            .note(format_args!("add `{}: {{ profile: specs/{name}.profile.yml }}` to {REGISTRY} to register the test", yaml_scalar(name))),
    }
    Ok(())
}

/// The text of the registry with a further entry at the end of `registered`. Returns `None` if the result does not have the old tests and
/// the new one.
fn with_entry(text: &str, name: &str) -> Option<String> {
    let before = Registry::parse(text, REGISTRY).ok()?;
    let lines: Vec<&str> = text.lines().collect();
    let head = lines.iter().position(|line| line.trim_end() == "registered:" || line.starts_with("registered: #"))?;
    let is_content = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let body = lines[head + 1..].iter().take_while(|line| line.starts_with([' ', '\t', '#']) || line.trim().is_empty());
    let last = body.enumerate().filter(|(_, line)| is_content(line)).map(|(index, _)| head + 1 + index).last().unwrap_or(head);
    let first = lines[head + 1..=last].iter().find(|line| is_content(line));
    let indent = first.map_or("  ", |line| &line[..line.len() - line.trim_start().len()]);
    let scalar = yaml_scalar(name);
    let entry = format!("{indent}{scalar}:\n{indent}  profile: specs/{name}.profile.yml\n{indent}  spec: specs/{name}.lt");
    let new: Vec<&str> = lines[..=last].iter().copied().chain([entry.as_str()]).chain(lines[last + 1..].iter().copied()).collect();
    let new = new.join("\n") + "\n";
    let after = Registry::parse(&new, REGISTRY).ok()?;
    let mut names: Vec<&String> = before.registered.keys().collect();
    let name = name.to_owned();
    names.push(&name);
    (after.registered.keys().eq(names) && after.current == before.current).then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_is_added_after_the_others_and_comments_stay() {
        let text = "# The tests.\ncurrent: a\n\nregistered:\n    a:   # the first\n      profile: specs/a.profile.yml\n\n# The end.\n";
        let new = with_entry(text, "b").unwrap();
        assert_eq!(
            new,
            "# The tests.\ncurrent: a\n\nregistered:\n    a:   # the first\n      profile: specs/a.profile.yml\n    b:\n      profile: \
             specs/b.profile.yml\n      spec: specs/b.lt\n\n# The end.\n"
        );
        let first = "registered:\n  a: { profile: specs/a.profile.yml }\ncurrent: a\n";
        assert!(with_entry(first, "null").unwrap().contains("  \"null\":\n") || with_entry(first, "null").unwrap().contains("  'null':\n"));
        assert!(with_entry("registered:\ncurrent: b\n", "b").is_none_or(|text| text.contains("  b:\n")));
    }

    #[test]
    fn entry_is_not_added_where_the_text_has_another_form() {
        assert_eq!(with_entry("registered: { a: { profile: specs/a.profile.yml } }\n", "b"), None);
        assert_eq!(with_entry("current: a\n", "b"), None);
    }

    #[test]
    fn base_of_a_new_test_is_the_first_address_of_its_environment() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("config")).unwrap();
        fs::write(
            folder.path().join("config/qa.yml"),
            "n: 1\nodd-key: { url: http://x }\nshop: { name: x, url: \"${URL:-http://127.0.0.1:1}/shop\" }\n",
        )
        .unwrap();
        assert_eq!(base(folder.path(), "qa").as_deref(), Some("shop.url"));
        assert_eq!(base(folder.path(), "none"), None);
    }
}
