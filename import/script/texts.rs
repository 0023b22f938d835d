//! Values as expressions of the language, and texts that contain values.

use super::bounds::{Growing, is_finite};
use super::value::{Code, Ty, Value};
use super::{Language, Run};
use crate::code;
use crate::draft::{self, Part, Text};
use crate::write::inline;

impl Run<'_> {
    /// Gives names to the parts of an address that differ at each evaluation. The rest stays, so that its host is one of the environment.
    pub(super) fn settle_address(&mut self, mut text: draft::Text) -> Value {
        for part in &mut text.parts {
            let draft::Part::Hole(code) = part else { continue };
            let alone = draft::Text { parts: vec![draft::Part::Hole(code.clone())] };
            if self.text_changes(&alone) {
                let name = self.variable("drawn");
                self.emit(draft::Stmt::Let(name.clone(), draft::Expr::Code(code.clone())));
                *code = name;
            }
        }
        Value::Data(draft::Expr::Text(text))
    }

    /// A value as an expression; `None` if it has no counterpart.
    pub(crate) fn expr(&mut self, value: &Value) -> Option<draft::Expr> {
        Some(match value {
            Value::Data(expr) => expr.clone(),
            Value::Undefined => draft::Expr::Null,
            Value::List(_) | Value::Map(_) if !is_finite(value) => return None,
            Value::List(list) => {
                let items = list.borrow().clone();
                draft::Expr::List(items.iter().map(|item| self.expr(item)).collect::<Option<_>>()?)
            }
            Value::Map(map) => {
                let members = map.borrow().clone();
                let members = members.iter().filter(|(_, value)| !matches!(value, Value::Undefined | Value::Function(_)));
                draft::Expr::Map(members.map(|(key, value)| Some((key.clone(), self.expr(value)?))).collect::<Option<_>>()?)
            }
            Value::File(path) => draft::Expr::code(self.file_expression(path)?),
            other => draft::Expr::Code(self.code(other)?.text),
        })
    }

    /// A value as code; `None` if it has no counterpart.
    pub(crate) fn code(&mut self, value: &Value) -> Option<Code> {
        Some(match value {
            Value::Code(code) => code.clone(),
            Value::Env(name, default) => Code::new(self.setting(name, default.as_deref()), Ty::Text),
            Value::Rows(name) => Code::new(format!("{name}.all"), Ty::List),
            Value::Elements(steps, css, all) => self.elements_text(&steps.clone(), &css.clone(), *all),
            Value::Native(path) => self.constant(&path.clone())?,
            Value::Data(draft::Expr::Number(digits)) if digits.starts_with('-') => {
                Code { atom: false, ..Code::new(digits.clone(), Ty::Number) }
            }
            Value::Data(draft::Expr::Text(text)) if matches!(text.parts.as_slice(), [Part::Hole(code)] if !code.contains([':', '"'])) => {
                let [Part::Hole(code)] = text.parts.as_slice() else { return None };
                Code::new(code.clone(), Ty::Text)
            }
            Value::Method(object, part) if &**part == "to_json" => {
                let code = self.code(object)?;
                Code { changes: code.changes, ..Code::new(format!("to_json({})", code.text), Ty::Text) }
            }
            Value::Data(_) | Value::Undefined | Value::List(_) | Value::Map(_) | Value::File(_) => {
                let expr = self.expr(value)?;
                let changes = matches!(&expr, draft::Expr::Text(text) if self.text_changes(text));
                Code { changes, ..Code::new(inline(&expr), value.ty()) }
            }
            _ => return None,
        })
    }

    /// The key of the environment for a variable of the process environment.
    pub(crate) fn setting(&mut self, name: &str, default: Option<&str>) -> String {
        let key = crate::web::key(name, "value");
        let variable: String = name.chars().map(|char| if char.is_ascii_alphanumeric() || char == '_' { char } else { '_' }).collect();
        let code = format!("env.settings.{key}");
        let value = match default {
            Some(default) if !crate::web::is_secret_name(name) => draft::Value::Default(variable, default.to_owned()),
            _ => draft::Value::Secret(variable),
        };
        let is_better = default.is_some();
        if is_better || !self.settings.contains_key(&code) {
            self.settings.insert(code.clone(), (key, value));
        }
        code
    }

    /// Whether a text differs at each evaluation.
    pub(super) fn text_changes(&self, text: &draft::Text) -> bool {
        const CHANGING: [&str; 10] =
            ["random(", "uuid()", "now()", "one_of(", "fake.", "random_string(", "weighted(", "next(", "chance(", "sample("];
        text.parts.iter().any(|part| matches!(part, draft::Part::Hole(code) if CHANGING.iter().any(|word| code.contains(word))))
    }

    /// A value as a text.
    pub(crate) fn as_text(&mut self, value: &Value) -> Option<Text> {
        let mut text = Text::default();
        match value {
            Value::Data(draft::Expr::Text(known)) => return Some(known.clone()),
            Value::Data(draft::Expr::Number(digits)) => text.push(digits),
            Value::Data(draft::Expr::Bool(flag)) => text.push(&match self.language {
                Language::JavaScript => flag.to_string(),
                Language::Python => if *flag { "True" } else { "False" }.to_owned(),
            }),
            Value::Data(_) | Value::Undefined => text.push(if self.language == Language::Python { "None" } else { "null" }),
            Value::List(_) if !is_finite(value) => return None,
            Value::List(list) if self.language == Language::JavaScript => {
                let items = list.borrow().clone();
                for (number, item) in items.iter().enumerate() {
                    text.push(if number == 0 { "" } else { "," });
                    text.append(self.as_text(item)?);
                }
            }
            other => {
                let code = self.code(other)?;
                // A text converts the values in its holes.
                let number = code.text.strip_prefix("string(").and_then(|rest| rest.strip_suffix(')'));
                let inner = number.filter(|inner| is_balanced(inner));
                text.hole(inner.map_or_else(|| code.operand(), str::to_owned));
            }
        }
        Some(text)
    }

    pub(super) fn template(&mut self, texts: &[String], values: &[code::Expr]) -> Value {
        let mut out = Growing::default();
        for (number, text) in texts.iter().enumerate() {
            out.push(text);
            if let Some(value) = values.get(number) {
                let known = self.eval(value);
                if self.as_text(&known).and_then(|part| out.append(part)).is_none() {
                    return Value::unknown("a text");
                }
            }
        }
        out.value()
    }

    /// `{value:03}` of Python.
    pub(super) fn formatted(&mut self, value: &Value, format: &str) -> Value {
        let numbers = format.trim_end_matches(['d', 's', 'f', 'x', 'X']);
        let hex = if format.ends_with('x') { "x" } else { "" };
        let is_plain = numbers.chars().all(|char| char.is_ascii_digit() || matches!(char, '.' | '<' | '>'));
        if !is_plain {
            return if format.contains('%') { self.formatted_time(value, format) } else { value.clone() };
        }
        if numbers.is_empty() && hex.is_empty() {
            return value.clone();
        }
        let Some(code) = self.code(value) else { return Value::unknown("a format") };
        let mut text = Text::default();
        text.hole(format!("{}:{numbers}{hex}", code.operand()));
        Value::Data(draft::Expr::Text(text))
    }

    /// `"%04d of %s" % (a, b)` of Python.
    pub(super) fn percent(&mut self, format: &Value, values: &Value) -> Value {
        let Some(format) = format.literal() else { return Value::unknown("%") };
        let mut values: std::collections::VecDeque<Value> = match values {
            Value::List(list) => list.borrow().iter().cloned().collect(),
            other => [other.clone()].into(),
        };
        let mut out = Growing::default();
        let mut rest = format.as_str();
        while let Some(at) = rest.find('%') {
            out.push(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('%') {
                out.push("%");
                rest = behind;
                continue;
            }
            let mut key = None;
            if let Some(named) = rest.strip_prefix('(')
                && let Some((name, behind)) = named.split_once(')')
            {
                key = Some(name.to_owned());
                rest = behind;
            }
            let Some(end) = rest.find(|char: char| char.is_ascii_alphabetic()) else { break };
            let (spec, behind) = rest.split_at(end);
            let kind = behind.chars().next().unwrap_or('s');
            rest = &behind[1..];
            let value = match key {
                Some(key) => values.front().cloned().map_or(Value::Undefined, |map| self.member(map, &key)),
                None => values.pop_front().unwrap_or(Value::Undefined),
            };
            // `%0.4d` pads with zeros, as `%04d` does.
            let spec = match (kind, spec.split_once('.')) {
                ('d' | 'i', Some((_, digits))) => format!("0{digits}"),
                _ => spec.to_owned(),
            };
            let value = self.formatted(&value, &format!("{spec}{kind}"));
            if self.as_text(&value).and_then(|text| out.append(text)).is_none() {
                return Value::unknown("%");
            }
        }
        out.push(rest);
        out.value()
    }

    /// `"{} of {name}".format(a, name=b)` of Python.
    pub(super) fn format(&mut self, format: &str, values: &[Value], named: &[(String, Value)]) -> Value {
        let mut out = Growing::default();
        let mut rest = format;
        let mut next = 0;
        while let Some(at) = rest.find(['{', '}']) {
            out.push(&rest[..at]);
            let (brace, behind) = rest[at..].split_at(1);
            if behind.starts_with(brace) {
                out.push(brace);
                rest = &behind[1..];
                continue;
            }
            let Some((hole, behind)) = behind.split_once('}') else { break };
            rest = behind;
            let (name, spec) = hole.split_once(':').unwrap_or((hole, ""));
            let name = name.split(['!', '[', '.']).next().unwrap_or_default();
            let value = if name.is_empty() {
                next += 1;
                values.get(next - 1).cloned()
            } else {
                match name.parse::<usize>() {
                    Ok(index) => values.get(index).cloned(),
                    Err(_) => named.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()),
                }
            };
            let value = self.formatted(&value.unwrap_or(Value::Undefined), spec);
            if self.as_text(&value).and_then(|text| out.append(text)).is_none() {
                return Value::unknown("format");
            }
        }
        out.push(rest);
        out.value()
    }

    /// `format_time` for a format of Python, which uses the same letters as the language.
    fn formatted_time(&mut self, value: &Value, format: &str) -> Value {
        match self.code(value) {
            Some(code) => {
                let text = format!("format_time({}, {})", code.text, crate::write::quoted(format));
                Value::Code(Code { changes: code.changes, ..Code::new(text, Ty::Text) })
            }
            None => Value::unknown("strftime"),
        }
    }

    /// A text as a value. A text that is a single hole without a format becomes the expression itself.
    pub(crate) fn text_value(text: Text) -> Value {
        match text.parts.as_slice() {
            [Part::Hole(code)] if !code.contains(':') => Value::code(code.clone(), Ty::Text),
            _ => Value::Data(draft::Expr::Text(text)),
        }
    }
}

/// Whether no bracket of a text closes one before the text.
fn is_balanced(text: &str) -> bool {
    let mut depth = 0_i32;
    text.chars().all(|char| {
        depth += i32::from(char == '(') - i32::from(char == ')');
        depth >= 0
    })
}

/// A pattern of a script, if the language supports it.
pub(super) fn regex(pattern: &str, flags: &str) -> Option<String> {
    let flags: String = flags.chars().filter(|flag| matches!(flag, 'i' | 'm' | 's')).collect();
    let pattern = pattern.replace("\\/", "/").replace("(?P<", "(?<");
    let pattern = if flags.is_empty() { pattern } else { format!("(?{flags}){pattern}") };
    regex::Regex::new(&pattern).is_ok().then_some(pattern)
}

/// Whether a method only removes slashes at the end, or white space.
pub(super) fn is_trimmed(name: &str, arguments: &super::calls::Arguments) -> bool {
    match (name, arguments.list.as_slice()) {
        ("trim" | "strip" | "rstrip", []) => true,
        ("rstrip", [set]) => set.literal().as_deref() == Some("/"),
        ("replace", [Value::Regex(pattern), to]) => {
            matches!(pattern.as_str(), "/$" | "/+$" | "/*$" | "\\/$" | "\\/+$" | "\\/*$") && to.literal().as_deref() == Some("")
        }
        _ => false,
    }
}
/// `text.padStart(3, "0")`, `text.zfill(3)`
pub(super) fn padded(text: &str, method: &str, arguments: &super::Arguments) -> Option<String> {
    let width = (arguments.at(0).as_number()?.max(0.0) as usize).min(10_000);
    let usual = if method == "zfill" { "0" } else { " " };
    let filler = arguments.list.get(1).map_or(Some(usual.to_owned()), super::Value::literal).filter(|filler| !filler.is_empty())?;
    let filler: String = filler.chars().cycle().take(width.saturating_sub(text.chars().count())).collect();
    Some(if matches!(method, "padEnd" | "ljust") { text.to_owned() + &filler } else { filler + text })
}
