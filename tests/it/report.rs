//! A JSON report, and its figures by the names of report rows.

use std::ops::Deref;

use serde_json::Value;

/// A JSON report.
pub(crate) struct Report(pub(crate) Value);

impl Report {
    /// The figures of a row, by its name.
    pub(crate) fn row(&self, name: &str) -> &Value {
        let names = self.0["names"].as_array().unwrap();
        let index = names.iter().position(|row| row["name"] == name).unwrap_or_else(|| panic!("no row {name}: {names:?}"));
        &self.0["total"]["names"][index]
    }

    /// A figure of a row, such as `service.count`; 0 if it is missing.
    pub(crate) fn figure(&self, name: &str, key: &str) -> u64 {
        key.split('.').fold(self.row(name), |value, key| &value[key]).as_u64().unwrap_or(0)
    }

    /// All requests.
    pub(crate) fn requests(&self) -> u64 {
        self.0["summary"]["total"]["requests"].as_u64().unwrap()
    }
}

impl Deref for Report {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}
