//! Data sources: their options, their files, and the rows that their `where` selects.

use std::collections::{HashMap, HashSet};

use crate::ast::{self, Item};
use crate::check::Checker;
use crate::check::broken;
use crate::check::declare::rows::{Table, from_csv, from_json};
use crate::check::types;
use crate::check::types::const_eval::{self, DataRow};
use crate::diagnostic::{Code, Diagnostic, list};
use crate::model::{AtEnd, Const, DataId, Expr, ExprKind, Type};
use crate::span::{Name, Span};

impl<'a> Checker<'a> {
    /// Reads all data sources. `declare` has made an entry for each.
    pub(in crate::check) fn check_data(&mut self) {
        let input = self.input;
        let declared: Vec<&'a ast::Data> = input
            .files
            .iter()
            .flat_map(|file| &file.ast.items)
            .filter_map(|item| match item {
                Item::Data(data) => Some(data),
                _ => None,
            })
            .collect();
        let entries: HashMap<Span, usize> = self.program.data.iter().enumerate().map(|(index, entry)| (entry.span, index)).collect();
        for data in declared {
            if let Some(index) = entries.get(&data.name.span) {
                self.data(DataId(*index), data);
            }
        }
    }

    fn data(&mut self, id: DataId, data: &'a ast::Data) {
        self.data_options(id, data);
        let Some((columns, rows)) = self.table(data) else {
            return;
        };
        let known = !columns.is_empty();
        if known {
            self.secret_columns(id, data, &columns);
        }
        self.program.data[id.0].columns = columns;
        let rows = match &data.filter {
            Some(filter) if known => self.filter(id, filter, rows),
            _ => rows,
        };
        if rows.is_empty() && known {
            let message = if data.filter.is_some() { "no row satisfies `where`" } else { "the file has no rows" };
            let span = data.filter.as_ref().map_or(data.path.span, |filter| filter.span);
            let help = if data.filter.is_some() { "change `where`, or add a row that satisfies it" } else { "add at least one row" };
            self.error(Code::NoRows, span, message, help);
        }
        self.program.data[id.0].rows = rows;
    }

    fn data_options(&mut self, id: DataId, data: &'a ast::Data) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for (option, word) in &data.options {
            if let Some(first) = seen.get(option.node.as_str()).copied() {
                self.said_twice(&option.node, option.span, first);
            } else {
                seen.insert(&option.node, option.span);
            }
            let entry = &mut self.program.data[id.0];
            let words: &[&str] = match (option.node.as_str(), word.node.as_str()) {
                ("order", "sequential") => {
                    entry.random = false;
                    continue;
                }
                ("order", "random") => {
                    entry.random = true;
                    continue;
                }
                ("share", "all") => {
                    entry.unique = false;
                    continue;
                }
                ("share", "unique") => {
                    entry.unique = true;
                    continue;
                }
                ("at_end", "recycle") => {
                    entry.at_end = AtEnd::Recycle;
                    continue;
                }
                ("at_end", "stop_user") => {
                    entry.at_end = AtEnd::StopUser;
                    continue;
                }
                ("at_end", "stop_test") => {
                    entry.at_end = AtEnd::StopTest;
                    continue;
                }
                ("order", _) => &["sequential", "random"],
                ("share", _) => &["unique", "all"],
                ("at_end", _) => &["recycle", "stop_user", "stop_test"],
                _ => {
                    self.unknown_word(option, "an option of `data`", &["order", "share", "at_end", "secret", "where"]);
                    continue;
                }
            };
            self.unknown_word(word, &format!("a value of `{}`", option.node), words);
        }
    }

    /// Checks the columns of `secret`.
    fn secret_columns(&mut self, id: DataId, data: &'a ast::Data, columns: &[(String, Type)]) {
        let known: HashSet<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        for column in &data.secrets {
            if known.contains(column.node.as_str()) {
                self.program.data[id.0].secrets.push(column.node.clone());
                continue;
            }
            let message = format!("unknown column `{}` of `{}`", column.node, data.name.node);
            let d = Diagnostic::new(Code::UnknownMember, column.span, message);
            let d = self.with_near_column(d, &column.node, columns);
            self.report(d);
        }
    }

    /// Adds the column that a name means, or the columns that there are.
    fn with_near_column(&self, d: Diagnostic, name: &str, columns: &[(String, Type)]) -> Diagnostic {
        if !self.explains() {
            return d;
        }
        let names: Vec<&str> = columns.iter().map(|(column, _)| column.as_str()).collect();
        let d = d.did_you_mean(name, names.iter().copied());
        if d.help.is_some() { d } else { d.help(format!("use one of its columns: {}", list(&names))) }
    }

    /// Reports an unknown word of an option.
    pub(super) fn unknown_word(&mut self, word: &Name, what: &str, words: &[&str]) {
        let mut d = Diagnostic::new(Code::UnknownWord, word.span, format!("unexpected `{}`, expected {what}", word.node))
            .did_you_mean(&word.node, words.iter().copied());
        let switch = match word.node.to_lowercase().as_str() {
            "true" | "yes" | "enabled" | "1" => "on",
            "false" | "no" | "disabled" | "0" | "never" => "off",
            "shuffle" | "shuffled" | "rand" => "random",
            "loop" | "restart" | "circular" | "wrap" => "recycle",
            _ => "",
        };
        if words.contains(&switch) {
            d = d.write(switch);
        }
        if what.ends_with("`keys`") && matches!(word.node.as_str(), "snake" | "snake_case" | "plain" | "none" | "kebab" | "off" | "as_is") {
            d = d.help("remove the option, or write `keys camel`: without it, keys are sent as they are written");
        }
        if d.help.is_none() {
            let quoted: Vec<String> =
                words.iter().map(|word| if word.contains(' ') { (*word).to_owned() } else { format!("`{word}`") }).collect();
            d = match &quoted[..] {
                [one] => d.help(format!("write {one}")),
                [first @ .., last] => d.help(format!("use {} or {last}", first.join(", "))),
                [] => d,
            };
        }
        self.report(d);
    }

    fn table(&mut self, data: &'a ast::Data) -> Option<Table> {
        let path = &data.path;
        let key = (path.span.file, path.node.clone());
        let bytes = match self.input.assets.get(&key) {
            Some(Ok(files)) => match files.first() {
                Some(file) => file.bytes.as_slice(),
                None => return None,
            },
            Some(Err(why)) => {
                let (why, mut help) = crate::check::why_not_read(why);
                if path.node.contains("://") || path.node.trim_start().to_uppercase().starts_with("SELECT ") {
                    help = "save the rows as a CSV or JSON file beside the spec, and name that file".to_owned();
                }
                let message = format!("cannot read `{}`: {why}", path.node);
                self.error(Code::NoFile, path.span, message, &help);
                return None;
            }
            None => {
                let message = format!("file `{}` not found", path.node);
                self.error(Code::NoFile, path.span, message, "write the path relative to this spec");
                return None;
            }
        };
        let is_json = path.node.to_ascii_lowercase().ends_with(".json");
        let table = if is_json { from_json(bytes) } else { from_csv(bytes) };
        match table {
            Ok(table) => Some(table),
            Err((code, message)) => {
                self.error(code, path.span, format!("{}: {message}", path.node), "");
                None
            }
        }
    }

    fn filter(&mut self, id: DataId, filter: &'a ast::Expr, rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
        let columns = self.program.data[id.0].columns.clone();
        let before = self.diagnostics.len();
        let condition = self.with_columns(columns.clone(), |checker| checker.condition(filter));
        if self.diagnostics.len() > before {
            return rows;
        }
        let regexes = const_eval::Regexes::new(&self.program.regexes);
        let keep = |cells: &Vec<String>| {
            let row = DataRow { columns: &columns, cells, regexes: &regexes };
            const_eval::eval(&condition, Some(&row)) == Some(Const::Bool(true))
        };
        rows.into_iter().filter(keep).collect()
    }

    /// Resolves a name in a `where`.
    pub(in crate::check) fn column(&mut self, name: &str, span: Span) -> Expr {
        let Some(columns) = self.context.columns() else {
            return broken(span);
        };
        if let Some((_, ty)) = columns.iter().find(|(column, _)| column == name) {
            return Expr { kind: ExprKind::Column(name.to_owned()), ty: ty.clone(), span };
        }
        let d = Diagnostic::new(Code::BadWhere, span, format!("unknown column `{name}`: `where` can use only columns and literals"));
        let d = self.with_near_column(d, name, columns);
        self.bad(d)
    }

    /// Checks `rows.all`, and rejects any other member of a data source.
    pub(in crate::check) fn rows<L>(&mut self, name: &str, member: &Name, span: Span, links: &mut Vec<L>) -> Option<Expr> {
        let decl = self.values.get_mut(name)?;
        let crate::check::scope::Global::Data(id) = decl.what else {
            return None;
        };
        decl.used = true;
        let declared = decl.span;
        self.cross(span, declared);
        if member.node == "all" {
            links.remove(0);
            let columns = self.program.data[id.0].columns.clone();
            let row = if columns.is_empty() { Type::Json } else { Type::Object(Some(columns.into_iter().collect())) };
            return Some(Expr { kind: ExprKind::Rows(id), ty: types::list(row), span });
        }
        links.clear();
        let d = Diagnostic::new(
            Code::UnknownMember,
            member.span,
            format!("unknown member `{}`: `{name}` is the whole data source, not one row", member.node),
        )
        .help(format!("draw a row first: `let row = next({name})`, then `row.{}`", member.node));
        Some(self.bad(d))
    }
}
