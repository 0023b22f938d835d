//! Writes a draft: the spec in ltc's format, its environments, profile, registry and data.

mod api;
mod config;
mod expr;
mod layout;
mod spec;
mod stmt;
mod text;

use crate::draft::{Data, Draft, Rows};

pub use expr::inline;
pub(crate) use text::levels;
pub use text::{quoted, regex};

/// An expectation on one line, if it fits.
pub fn expectation(expect: &crate::draft::Expect) -> String {
    stmt::expect(expect, 0)
}

/// The files of a draft: their paths relative to the project's folder, and their contents.
pub fn files(draft: &Draft) -> Vec<(String, Vec<u8>)> {
    let name = &draft.name;
    let mut out = vec![
        (format!("specs/{name}.lt"), spec::spec(draft).into_bytes()),
        (format!("specs/{name}.profile.yml"), config::profile(draft).into_bytes()),
    ];
    for environment in &draft.environments {
        out.push((format!("config/{}.yml", environment.name), config::environment(environment).into_bytes()));
    }
    out.push(("config/loadtest_registry.yml".to_owned(), config::registry(name).into_bytes()));
    for data in &draft.data {
        match &data.rows {
            Rows::Csv(columns, rows) => out.push((format!("specs/{}", data_path(data)), csv(columns, rows))),
            Rows::Json(rows) => out.push((format!("specs/{}", data_path(data)), format!("{rows:#}\n").into_bytes())),
            Rows::File(_) => {}
        }
    }
    out.extend(draft.files.iter().map(|(path, content)| (format!("specs/{path}"), content.clone())));
    out
}

/// The path of a data file, relative to the spec.
fn data_path(data: &Data) -> String {
    match &data.rows {
        Rows::Csv(..) => format!("data/{}.csv", data.name),
        Rows::Json(_) => format!("data/{}.json", data.name),
        Rows::File(path) => path.clone(),
    }
}

fn csv(columns: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_record(columns);
    for row in rows {
        let _ = writer.write_record(row);
    }
    writer.into_inner().unwrap_or_default()
}
