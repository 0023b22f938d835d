//! Rows of data files that scripts read.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::Run;
use super::value::{Code, Ty, Value};
use crate::draft::{self, Data, Rows};

/// The longest list that stays in the spec; a longer one becomes a data file.
const LIST_MAX: usize = 12;

/// Converts JSON to a value of a script.
pub(super) fn of_json(json: &Json) -> Value {
    match json {
        Json::Array(items) => Value::list(items.iter().map(of_json).collect()),
        Json::Object(members) => Value::map(members.iter().map(|(key, value)| (key.clone(), of_json(value))).collect::<IndexMap<_, _>>()),
        other => Value::Data(draft::json_value(other)),
    }
}

/// The columns and rows of a CSV text.
pub(crate) fn table(text: &str, delimiter: u8) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns: Vec<String> = reader.headers().ok()?.iter().map(str::to_owned).collect();
    let rows = reader.records().filter_map(Result::ok).map(|row| {
        let mut row: Vec<String> = row.iter().map(str::to_owned).collect();
        row.resize(columns.len(), String::new());
        row
    });
    Some((columns.clone(), rows.collect()))
}

impl Run<'_> {
    /// `new SharedArray("name", () => …)`
    pub(super) fn shared(&mut self, name: &Value, make: &Value) -> Value {
        let value = self.apply(make, super::calls::Arguments::default());
        let hint = name.literal().unwrap_or_else(|| "rows".to_owned());
        match &value {
            Value::List(items) => {
                let items = items.borrow().clone();
                self.rows(&hint, &items)
            }
            _ => value,
        }
    }

    /// Converts a list to a data file, if its items are rows.
    pub(super) fn rows(&mut self, hint: &str, items: &[Value]) -> Value {
        let json: Option<Vec<Json>> = items.iter().map(json_of).collect();
        let Some(rows) = json.filter(|rows| !rows.is_empty()) else { return Value::list(items.to_vec()) };
        let are_objects = rows.iter().all(Json::is_object);
        if !are_objects && rows.len() <= LIST_MAX {
            return Value::list(items.to_vec());
        }
        if are_objects {
            return Value::Rows(self.data(hint, Rows::Json(Json::Array(rows))).as_str().into());
        }
        if !rows.iter().all(|row| row.is_string() || row.is_number()) {
            return Value::list(items.to_vec());
        }
        let text = |row: &Json| row.as_str().map_or_else(|| row.to_string(), str::to_owned);
        let rows = rows.iter().map(|row| vec![text(row)]).collect();
        let name = self.data(hint, Rows::Csv(vec!["value".to_owned()], rows));
        self.single_columns.insert(name.clone());
        Value::Rows(name.as_str().into())
    }

    /// Declares data. Equal rows are declared only once.
    fn data(&mut self, hint: &str, rows: Rows) -> String {
        let content = format!("{rows:?}");
        if let Some((_, name)) = self.tables.iter().find(|(known, _)| *known == content) {
            return name.clone();
        }
        let name = self.file_names.variable(hint, "rows");
        self.tables.push((content, name.clone()));
        self.draft.data.push(Data { name: name.clone(), options: Vec::new(), rows });
        name
    }

    /// Makes the rows be drawn at random.
    pub(super) fn shuffle(&mut self, name: &str) {
        if let Some(data) = self.draft.data.iter_mut().find(|data| data.name == name)
            && data.options.is_empty()
        {
            data.options.push("order random".to_owned());
        }
    }

    /// `rows[index]`: the next row; a random index draws one at random.
    pub(super) fn row(&mut self, name: &str, index: &Value) -> Value {
        let row = match index.as_number() {
            Some(number) => Code::new(format!("{name}.all[{number}]"), Ty::Map),
            None => {
                if let Some(code) = self.code(index).filter(|code| code.changes) {
                    let _ = code;
                    self.shuffle(name);
                }
                Code { changes: true, ..Code::new(format!("next({name})"), Ty::Map) }
            }
        };
        self.column(name, row)
    }

    /// The only column of rows, if they were a plain list.
    pub(super) fn column(&self, name: &str, row: Code) -> Value {
        if self.single_columns.contains(name) {
            return Value::Code(Code { changes: row.changes, ..Code::new(format!("{}.value", row.text), Ty::Any) });
        }
        Value::Code(row)
    }

    /// `JSON.parse(open("users.json"))`
    pub(super) fn json_file(&mut self, path: &str) -> Value {
        let json = self.text_of(path).and_then(|text| serde_json::from_str::<Json>(&text).ok());
        match json {
            Some(Json::Array(items)) if items.iter().all(Json::is_object) && !items.is_empty() => {
                let values: Vec<Value> = items.iter().map(of_json).collect();
                self.rows(stem(path), &values)
            }
            Some(json) => of_json(&json),
            None => {
                self.missing(path);
                self.sample(stem(path))
            }
        }
    }

    /// Sample rows for a file that does not exist. They get the columns that the script reads.
    fn sample(&mut self, hint: &str) -> Value {
        let name = self.data(hint, Rows::Json(Json::Array(vec![serde_json::json!({})])));
        self.samples.insert(name.clone());
        Value::Rows(name.as_str().into())
    }

    /// The name of the data that a row is from.
    fn rows_of(&self, row: &str) -> Option<String> {
        let drawn = row.strip_prefix("next(").and_then(|rest| rest.strip_suffix(')'));
        let drawn = drawn.or_else(|| row.split_once(".all[").map(|(rows, _)| rows));
        drawn.map(str::to_owned).or_else(|| self.row_variables.get(row).cloned())
    }

    /// The name of a column that a script reads by its number: rows of the language have names only.
    pub(super) fn numbered_column(&self, row: &str, number: usize) -> Option<String> {
        let rows = self.rows_of(row)?;
        if self.samples.contains(&rows) {
            return Some(format!("column_{number}"));
        }
        match &self.draft.data.iter().find(|data| data.name == rows)?.rows {
            Rows::Csv(columns, _) => columns.get(number).cloned(),
            _ => None,
        }
    }

    /// Adds a column that a script reads to a sample.
    pub(super) fn sample_column(&mut self, row: &str, column: &str) {
        let Some(rows) = self.rows_of(row) else { return };
        if !self.samples.contains(&rows) {
            return;
        }
        if let Some(Data { rows: Rows::Json(Json::Array(all)), .. }) = self.draft.data.iter_mut().find(|data| data.name == rows) {
            for row in all.iter_mut().filter_map(Json::as_object_mut) {
                row.entry(column).or_insert_with(|| Json::String("sample".to_owned()));
            }
        }
    }

    /// `papaparse.parse(open("users.csv"), { header: true })`
    pub(super) fn csv(&mut self, content: &Value, options: &Value) -> Value {
        let header = self.member(options.clone(), "header");
        let delimiter = self.member(options.clone(), "delimiter").literal().filter(|delimiter| !delimiter.is_empty());
        let rows = self.csv_rows(content, self.truth(&header) == Some(true), delimiter.as_deref());
        Value::map(IndexMap::from([("data".to_owned(), rows)]))
    }

    /// The rows of a file of values with a delimiter, which is found in the first line if the script does not name one.
    pub(super) fn csv_rows(&mut self, content: &Value, has_header: bool, delimiter: Option<&str>) -> Value {
        let path = match content {
            Value::File(path) => path.clone(),
            other => match other.literal() {
                Some(path) => path.as_str().into(),
                None => return Value::unknown("rows of a file"),
            },
        };
        let table = self.text_of(&path).and_then(|text| {
            let first = text.lines().next().unwrap_or_default();
            let usual =
                || [b',', b';', b'\t', b'|'].into_iter().max_by_key(|one| (first.bytes().filter(|byte| byte == one).count(), *one == b','));
            let delimiter = delimiter.and_then(|text| text.bytes().next()).or_else(usual).unwrap_or(b',');
            let text = if has_header { text } else { unnamed(&text, delimiter) };
            table(&text, delimiter)
        });
        let Some((columns, rows)) = table else {
            self.missing(&path);
            return self.sample(stem(&path));
        };
        let columns = columns
            .iter()
            .enumerate()
            .map(|(at, column)| if column.is_empty() { format!("column_{at}") } else { column.clone() })
            .collect();
        Value::Rows(self.data(stem(&path), Rows::Csv(columns, rows)).as_str().into())
    }

    /// The lines of a text file.
    pub(super) fn lines(&mut self, path: &str) -> Value {
        match self.text_of(path) {
            Some(text) => {
                let items: Vec<Value> = text.lines().filter(|line| !line.trim().is_empty()).map(|line| Value::text(line.trim())).collect();
                self.rows(stem(path), &items)
            }
            None => {
                self.missing(path);
                Value::list(vec![Value::text("sample")])
            }
        }
    }
}

/// Adds names to the columns of a table that has none.
fn unnamed(text: &str, delimiter: u8) -> String {
    let delimiter = char::from(delimiter);
    let columns = text.lines().next().map_or(1, |line| line.split(delimiter).count());
    let names: Vec<String> = (0..columns).map(|at| format!("column_{at}")).collect();
    format!("{}\n{text}", names.join(&delimiter.to_string()))
}

fn stem(path: &str) -> &str {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    name.split('.').next().unwrap_or_default()
}

/// The JSON of a known value.
fn json_of(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Data(draft::Expr::Null) => Json::Null,
        Value::Data(draft::Expr::Bool(flag)) => Json::Bool(*flag),
        Value::Data(draft::Expr::Number(digits)) => serde_json::from_str(digits).ok()?,
        Value::Data(expr) => Json::String(expr.as_literal()?.to_owned()),
        Value::List(items) => Json::Array(items.borrow().iter().map(json_of).collect::<Option<_>>()?),
        Value::Map(members) => {
            Json::Object(members.borrow().iter().map(|(key, value)| Some((key.clone(), json_of(value)?))).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
