//! Forms of pages: the fields that a browser would send without a pressed button, with the values of a `submit` in their place.

use std::sync::Arc;

use ecow::EcoString;
use scraper::{ElementRef, Selector};
use url::Url;

use super::html::{Page, text_of};
use super::link::base_of;
use crate::value::{Eval, EvalError, FormValue, Map, Value, ops};

/// The form for a selector: the found form, or the one within or around the found element. Its action is resolved against the page's URL
/// and `<base href>`.
pub fn form_of(page: &Page, selector: &Selector, page_url: &Url) -> Eval<Option<Value>> {
    let mut found = page.find(selector, |element| {
        let around = || element.ancestors().filter_map(ElementRef::wrap).find(|outer| is(*outer, "form"));
        Ok(if is(element, "form") { Some(element) } else { element.descendent_elements().find(|inner| is(*inner, "form")).or_else(around) })
    });
    let Some(form) = found.next().transpose()? else { return Ok(None) };
    let method = match form.attr("method") {
        Some(method) if method.trim().eq_ignore_ascii_case("post") => "POST",
        _ => "GET",
    };
    let enctype = form.attr("enctype").map(|enctype| enctype.trim().to_ascii_lowercase());
    let enctype = match enctype.as_deref() {
        Some("multipart/form-data") => "multipart/form-data",
        Some("text/plain") => "text/plain",
        _ => "application/x-www-form-urlencoded",
    };
    let mut value = FormValue {
        method: method.into(),
        action: action(page, form, page_url)?.as_str().into(),
        enctype: enctype.into(),
        fields: Vec::new(),
        buttons: Vec::new(),
    };
    let own = form.attr("id");
    for control in page.html.root_element().descendent_elements() {
        if !matches!(control.value().name(), "input" | "select" | "textarea" | "button") {
            continue;
        }
        let owned = match control.attr("form") {
            Some(other) => Some(other) == own,
            None => control.ancestors().any(|outer| outer.id() == form.id()),
        };
        if owned && !disabled(control) {
            add(control, &mut value);
        }
    }
    Ok(Some(Value::Form(Arc::new(value))))
}

fn is(element: ElementRef<'_>, name: &str) -> bool {
    element.value().name() == name
}

fn action(page: &Page, form: ElementRef<'_>, page_url: &Url) -> Eval<Url> {
    let mut url = match form.attr("action").map(str::trim) {
        None | Some("") => page_url.clone(),
        Some(action) => {
            let url = base_of(page, page_url).join(action);
            url.map_err(|error| EvalError(format!("the form's action {action:?} is no URL: {error}")))?
        }
    };
    url.set_fragment(None);
    Ok(url)
}

/// Whether a control is disabled, by itself or by a fieldset around it. Controls in the fieldset's first legend aren't.
fn disabled(control: ElementRef<'_>) -> bool {
    if control.attr("disabled").is_some() {
        return true;
    }
    let mut inside = control;
    for outer in control.ancestors().filter_map(ElementRef::wrap) {
        if is(outer, "datalist") {
            return true;
        }
        if is(outer, "fieldset") && outer.attr("disabled").is_some() {
            let legend = outer.child_elements().find(|child| is(*child, "legend"));
            if legend.is_none_or(|legend| legend.id() != inside.id()) {
                return true;
            }
        }
        inside = outer;
    }
    false
}

fn add(control: ElementRef<'_>, form: &mut FormValue) {
    let Some(name) = control.attr("name").filter(|name| !name.is_empty()).map(EcoString::from) else {
        return;
    };
    let value = control.attr("value");
    let or = |default: &str| EcoString::from(value.unwrap_or(default));
    match control.value().name() {
        "textarea" => form.fields.push((name, control.text().collect::<String>().into())),
        "select" => select(control, &name, form),
        "button" => {
            let kind = control.attr("type").unwrap_or("submit");
            if !kind.eq_ignore_ascii_case("reset") && !kind.eq_ignore_ascii_case("button") {
                form.buttons.push((name, or("")));
            }
        }
        _ => match control.attr("type").unwrap_or("text").to_ascii_lowercase().as_str() {
            "checkbox" | "radio" if control.attr("checked").is_some() => form.fields.push((name, or("on"))),
            // Only the map of the submit can choose a file, so otherwise nothing is sent for it.
            "checkbox" | "radio" | "reset" | "button" | "file" => {}
            "submit" => form.buttons.push((name, or(""))),
            "image" => form.buttons.extend([(format!("{name}.x").into(), "0".into()), (format!("{name}.y").into(), "0".into())]),
            "hidden" if name.eq_ignore_ascii_case("_charset_") => form.fields.push((name, "UTF-8".into())),
            _ => form.fields.push((name, or(""))),
        },
    }
}

fn select(control: ElementRef<'_>, name: &EcoString, form: &mut FormValue) {
    let options: Vec<ElementRef<'_>> = control.descendent_elements().filter(|element| is(*element, "option")).collect();
    let dead = |option: &ElementRef<'_>| {
        let group = option.ancestors().filter_map(ElementRef::wrap).take_while(|outer| outer.id() != control.id());
        option.attr("disabled").is_some() || group.into_iter().any(|outer| is(outer, "optgroup") && outer.attr("disabled").is_some())
    };
    let value = |option: &ElementRef<'_>| option.attr("value").map_or_else(|| text_of(*option).into(), EcoString::from);
    let chosen = || options.iter().filter(|option| option.attr("selected").is_some());
    if control.attr("multiple").is_some() {
        form.fields.extend(chosen().filter(|option| !dead(option)).map(|option| (name.clone(), value(option))));
        return;
    }
    // A select box that shows one option always has a selected one: the last one with `selected`, or else the first one that isn't
    // disabled.
    let one_line = control.attr("size").and_then(|size| size.trim().parse::<u32>().ok()).is_none_or(|size| size <= 1);
    let first = || options.iter().find(|option| !dead(option)).filter(|_| one_line);
    if let Some(option) = chosen().next_back().or_else(first).filter(|option| !dead(option)) {
        form.fields.push((name.clone(), value(option)));
    }
}

/// The fields to send: those of the form, where values of the map replace those with the same name, and further names of the map at the
/// end. A list repeats its name; `absent` and null leave it out. A button is sent only if the map names it; `true` sends the button's own
/// value.
pub fn fill_form(form: &FormValue, map: &Map) -> Eval<Vec<(EcoString, Value)>> {
    let mut fields: Vec<(EcoString, Value)> = Vec::with_capacity(form.fields.len() + map.len());
    let mut done: Vec<&EcoString> = Vec::new();
    let push = |name: &EcoString, value: &Value, fields: &mut Vec<(EcoString, Value)>| match value {
        Value::Absent | Value::Null => {}
        Value::List(items) => {
            fields.extend(items.iter().filter(|item| !matches!(item, Value::Null)).map(|item| (name.clone(), item.clone())))
        }
        value => fields.push((name.clone(), value.clone())),
    };
    for (name, value) in &form.fields {
        match map.get(name) {
            None => fields.push((name.clone(), Value::Str(value.clone()))),
            Some(_) if done.contains(&name) => {}
            Some(value) => {
                done.push(name);
                push(name, value, &mut fields);
            }
        }
    }
    for (name, value) in map.iter().filter(|(name, _)| !done.contains(name)) {
        match (value, form.buttons.iter().find(|(button, _)| button == name)) {
            (Value::Bool(true), Some((_, own))) => fields.push((name.clone(), Value::Str(own.clone()))),
            (Value::Bool(false), Some(_)) => {}
            _ => push(name, value, &mut fields),
        }
    }
    Ok(fields)
}

/// The field of a form with that name, for `page.csrf`. It behaves like [`ops::member`].
pub fn field(form: &Value, name: &str) -> Eval {
    ops::member(form, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::html::selector;

    const PAGE: &str = r#"<html><head><base href="/app/"></head><body>
      <form id=f action="save?x=1#top" method=post enctype="multipart/form-data">
        <input type=hidden name=csrf value="t&amp;k"><input name=title><input name="">
        <input type=checkbox name=c1 checked><input type=checkbox name=c2 value=2>
        <input type=radio name=r value=a><input type=radio name=r value=b checked>
        <select name=s><option value=1>One<option selected value=2>Two</select>
        <select name=first><option disabled>No<option>  The  first </select>
        <select name=many multiple><option selected>x<option>y<option selected>z</select>
        <select name=box size=3><option>x</select>
        <textarea name=body>
line</textarea>
        <input name=off value=1 disabled>
        <fieldset disabled><legend><input name=legend value=1></legend><input name=inside value=1></fieldset>
        <input type=file name=file><input type=reset name=reset><button type=button name=b0>x</button>
        <input type=submit name=go value=Go><button name=act value=del>Delete</button><input type=image name=img>
      </form>
      <input form=f name=outside value=o><input name=stray value=s>
      <div id=wrap><form action=""><input name=q></form></div>
    </body></html>"#;

    fn form(css: &str) -> Arc<FormValue> {
        let url = Url::parse("https://h.test/dir/page?a=1#frag").unwrap();
        match form_of(&Page::parse(PAGE).unwrap(), &selector(css).unwrap(), &url).unwrap() {
            Some(Value::Form(form)) => form,
            other => panic!("{other:?}"),
        }
    }

    fn pairs<'a>(fields: impl IntoIterator<Item = &'a (EcoString, EcoString)>) -> Vec<String> {
        fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn form_has_the_fields_that_a_browser_would_send() {
        let form = form("#f");
        assert_eq!(
            (form.method.as_str(), form.action.as_str(), form.enctype.as_str()),
            ("POST", "https://h.test/app/save?x=1", "multipart/form-data")
        );
        assert_eq!(
            pairs(&form.fields),
            ["csrf=t&k", "title=", "c1=on", "r=b", "s=2", "first=The first", "many=x", "many=z", "body=line", "legend=1", "outside=o"]
        );
        assert_eq!(pairs(&form.buttons), ["go=Go", "act=del", "img.x=0", "img.y=0"]);
    }

    #[test]
    fn form_is_found_within_or_around_the_element() {
        for css in ["#wrap", "input[name=q]"] {
            let form = form(css);
            assert_eq!((form.method.as_str(), form.action.as_str()), ("GET", "https://h.test/dir/page?a=1"));
            assert_eq!(pairs(&form.fields), ["q="]);
        }
        let url = Url::parse("https://h.test/").unwrap();
        assert!(form_of(&Page::parse(PAGE).unwrap(), &selector("#none").unwrap(), &url).unwrap().is_none());
    }

    #[test]
    fn values_of_the_map_replace_fields_of_the_form() {
        let form = form("#f");
        let Value::Object(map) = Value::object([
            ("title", Value::from("T")),
            ("many", Value::list([Value::from("y")])),
            ("go", Value::from(true)),
            ("extra", Value::from(1)),
        ]) else {
            panic!()
        };
        let mut map = (*map).clone();
        map.insert("c1".into(), Value::Absent);
        let fields = fill_form(&form, &map).unwrap();
        let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", value.to_text().unwrap())).collect();
        assert_eq!(
            pairs,
            ["csrf=t&k", "title=T", "r=b", "s=2", "first=The first", "many=y", "body=line", "legend=1", "outside=o", "go=Go", "extra=1"]
        );
        let nulls = Map::from_iter([
            (EcoString::from("zzz"), Value::Null),
            ("title".into(), Value::Null),
            ("many".into(), Value::list([Value::Null, Value::from("y")])),
        ]);
        let fields = fill_form(&form, &nulls).unwrap();
        assert!(!fields.iter().any(|(name, value)| name == "zzz" || name == "title" || matches!(value, Value::Null)), "{fields:?}");
        assert_eq!(fields.iter().filter(|(name, _)| name == "many").count(), 1);
        assert_eq!(field(&Value::Form(form), "csrf").unwrap(), Value::from("t&k"));
    }
}
