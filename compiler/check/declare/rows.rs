//! The rows of data files. Each cell is a JSON text, so that a request sends exactly what the file contains.
//!
//! A column of a CSV file is int, float or bool only if every cell prints exactly as written; otherwise it is text. The cells of a JSON
//! file keep their spelling, digit by digit.

use ltc_config::number::prints_as_it_reads;

use crate::check::types;
use crate::diagnostic::Code;
use crate::model::Type;

/// Columns and rows.
pub(super) type Table = (Vec<(String, Type)>, Vec<Vec<String>>);

/// The error of a data file: its code and message.
pub(super) type Wrong = (Code, String);

/// The rows of a CSV file.
pub(super) fn from_csv(bytes: &[u8]) -> Result<Table, Wrong> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let bad = |message: String| (Code::BadData, message);
    let header = reader.headers().map_err(|e| bad(e.to_string()))?.clone();
    if header.is_empty() {
        return Err((Code::NoRows, "the file is empty".to_owned()));
    }
    for (i, name) in header.iter().enumerate() {
        if name.trim().is_empty() {
            return Err(bad(format!("column {} has no name", i + 1)));
        }
        if header.iter().take(i).any(|other| other.trim() == name.trim()) {
            return Err((Code::ColumnTwice, format!("duplicate column `{name}`")));
        }
    }
    let mut cells: Vec<Vec<String>> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| bad(e.to_string()))?;
        if record.len() != header.len() {
            let line = record.position().map_or(0, csv::Position::line);
            let (has, wants) = (record.len(), header.len());
            return Err(bad(format!("line {line} has {has} cells, expected {wants} as in the first line")));
        }
        cells.push(record.iter().map(str::to_owned).collect());
    }
    let types: Vec<Type> = (0..header.len()).map(|i| column_type(cells.iter().map(|row| row[i].as_str()))).collect();
    let rows = cells.into_iter().map(|row| row.into_iter().zip(&types).map(|(cell, ty)| as_json(cell, ty)).collect()).collect();
    let names = header.iter().map(|name| name.trim().to_owned());
    Ok((names.zip(types).collect(), rows))
}

fn column_type<'c>(cells: impl Iterator<Item = &'c str> + Clone) -> Type {
    let all = |test: fn(&str) -> bool| cells.clone().next().is_some() && cells.clone().all(test);
    if all(is_int) {
        Type::Int
    } else if all(is_number) {
        Type::Float
    } else if all(|cell| cell == "true" || cell == "false") {
        Type::Bool
    } else {
        Type::String
    }
}

/// Whether a cell is a whole number that prints as written. `007`, `+1` and `-0`, which occur in phone numbers and codes, do not.
fn is_int(cell: &str) -> bool {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let prints_as_written = match digits.as_bytes() {
        [b'0'] => digits.len() == cell.len(),
        [b'1'..=b'9', ..] => true,
        _ => false,
    };
    prints_as_written && cell.parse::<i64>().is_ok()
}

/// Whether a cell is a number that prints as written. A cell with an exponent, such as `1e5`, is as likely a code, so it does not count.
fn is_number(cell: &str) -> bool {
    is_int(cell) || !cell.contains(['e', 'E']) && prints_as_it_reads(cell)
}

/// The JSON text of a cell. A number that prints as written already is JSON; a whole number in a column of fractions stays whole.
fn as_json(cell: String, ty: &Type) -> String {
    match ty {
        Type::Int | Type::Float | Type::Bool => cell,
        // Of a million cells, nearly all contain nothing that JSON escapes.
        _ if cell.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') => ["\"", &cell, "\""].concat(),
        _ => serde_json::Value::String(cell).to_string(),
    }
}

/// The rows of a JSON file: a list of objects.
pub(in crate::check) fn from_json(bytes: &[u8]) -> Result<Table, Wrong> {
    let bad = |message: String| (Code::BadData, message);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| bad("it is not UTF-8".to_owned()))?;
    // This only checks the syntax, so numbers of any length are allowed.
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|e| bad(format!("it is not JSON: {e}")))?;
    let items = CommaParts::of(text, b'[').ok_or_else(|| bad("it must be a list of objects".to_owned()))?.collect::<Vec<_>>();
    if items.is_empty() {
        return Err((Code::NoRows, "the list is empty".to_owned()));
    }
    let mut columns: indexmap::IndexMap<String, Vec<&str>> = indexmap::IndexMap::new();
    for (i, item) in items.iter().enumerate() {
        let members = CommaParts::of(item, b'{').ok_or_else(|| bad(format!("item {i} is not an object; it must be a list of objects")))?;
        for member in members {
            let (key, value) = member.split_at(after_string(member));
            let key: String = serde_json::from_str(key).map_err(|e| bad(format!("it is not JSON: {e}")))?;
            let value = value.trim_start().strip_prefix(':').unwrap_or(value).trim();
            let column = columns.entry(key).or_default();
            // The last value of a duplicate key counts.
            column.truncate(i);
            column.resize(i, "null");
            column.push(value);
        }
        for column in columns.values_mut() {
            column.resize(i + 1, "null");
        }
    }
    let rows = (0..items.len()).map(|i| columns.values().map(|column| column[i].to_owned()).collect()).collect();
    let mut types = Vec::with_capacity(columns.len());
    for (name, cells) in &columns {
        let of_cells: Vec<Type> = cells.iter().map(|cell| type_of_text(cell)).collect::<Result<_, _>>().map_err(bad)?;
        types.push((name.clone(), types::join_all(&of_cells)));
    }
    Ok((types, rows))
}

/// The parts of a list or an object between its commas, in valid JSON.
struct CommaParts<'t> {
    rest: &'t str,
}

impl<'t> CommaParts<'t> {
    /// Returns `None` if the text does not begin with `open`.
    fn of(text: &'t str, open: u8) -> Option<Self> {
        let text = text.trim();
        (text.as_bytes().first() == Some(&open)).then(|| Self { rest: text[1..text.len() - 1].trim() })
    }
}

impl<'t> Iterator for CommaParts<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        if self.rest.is_empty() {
            return None;
        }
        let bytes = self.rest.as_bytes();
        let (mut at, mut depth) = (0, 0_usize);
        while at < bytes.len() && (depth > 0 || bytes[at] != b',') {
            match bytes[at] {
                b'"' => {
                    at += after_string(&self.rest[at..]);
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        let part = self.rest[..at].trim();
        self.rest = self.rest.get(at + 1..).unwrap_or_default().trim_start();
        Some(part)
    }
}

/// The length of the string at the beginning of a text, quotes included.
fn after_string(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}

fn type_of_text(cell: &str) -> Result<Type, String> {
    if cell.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return Ok(if cell.contains(['.', 'e', 'E']) { Type::Float } else { Type::Int });
    }
    match serde_json::from_str(cell) {
        Ok(value) => Ok(type_of(&value)),
        // The cell contains a number that no float can hold, so its type is known only when the test runs.
        Err(error) if error.to_string().starts_with("number out of range") => Ok(Type::Json),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

fn type_of(value: &serde_json::Value) -> Type {
    use serde_json::Value;
    match value {
        Value::Null => Type::Json,
        Value::Bool(_) => Type::Bool,
        Value::Number(number) if number.is_i64() || number.is_u64() => Type::Int,
        Value::Number(_) => Type::Float,
        Value::String(_) => Type::String,
        Value::Array(items) => types::list(types::join_all(&items.iter().map(type_of).collect::<Vec<_>>())),
        Value::Object(members) => Type::Object(Some(members.iter().map(|(key, value)| (key.clone(), type_of(value))).collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_has_a_type_if_every_cell_prints_as_written() {
        for (cells, ty) in [
            ("1|-5|0", Type::Int),
            ("9223372036854775807", Type::Int),
            ("9223372036854775808", Type::String),
            ("1.5|-0.25|3", Type::Float),
            ("0.30000000000000004", Type::Float),
            ("true|false", Type::Bool),
            ("1.10|1.20", Type::String),
            ("1.5|2.00", Type::String),
            ("007|8", Type::String),
            ("0.1234567890123456789|0.5", Type::String),
            ("1e5|2", Type::String),
            ("1E5", Type::String),
            ("+1|2", Type::String),
            ("-0|1", Type::String),
            ("-0.0", Type::Float),
            ("TRUE|true", Type::String),
            ("1|", Type::String),
            (" 1|2", Type::String),
            ("-|1", Type::String),
            ("-5|--5", Type::String),
            ("10|-10", Type::Int),
            (".5", Type::String),
            ("5.", Type::String),
            ("1_000", Type::String),
            ("0x10", Type::String),
            ("inf|nan", Type::String),
            ("12345678901234567890.5", Type::String),
            ("0.000001", Type::String),
        ] {
            let csv = format!("a,b\n{}\n", cells.split('|').map(|cell| format!("{cell},x")).collect::<Vec<_>>().join("\n"));
            let (columns, rows) = from_csv(csv.as_bytes()).unwrap();
            assert_eq!(columns[0].1, ty, "{cells}");
            for (row, cell) in rows.iter().zip(cells.split('|')) {
                let json = if ty == Type::String { format!("{cell:?}") } else { cell.to_owned() };
                assert_eq!(row[0], json, "{cells}");
            }
        }
    }

    #[test]
    fn cells_of_a_json_file_keep_their_spelling() {
        let json = r#" [ {"id": 18446744073709551615, "a,\"}": [1.10, {"x": "]"}], "n": 1e999},
            {"n": -1, "id": 5, "id": 7 , "s": "é\\\"," } , {} ] "#;
        let (columns, rows) = from_json(json.as_bytes()).unwrap();
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["id", "a,\"}", "n", "s"]);
        assert_eq!(rows[0], ["18446744073709551615", r#"[1.10, {"x": "]"}]"#, "1e999", "null"]);
        assert_eq!(rows[1], ["7", "null", "-1", r#""é\\\",""#]);
        assert_eq!(rows[2], ["null", "null", "null", "null"]);
        assert_eq!(columns[0].1, Type::Json);
        for (json, why) in [
            ("{}", "it must be a list of objects"),
            ("[1]", "item 0 is not an object; it must be a list of objects"),
            ("[{\"a\":01}]", "it is not JSON: invalid number at line 1 column 8"),
            ("", "it is not JSON: EOF while parsing a value at line 1 column 0"),
            ("[{}] x", "it is not JSON: trailing characters at line 1 column 6"),
        ] {
            assert_eq!(from_json(json.as_bytes()).unwrap_err().1, why, "{json}");
        }
        assert_eq!(from_json(b"[]").unwrap_err().0, Code::NoRows);
    }
}
