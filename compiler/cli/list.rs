//! `ltc list`: prints the tests of the registry.

use clap::Args;
use serde_json::json;

use super::build::here;
use super::screen::{Failure, Screen, bold};
use crate::project::Project;

const EXAMPLES: &str = "\
Examples:
  ltc list            list names, profiles and specs; * marks the current test
  ltc list --json     print the same as JSON";

/// Lists the tests of config/loadtest_registry.yml.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

struct TestRow {
    name: String,
    profile: String,
    spec: String,
    current: bool,
    missing: bool,
}

impl List {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let project = Project::of(&here()?)?;
        let registry = project.registry()?;
        let rows: Vec<TestRow> = registry
            .registered
            .values()
            .map(|test| {
                let found = project.registered(test);
                let spec = found.spec.strip_prefix(&project.root).unwrap_or(&found.spec).display().to_string();
                let current = registry.current.as_ref() == Some(&test.name);
                TestRow { name: test.name.clone(), profile: test.profile.clone(), spec, current, missing: !found.spec.is_file() }
            })
            .collect();
        if self.json {
            let list: Vec<_> = rows
                .iter()
                .map(|row| json!({"name": row.name, "profile": row.profile, "spec": row.spec, "current": row.current, "spec_exists": !row.missing}))
                .collect();
            screen.print(format_args!("{:#}", json!(list)));
            return Ok(());
        }
        let width = |of: fn(&TestRow) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or(0);
        let (names, profiles) = (width(|row| &row.name), width(|row| &row.profile));
        for TestRow { name, profile, spec, current, missing } in &rows {
            let mark = if *current { "*" } else { " " };
            let padded = format!("{name:names$}");
            let name = if *current { bold(padded) } else { padded };
            let missing = if *missing { "  (not found)" } else { "" };
            screen.print(format_args!("{mark} {name}  {profile:profiles$}  {spec}{missing}"));
        }
        Ok(())
    }
}
