//! `/ledger`: every request is signed, with `X-Signature: hex(hmac_sha256(key, body))` and `X-Date`. All paths except `/token` also require
//! a token, which `/token` gives for a one-time code.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use crate::Options;
use crate::call::{self, Route, route};
use crate::clock::{from_basic, iso, unix_now};
use crate::respond::{Answer, Refusal, Reply, bad, empty, json_reply, missing, refuse, unauthorized, with};
use crate::store::{Store, number};
use crate::tokens::{base32, hmac_sha256, same, totp_holds};
use crate::wire::find;

/// The lifetime of a token, in seconds.
const TOKEN_LIFE: u64 = 1_800;
/// The largest difference between `X-Date` and the current time, in seconds.
const SKEW: u64 = 900;
const DAILY_CENTS: u64 = 100_000_000;

type Call<'c> = call::Call<'c, State>;

pub(crate) const ROUTES: &[Route<State>] = &[
    route("POST", "/token", token),
    route("POST", "/entries", create),
    route("GET", "/entries/{id}", get),
    route("DELETE", "/entries/{id}", delete),
    route("GET", "/balance", balance),
    route("GET", "/limits", limits),
];

#[derive(Debug)]
pub(crate) struct State {
    otp: Vec<u8>,
    entries: Store<Value>,
    cents: AtomicU64,
    /// The current second in the high 32 bits, and the number of its requests in the low ones.
    window: AtomicU64,
}

impl State {
    pub(crate) fn new(options: &Options) -> Result<Self, String> {
        let otp = base32(&options.otp_secret).filter(|secret| !secret.is_empty());
        let otp = otp.ok_or("the secret of one-time codes is not base32 (letters A to Z, digits 2 to 7)")?;
        Ok(State { otp, entries: Store::new(options.keep), cents: AtomicU64::new(0), window: AtomicU64::new(0) })
    }

    /// Counts a request in the current second. Returns the rest of the limit, or `None` if the limit is exceeded.
    fn draw(&self, now: u64, limit: u32) -> Option<u64> {
        let next = |window: u64| {
            if window >> 32 == now { window + 1 } else { now << 32 | 1 }
        };
        let before = self.window.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |window| Some(next(window)));
        let drawn = next(before.unwrap_or_else(|window| window)) & 0xffff_ffff;
        u64::from(limit).checked_sub(drawn)
    }
}

/// Rejects a request that is not signed over exactly the received bytes.
fn signed(call: &Call<'_>) -> Result<(), Refusal> {
    let (date, signature) = (call.header("x-date"), call.header("x-signature"));
    let at = from_basic(date).ok_or_else(|| unauthorized(format!("X-Date is {date:?}, expected a time like 20260131T120000Z")))?;
    if at.abs_diff(unix_now()) > SKEW {
        return Err(unauthorized(format!("X-Date is {date:?}, more than {SKEW} s from now, {}", iso(unix_now()))));
    }
    let right = hmac_sha256(call.core.options.ledger_key.as_bytes(), call.body);
    if same(&signature.to_ascii_lowercase(), &right) {
        return Ok(());
    }
    Err(unauthorized(format!("X-Signature is not the hex of hmac_sha256(key, body) over the {} bytes of the body", call.body.len())))
}

/// Checks the signature and the token of a request, and counts it. Returns the rest of the rate limit.
fn enter(call: &Call<'_>) -> Result<u64, Refusal> {
    signed(call)?;
    let until = call.core.signer.open("ledger", call.bearer()?).and_then(|until| until.split('-').next()?.parse::<u64>().ok());
    let until = until.ok_or_else(|| unauthorized("unknown token; get one from POST /ledger/token"))?;
    if until < unix_now() {
        return Err(unauthorized("the token has expired; get another from POST /ledger/token"));
    }
    let limit = call.core.options.ledger_rate;
    let left = call.state.draw(unix_now(), limit);
    left.ok_or_else(|| refuse(StatusCode::TOO_MANY_REQUESTS, format!("more than {limit} requests in this second")))
}

fn rated(reply: Reply, left: u64) -> Reply {
    with(reply, HeaderName::from_static("x-ratelimit-remaining"), &left.to_string())
}

fn token(call: &Call<'_>) -> Answer {
    signed(call)?;
    let form = call.form()?;
    if find(&form, "grant_type") != Some("client_credentials") {
        return Err(bad("grant_type is not client_credentials"));
    }
    let code = find(&form, "code").ok_or_else(|| bad("the form has no `code`"))?;
    if !totp_holds(&call.state.otp, code, unix_now()) {
        return Err(unauthorized("the one-time code is not the current one"));
    }
    let payload = format!("{}-{:08x}", unix_now() + TOKEN_LIFE, call.core.signer.random() >> 32);
    let token = call.core.signer.issue("ledger", &payload);
    Ok(json_reply(StatusCode::OK, &json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFE })))
}

fn create(call: &Call<'_>) -> Answer {
    let left = enter(call)?;
    let body = call.json()?;
    let account = &body["account"];
    if !(account.is_u64() || account.as_str().is_some_and(|account| !account.is_empty())) {
        return Err(bad(format!("account is {account}, expected a text or a number")));
    }
    let cents = body["cents"].as_u64().filter(|cents| (1..=1_000_000).contains(cents));
    let cents = cents.ok_or_else(|| bad(format!("cents is {}, expected a whole number from 1 to 1000000", body["cents"])))?;
    let reference = body["reference"].as_str().filter(|reference| (1..=100).contains(&reference.len()));
    let reference = reference.ok_or_else(|| bad(format!("reference is {}, expected a text of 1 to 100 bytes", body["reference"])))?;
    let made = call.state.entries.add(
        |number| {
            json!({ "id": format!("ent-{number}"), "account": account, "cents": cents, "reference": reference, "at": iso(unix_now()) })
        },
        Value::clone,
    );
    call.state.cents.fetch_add(cents, Ordering::Relaxed);
    Ok(rated(json_reply(StatusCode::CREATED, &made), left))
}

fn no_entry(id: &str) -> Refusal {
    missing(format!("there is no entry {id:?}"))
}

fn get(call: &Call<'_>) -> Answer {
    let left = enter(call)?;
    let id = call.param(0);
    let found = number(&id, "ent-").and_then(|number| call.state.entries.see(number, |entry| entry.clone()));
    Ok(rated(json_reply(StatusCode::OK, &found.ok_or_else(|| no_entry(&id))?), left))
}

fn delete(call: &Call<'_>) -> Answer {
    let left = enter(call)?;
    let id = call.param(0);
    let gone = number(&id, "ent-").and_then(|number| call.state.entries.remove(number));
    let cents = gone.ok_or_else(|| no_entry(&id))?["cents"].as_u64().unwrap_or(0);
    call.state.cents.fetch_sub(cents, Ordering::Relaxed);
    Ok(rated(empty(StatusCode::NO_CONTENT), left))
}

fn balance(call: &Call<'_>) -> Answer {
    let left = enter(call)?;
    let cents = call.state.cents.load(Ordering::Relaxed);
    Ok(rated(json_reply(StatusCode::OK, &json!({ "cents": cents, "currency": "EUR" })), left))
}

fn limits(call: &Call<'_>) -> Answer {
    let left = enter(call)?;
    let rate = call.core.options.ledger_rate;
    Ok(rated(json_reply(StatusCode::OK, &json!({ "daily": { "cents": DAILY_CENTS }, "rate": { "per_second": rate } })), left))
}
