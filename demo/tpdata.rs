//! `/tpdata`: treatments and their variants, behind a bearer token.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::call::{self, Route, route};
use crate::clock::{iso, unix_now};
use crate::respond::{Answer, Refusal, bad, empty, json_reply, missing, with};
use crate::store::{Store, number};

const VERSION: &str = "3.1.4";
/// The values for who may see a treatment.
const POLICIES: [&str; 3] = ["allowAll", "allowOwner", "denyAll"];

type Call<'c> = call::Call<'c, State>;

pub(crate) const ROUTES: &[Route<State>] = &[
    route("GET", "/admin/healthcheck", health),
    route("POST", "/treatments", create_treatment),
    route("GET", "/treatments/{id}", get_treatment),
    route("POST", "/treatments/{treatment}/variants", create_variant),
    route("GET", "/treatments/{treatment}/variants/{id}", get_variant),
];

#[derive(Debug)]
pub(crate) struct State {
    treatments: Store<Value>,
    variants: Store<Variant>,
}

#[derive(Debug)]
struct Variant {
    treatment: u64,
    shown: Value,
}

impl State {
    pub(crate) fn new(keep: usize) -> Self {
        State { treatments: Store::new(keep), variants: Store::new(keep) }
    }
}

fn health(_: &Call<'_>) -> Answer {
    Ok(json_reply(StatusCode::OK, &json!({ "version": VERSION, "status": "ok" })))
}

/// Reads the fields of a body, and reports all problems at once.
struct Fields<'b> {
    body: &'b Map<String, Value>,
    wrong: Vec<String>,
}

impl<'b> Fields<'b> {
    fn of(body: &'b Value) -> Result<Self, Refusal> {
        let body = body.as_object().ok_or_else(|| bad("the body is not a JSON object"))?;
        Ok(Fields { body, wrong: Vec::new() })
    }

    fn text(&mut self, name: &str, what: &str, holds: impl Fn(&str) -> bool) -> &'b str {
        let text = self.body.get(name).and_then(Value::as_str).filter(|text| holds(text));
        text.unwrap_or_else(|| {
            let got = self.body.get(name).map_or_else(|| "missing".to_owned(), Value::to_string);
            self.wrong.push(format!("{name} is {got}, expected {what}"));
            ""
        })
    }

    fn done(self) -> Result<(), Refusal> {
        if self.wrong.is_empty() { Ok(()) } else { Err(bad(self.wrong.join("; "))) }
    }
}

fn iid_of<'b>(fields: &mut Fields<'b>) -> &'b str {
    fields.text("iid", "a text of 1 to 100 characters", |iid| (1..=100).contains(&iid.chars().count()))
}

fn create_treatment(call: &Call<'_>) -> Answer {
    call.guard()?;
    let body = call.json()?;
    let mut fields = Fields::of(&body)?;
    let iid = iid_of(&mut fields);
    let category = fields.text("category", "a text like \"xray:full-mouth\"", |text| !text.is_empty());
    let policy = fields.text("accessPolicy", &format!("one of {}", POLICIES.join(", ")), |text| POLICIES.contains(&text));
    let country =
        fields.text("countryCode", "two capital letters", |text| text.len() == 2 && text.bytes().all(|letter| letter.is_ascii_uppercase()));
    let tags = body.get("tags").cloned().unwrap_or_else(|| json!([]));
    if !tags.as_array().is_some_and(|tags| tags.iter().all(Value::is_string)) {
        fields.wrong.push(format!("tags is {tags}, expected a list of texts"));
    }
    fields.done()?;
    let made = call.state.treatments.add(
        |number| {
            json!({
                "type": "Treatment", "id": format!("trt-{number}"), "iid": iid, "category": category, "accessPolicy": policy,
                "tags": tags, "countryCode": country, "createdAt": iso(unix_now()),
            })
        },
        Value::clone,
    );
    Ok(located(&made, &format!("/tpdata/treatments/{}", made["id"].as_str().unwrap_or_default())))
}

fn located(made: &Value, place: &str) -> crate::respond::Reply {
    with(json_reply(StatusCode::CREATED, made), header::LOCATION, place)
}

/// The treatment in the path.
fn treatment(call: &Call<'_>) -> Result<(u64, Value), Refusal> {
    let id = call.param(0);
    let found = number(&id, "trt-").and_then(|number| call.state.treatments.see(number, |treatment| (number, treatment.clone())));
    found.ok_or_else(|| missing(format!("there is no treatment {id:?}")))
}

fn get_treatment(call: &Call<'_>) -> Answer {
    call.guard()?;
    let (_, shown) = treatment(call)?;
    tagged(call, &shown)
}

fn create_variant(call: &Call<'_>) -> Answer {
    call.guard()?;
    let (of, parent) = treatment(call)?;
    let body = call.json()?;
    let mut fields = Fields::of(&body)?;
    let iid = iid_of(&mut fields);
    fields.done()?;
    let made = call.state.variants.add(
        |number| {
            let cents = 4_900 + number * 37 % 20_000;
            let shown = json!({
                "type": "TreatmentVariant", "id": format!("var-{number}"), "iid": iid, "treatmentId": parent["id"],
                "category": parent["category"], "accessPolicy": parent["accessPolicy"], "countryCode": parent["countryCode"],
                "tags": parent["tags"], "price": cents as f64 / 100.0, "currency": "USD", "createdAt": iso(unix_now()),
            });
            Variant { treatment: of, shown }
        },
        |variant| variant.shown.clone(),
    );
    let id = made["id"].as_str().unwrap_or_default();
    Ok(located(&made, &format!("/tpdata/treatments/trt-{of}/variants/{id}")))
}

fn get_variant(call: &Call<'_>) -> Answer {
    call.guard()?;
    let (of, id) = (call.param(0), call.param(1));
    let found = number(&id, "var-").and_then(|at| {
        let of = number(&of, "trt-");
        call.state.variants.see(at, |variant| (Some(variant.treatment) == of).then(|| variant.shown.clone())).flatten()
    });
    let shown = found.ok_or_else(|| missing(format!("treatment {of:?} has no variant {id:?}")))?;
    tagged(call, &shown)
}

/// Adds an ETag; answers 304 if the client already has this version. Stored data never changes, so its id identifies its version.
fn tagged(call: &Call<'_>, shown: &Value) -> Answer {
    let etag = format!("\"{}\"", shown["id"].as_str().unwrap_or_default());
    let held = call.header(header::IF_NONE_MATCH);
    let same = held.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag);
    let reply = if same { empty(StatusCode::NOT_MODIFIED) } else { json_reply(StatusCode::OK, shown) };
    Ok(with(reply, header::ETAG, &etag))
}
