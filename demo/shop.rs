//! `/shop`: a catalogue to search, accounts `userN` / `secretN`, carts and payments. Keys are camelCase.
//!
//! Items are `item-1` to `item-240`, named after a color and a thing (`Blue kettle`); account N owns the cart `cartN`.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use http::StatusCode;
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::call::{self, Route, route};
use crate::respond::{Answer, Refusal, bad, empty, json_reply, missing, refuse, unauthorized};
use crate::store::{lock, number};
use crate::wire::find;

const VERSION: &str = "2.8.0";
/// The number of items on a page of results.
const PAGE: usize = 4;
const COLOURS: [&str; 12] = ["Red", "Blue", "Green", "Black", "White", "Yellow", "Grey", "Brown", "Orange", "Silver", "Golden", "Purple"];
const THINGS: [&str; 20] = [
    "kettle", "lamp", "mug", "chair", "table", "shirt", "shoes", "bag", "clock", "book", "pen", "phone", "laptop", "camera", "bottle",
    "plate", "towel", "pillow", "blanket", "mirror",
];

type Call<'c> = call::Call<'c, State>;

pub(crate) const ROUTES: &[Route<State>] = &[
    route("GET", "/health", health),
    route("POST", "/login", login),
    route("GET", "/items", search),
    route("GET", "/items/{id}", item),
    route("GET", "/carts/{cart}", show_cart),
    route("DELETE", "/carts/{cart}", clear),
    route("POST", "/carts/{cart}/lines", add_line),
    route("POST", "/carts/{cart}/payment", pay),
    route("GET", "/carts/{cart}/payment", payment),
];

#[derive(Debug)]
pub(crate) struct State {
    keep: usize,
    carts: Mutex<IndexMap<String, Cart>>,
}

#[derive(Debug, Default)]
struct Cart {
    /// Quantities by item number.
    lines: IndexMap<u64, u64>,
    payment: Option<Payment>,
}

#[derive(Debug)]
struct Payment {
    key: String,
    amount: u64,
    at: Instant,
}

impl State {
    pub(crate) fn new(keep: usize) -> Self {
        State { keep: keep.max(1), carts: Mutex::default() }
    }
}

fn items() -> u64 {
    (COLOURS.len() * THINGS.len()) as u64
}

/// The name of an item. Consecutive numbers have different things, so a page of results mixes colors.
fn name(number: u64) -> String {
    let at = usize::try_from(number - 1).unwrap_or(0);
    format!("{} {}", COLOURS[at / THINGS.len() % COLOURS.len()], THINGS[at % THINGS.len()])
}

fn cents(number: u64) -> u64 {
    199 + number * 7_919 % 9_800
}

fn describe(number: u64) -> Value {
    let id = format!("item-{number}");
    json!({ "id": id, "itemId": id, "name": name(number), "priceCents": cents(number), "currency": "EUR", "stock": 1_000 })
}

fn item_number(id: &str) -> Option<u64> {
    number(id, "item-").filter(|number| (1..=items()).contains(number))
}

fn health(_: &Call<'_>) -> Answer {
    Ok(json_reply(StatusCode::OK, &json!({ "version": VERSION, "status": "ok" })))
}

fn login(call: &Call<'_>) -> Answer {
    let form = call.form()?;
    let (Some(name), Some(password)) = (find(&form, "name"), find(&form, "password")) else {
        return Err(bad("the form has no `name` or no `password`"));
    };
    let account = number(name, "user").filter(|account| number(password, "secret") == Some(*account));
    let account = account.ok_or_else(|| unauthorized(format!("no account {name:?} with this password; userN has secretN")))?;
    let token = call.core.signer.issue("shop", &account.to_string());
    Ok(json_reply(StatusCode::OK, &json!({ "token": token, "name": name, "cart": format!("cart{account}") })))
}

fn search(call: &Call<'_>) -> Answer {
    let query = call.query();
    let term = find(&query, "q").unwrap_or_default().to_lowercase();
    let page = find(&query, "page").unwrap_or("1");
    let page = page.parse::<usize>().ok().filter(|page| (1..=1_000).contains(page));
    let page = page.ok_or_else(|| bad("`page` is a number from 1 to 1000"))?;
    let hits: Vec<u64> = (1..=items()).filter(|number| name(*number).to_lowercase().contains(&term)).collect();
    let shown: Vec<Value> = hits.iter().skip((page - 1) * PAGE).take(PAGE).map(|number| describe(*number)).collect();
    Ok(json_reply(StatusCode::OK, &json!({ "items": shown, "page": page, "total": hits.len() })))
}

fn item(call: &Call<'_>) -> Answer {
    let id = call.param(0);
    let number = item_number(&id).ok_or_else(|| missing(format!("there is no item {id:?}; they are item-1 to item-{}", items())))?;
    Ok(json_reply(StatusCode::OK, &describe(number)))
}

/// The cart's name, if the client may use it.
fn cart_name(call: &Call<'_>) -> Result<String, Refusal> {
    let account = call.core.signer.open("shop", call.bearer()?);
    let account = account.ok_or_else(|| unauthorized("unknown token; get one from POST /shop/login"))?;
    let cart = call.param(0).into_owned();
    if cart.len() > 64 {
        return Err(bad("a cart's name has at most 64 bytes"));
    }
    if number(&cart, "cart").is_some_and(|owner| owner.to_string() != account) {
        return Err(refuse(StatusCode::FORBIDDEN, format!("{cart} is not a cart of user{account}")));
    }
    Ok(cart)
}

fn whole(body: &Value, name: &str, most: u64) -> Result<u64, Refusal> {
    let value = body[name].as_u64().filter(|value| (1..=most).contains(value));
    value.ok_or_else(|| bad(format!("{name} is {}, expected a whole number from 1 to {most}", body[name])))
}

fn add_line(call: &Call<'_>) -> Answer {
    let cart = cart_name(call)?;
    let body = call.json()?;
    let id = body["itemId"].as_str().ok_or_else(|| bad(format!("itemId is {}, expected a text", body["itemId"])))?;
    let quantity = whole(&body, "quantity", 99)?;
    let item = item_number(id).ok_or_else(|| missing(format!("there is no item {id:?}")))?;
    let mut carts = lock(&call.state.carts);
    if carts.len() >= call.state.keep && !carts.contains_key(&cart) {
        carts.swap_remove_index(0);
    }
    let held = carts.entry(cart.clone()).or_default();
    *held.lines.entry(item).or_default() += quantity;
    Ok(json_reply(StatusCode::CREATED, &show(&cart, held)))
}

fn show(name: &str, cart: &Cart) -> Value {
    let total: u64 = cart.lines.iter().map(|(item, quantity)| cents(*item) * quantity).sum();
    let line = |(item, quantity): (&u64, &u64)| json!({ "itemId": format!("item-{item}"), "quantity": quantity });
    json!({ "cart": name, "lines": cart.lines.iter().map(line).collect::<Vec<_>>(), "totalCents": total })
}

fn show_cart(call: &Call<'_>) -> Answer {
    let cart = cart_name(call)?;
    let carts = lock(&call.state.carts);
    let held = carts.get(&cart).ok_or_else(|| missing(format!("the cart {cart:?} is empty")))?;
    Ok(json_reply(StatusCode::OK, &show(&cart, held)))
}

fn clear(call: &Call<'_>) -> Answer {
    let cart = cart_name(call)?;
    lock(&call.state.carts).swap_remove(&cart);
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Answers 202 for a new payment, and 200 for one with a known key: a repeated request pays only once.
fn pay(call: &Call<'_>) -> Answer {
    let cart = cart_name(call)?;
    let key = call.header("idempotency-key");
    if key.is_empty() || key.len() > 128 {
        return Err(bad("a payment needs an Idempotency-Key header of 1 to 128 characters"));
    }
    let amount = whole(&call.json()?, "amount", 100_000_000)?;
    let mut carts = lock(&call.state.carts);
    let held = carts.get_mut(&cart).ok_or_else(|| refuse(StatusCode::CONFLICT, format!("the cart {cart:?} is empty")))?;
    let known = held.payment.as_ref().is_some_and(|payment| payment.key == key);
    if !known {
        held.payment = Some(Payment { key: key.to_owned(), amount, at: Instant::now() });
    }
    let status = if known { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(json_reply(status, &json!({ "status": "accepted", "cart": cart, "amount": amount })))
}

fn payment(call: &Call<'_>) -> Answer {
    let cart = cart_name(call)?;
    let carts = lock(&call.state.carts);
    let paid = carts.get(&cart).and_then(|held| held.payment.as_ref());
    let paid = paid.ok_or_else(|| missing(format!("nothing was paid for the cart {cart:?}")))?;
    let settle: Duration = call.core.options.settle;
    let state = if paid.at.elapsed() >= settle { "settled" } else { "pending" };
    Ok(json_reply(StatusCode::OK, &json!({ "state": state, "cart": cart, "amount": paid.amount })))
}
