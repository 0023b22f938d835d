//! csv-spectrum, applied to the data files of a spec.

use std::fs;
use std::path::Path;

use ltc::pipeline::{Target, check};
use serde_json::{Map, Value};

use crate::suite::{self, Outcome, Suite, name};

const SUITE: Suite = Suite {
    name: "csv",
    title: "[csv-spectrum](https://github.com/max-mapper/csv-spectrum)",
    against: "`data … from \"x.csv\"`",
    cases: 12,
    floor: 11,
};

#[test]
fn csv_spectrum() {
    let Some(data) = suite::data("csv") else { return };
    SUITE.judge(suite::files(&data.join("csvs"), ".csv").iter().map(|file| (name(file), outcome(file))));
}

fn outcome(file: &Path) -> Outcome {
    let expected = file.parent().unwrap().with_file_name("json").join(name(file)).with_extension("json");
    let project = tempfile::tempdir().unwrap();
    fs::copy(file, project.path().join("rows.csv")).unwrap();
    let spec = project.path().join("x.lt");
    fs::write(&spec, SPEC).unwrap();
    let checked = check(&Target { root: project.path().to_owned(), spec, ..Target::default() })?;
    let Some(program) = &checked.program else {
        return Err(checked.diagnostics.iter().map(|diagnostic| diagnostic.message.clone()).collect::<Vec<_>>().join("; "));
    };
    let data = &program.data[0];
    let rows = data.rows.iter().map(|row| {
        // The suite's cells are all texts, but ltc reads a column of numbers as numbers.
        let cells = row.iter().map(|cell| serde_json::from_str::<String>(cell).unwrap_or_else(|_| cell.clone()));
        Value::Object(data.columns.iter().map(|(name, _)| name.clone()).zip(cells.map(Value::String)).collect::<Map<_, _>>())
    });
    let read: Value = rows.collect();
    let expected = suite::json(&expected);
    if read == expected { Ok(()) } else { Err(format!("read as {read}, expected {expected}")) }
}

const SPEC: &str = r#"
data rows from "rows.csv"
api a {
  base "http://127.0.0.1:1"
  healthcheck none
  one() = GET /
}
sequence s {
  step "x" { a.one(); expect 200 }
}
user u { run s }
"#;
