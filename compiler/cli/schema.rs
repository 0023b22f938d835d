//! `ltc schema`: the JSON Schemas with which editors complete and check the YAML files.

use std::fs;

use clap::Args;

use super::build::here;
use super::screen::{Failure, Screen};
use crate::project::Project;
use crate::schema::Schema;

const EXAMPLES: &str = "\
Examples:
  ltc schema profile     print the schema of specs/NAME.profile.yml
  ltc schema --write     write all schemas to config/schemas/, where the files of `ltc new` name them

An editor with a YAML language server reads the first line of a file:
  # yaml-language-server: $schema=../config/schemas/profile.json";

/// Prints the JSON Schema of a YAML file.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(super) struct SchemaOf {
    /// The kind of file
    #[arg(value_name = "FILE", required_unless_present = "write")]
    schema: Option<Schema>,
    /// Write all schemas to the project's config/schemas/
    #[arg(long, conflicts_with = "schema")]
    write: bool,
}

impl SchemaOf {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        if let Some(schema) = self.schema {
            screen.print(schema.text().trim_end());
            return Ok(());
        }
        let root = Project::of(&here()?)?.root;
        for schema in Schema::ALL {
            let path = root.join(schema.file());
            let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, schema.text()));
            written.map_err(|error| Failure::wrong(format!("cannot write {}: {error}", path.display())))?;
            screen.print_unless_quiet(format_args!("wrote {}", schema.file()));
        }
        Ok(())
    }
}
