//! `/graph`: products through GraphQL, campaigns through plain requests, both behind a bearer token.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::call::{self, Route, route};
use crate::clock::{iso, unix_now};
use crate::graphql::{Field, Operation, parse};
use crate::respond::{Answer, Refusal, bad, empty, json_reply, missing, reply};
use crate::store::{Store, number};

const VERSION: &str = "0.9.1";
/// The number of products in the catalogue.
const PRODUCTS: u64 = 500;

type Call<'c> = call::Call<'c, State>;

pub(crate) const ROUTES: &[Route<State>] = &[
    route("GET", "/version", version),
    route("POST", "/graphql", graphql),
    route("POST", "/campaigns", create),
    route("GET", "/campaigns/{id}", get),
    route("DELETE", "/campaigns/{id}", delete),
];

#[derive(Debug)]
pub(crate) struct State {
    campaigns: Store<Value>,
}

impl State {
    pub(crate) fn new(keep: usize) -> Self {
        State { campaigns: Store::new(keep) }
    }
}

fn version(_: &Call<'_>) -> Answer {
    Ok(reply(StatusCode::OK, "text/plain; charset=utf-8", VERSION))
}

fn create(call: &Call<'_>) -> Answer {
    call.guard()?;
    let body = call.json()?;
    let name = body["name"].as_str().filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| bad(format!("name is {}, expected a text", body["name"])))?;
    let made = call.state.campaigns.add(
        |number| json!({ "id": format!("cmp-{number}"), "name": name, "state": "active", "createdAt": iso(unix_now()) }),
        Value::clone,
    );
    Ok(json_reply(StatusCode::CREATED, &made))
}

fn no_campaign(id: &str) -> Refusal {
    missing(format!("there is no campaign {id:?}"))
}

fn get(call: &Call<'_>) -> Answer {
    call.guard()?;
    let id = call.param(0);
    let found = number(&id, "cmp-").and_then(|number| call.state.campaigns.see(number, |campaign| campaign.clone()));
    Ok(json_reply(StatusCode::OK, &found.ok_or_else(|| no_campaign(&id))?))
}

fn delete(call: &Call<'_>) -> Answer {
    call.guard()?;
    let id = call.param(0);
    let gone = number(&id, "cmp-").and_then(|number| call.state.campaigns.remove(number));
    gone.ok_or_else(|| no_campaign(&id))?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// As usual for GraphQL, an invalid query is answered with 200 and `errors`, and only a body without a query with 400.
fn graphql(call: &Call<'_>) -> Answer {
    call.guard()?;
    let body = call.json()?;
    let query = body["query"].as_str().ok_or_else(|| bad(format!("query is {}, expected a text", body["query"])))?;
    let given = match &body["variables"] {
        Value::Null => Map::new(),
        Value::Object(given) => given.clone(),
        other => return Err(bad(format!("variables is {other}, expected an object"))),
    };
    let done = parse(query).and_then(|operation| execute(&operation, given));
    let shown = match done {
        Ok(data) => json!({ "data": data }),
        Err(message) => json!({ "data": null, "errors": [{ "message": message }] }),
    };
    Ok(json_reply(StatusCode::OK, &shown))
}

fn execute(operation: &Operation, given: Map<String, Value>) -> Result<Value, String> {
    if operation.kind != "query" {
        return Err(format!("This schema has no {}.", operation.kind));
    }
    let variables = operation.variables(given)?;
    let mut data = Map::new();
    for field in &operation.fields {
        let value = match field.name.as_str() {
            "__typename" => "Query".into(),
            "products" => {
                let first = field.int("first", &variables)?.ok_or("Field \"products\" needs the argument \"first\".")?;
                let after = field.int("after", &variables)?.unwrap_or(0);
                if !(1..=100).contains(&first) || after < 0 {
                    return Err("\"first\" is from 1 to 100, \"after\" from 0.".to_owned());
                }
                let from = u64::try_from(after).unwrap_or(0).saturating_add(1);
                let to = from.saturating_add(u64::try_from(first).unwrap_or(0)).min(PRODUCTS + 1);
                (from..to).map(|number| product(number, field)).collect::<Result<Vec<_>, _>>()?.into()
            }
            "product" => {
                let id = field.value("id", &variables)?.ok_or("Field \"product\" needs the argument \"id\".")?;
                let found = id.as_str().and_then(|id| number(id, "prd-")).filter(|number| (1..=PRODUCTS).contains(number));
                found.map_or(Ok(Value::Null), |number| product(number, field))?
            }
            other => return Err(format!("Cannot query field \"{other}\" on type \"Query\".")),
        };
        data.insert(field.key().to_owned(), value);
    }
    Ok(data.into())
}

fn product(number: u64, asked: &Field) -> Result<Value, String> {
    if asked.fields.is_empty() {
        return Err(format!("Field \"{}\" must have a selection of subfields.", asked.name));
    }
    let mut shown = Map::new();
    for field in &asked.fields {
        let value = match field.name.as_str() {
            "__typename" => "Product".into(),
            "id" => format!("prd-{number}").into(),
            "name" => format!("Product {number}").into(),
            "price" => ((number * 7_919 % 99_000) as f64 / 100.0).into(),
            other => {
                return Err(format!("Cannot query field \"{other}\" on type \"Product\"."));
            }
        };
        shown.insert(field.key().to_owned(), value);
    }
    Ok(shown.into())
}
