//! Values that other tools assign to a name: a request, a part of a response, a declaration of a client. Here, they are statements.

use super::{call, fluent, values};

/// Beginnings of fixes for calls that are no values.
const STATEMENTS: [&str; 9] =
    ["write a step", "write an api", "write `base", "write `parallel", "write `sequence", "write `auth", "declare ", "remove it", "set "];

/// The fix for `name = value`, if the value is a request, a part of a response, or another thing that no variable contains.
pub(crate) fn assigned(name: &str, value: &str, api: &str) -> Option<String> {
    let value = value.trim().trim_end_matches(';').trim_end();
    let value = value.strip_prefix("await ").or_else(|| value.strip_prefix("new ")).unwrap_or(value);
    if let Some(source) = source(value) {
        return Some(format!("write `take {name} = {source}` in the step"));
    }
    let end = value.find('(')?;
    let (of, function) = value[..end].rsplit_once('.').map_or((None, &value[..end]), |(of, name)| (Some(of), name));
    let args = super::closing(value, end).map_or("", |close| value[end + 1..close].trim());
    call(of, function, args, api).filter(|fix| STATEMENTS.iter().any(|start| fix.starts_with(start)))
}

/// The fix for `{ id, name } = response`: a take for each name.
pub(crate) fn assigned_members(names: &str, value: &str) -> Option<String> {
    let value = value.trim().trim_end_matches(';').trim_end();
    let value = value.strip_prefix("await ").unwrap_or(value);
    let source = source(value).or_else(|| value.starts_with("json").then(|| value.to_owned()))?;
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    let takes: Option<Vec<String>> =
        names.split(',').map(str::trim).map(|name| is_name(&name).then(|| format!("take {name} = {source}.{name}"))).collect();
    Some(format!("write `{}` in the step", takes?.join("; ")))
}

/// Methods that read a member of a response's body, in Java and Python.
const READERS: [&str; 7] = ["getString", "getInt", "getLong", "getBoolean", "path", "get", "getFloat"];

/// The source of a part of a response: `response.json().token`, `response.jsonPath().getString("token")`.
fn source(value: &str) -> Option<String> {
    if ["json.", "header \"", "cookie \"", "html \"", "json \""].iter().any(|start| value.starts_with(start)) {
        return Some(value.to_owned());
    }
    if let Some((before, argument)) = value.strip_suffix(')').and_then(|value| value.rsplit_once('(')) {
        let (of, reader) = before.rsplit_once('.')?;
        let path = argument.trim().trim_matches('"');
        let is_path = !path.is_empty() && path.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.'));
        let of_response = values::is_response(of.split(['.', '(']).next()?) || of.starts_with("given(");
        if READERS.contains(&reader) && is_path && of_response {
            return Some(format!("json.{path}"));
        }
    }
    let root = value.split(['.', '(', '[']).next()?;
    if !values::is_response(root) || root == value {
        return None;
    }
    let subject = fluent::subject(value);
    let word = subject.split(['.', ' ', '[']).next()?;
    matches!(word, "json" | "text" | "status" | "header" | "cookie" | "elapsed" | "url").then_some(subject)
}

#[cfg(test)]
mod tests {
    use super::{assigned, assigned_members};

    #[test]
    fn request_or_part_of_a_response_is_no_value() {
        for (value, fix) in [
            ("http.get(\"https://x.example/items\")", Some("write a step: `step \"Name\" { shop GET /items }`")),
            ("await request.get(\"/items\");", Some("write a step: `step \"Name\" { shop GET /items }`")),
            ("self.client.post(\"/login\", json={})", Some("write a step: `step \"Name\" { shop POST /login { json { … } } }`")),
            ("response.json().token", Some("write `take x = json.token` in the step")),
            ("response.jsonPath().getString(\"data.token\")", Some("write `take x = json.data.token` in the step")),
            ("response.path(\"token\");", Some("write `take x = json.token` in the step")),
            ("res.status", Some("write `take x = status` in the step")),
            ("pm.response.json()", Some("write `take x = json` in the step")),
            ("uuid()", None),
            ("3", None),
            ("random(1, 3)", None),
        ] {
            assert_eq!(assigned("x", value, "shop").as_deref(), fix, "{value}");
        }
        let takes = assigned_members("id, name", "res.json();");
        assert_eq!(takes.as_deref(), Some("write `take id = json.id; take name = json.name` in the step"));
        assert_eq!(assigned_members("id", "other"), None);
    }
}
