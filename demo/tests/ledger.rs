//! `/ledger` as its spec uses it, and its error responses.

use super::client::{Client, Got};
use super::{Options, clock, spawn, start, tokens};
use crate::{LEDGER_KEY, OTP_SECRET};

/// Signs and sends a request; `kind` is the Content-Type.
fn signed(client: &mut Client, method: &str, path: &str, token: &str, kind: &str, body: &str) -> Got {
    let date = clock::iso(clock::unix_now()).replace(['-', ':'], "");
    let signature = tokens::hmac_sha256(LEDGER_KEY.as_bytes(), body.as_bytes());
    let auth = format!("Bearer {token}");
    let headers = [("X-Date", date.as_str()), ("X-Signature", &signature), ("Authorization", &auth), ("Content-Type", kind)];
    client.send(method, path, &headers, body.as_bytes())
}

#[test]
fn ledger_requires_signatures_codes_and_tokens() {
    let (_server, mut client) = start();
    let secret = tokens::base32(OTP_SECRET).unwrap();
    let code = tokens::totp_at(&secret, clock::unix_now() / 30).unwrap();
    let old = tokens::totp_at(&secret, clock::unix_now() / 30 - 9).unwrap();
    let form = "application/x-www-form-urlencoded";
    let mut ask = |body: String| signed(&mut client, "POST", "/ledger/token", "", form, &body);
    ask(format!("grant_type=client_credentials&code={old}")).is(401);
    ask(format!("grant_type=password&code={code}")).is(400);
    let token = ask(format!("grant_type=client_credentials&code={code}")).is(200).json();
    let token = token["access_token"].as_str().unwrap();

    let json_kind = "application/json";
    let entry = r#"{"account":"a-1","cents":250,"reference":"r"}"#;
    let made = signed(&mut client, "POST", "/ledger/entries", token, json_kind, entry);
    assert!(made.is(201).header("x-ratelimit-remaining").unwrap().parse::<u64>().unwrap() > 10);
    let made = made.json();
    let place = format!("/ledger/entries/{}", made["id"].as_str().unwrap());
    assert_eq!(signed(&mut client, "GET", &place, token, json_kind, "").is(200).json(), made);
    assert_eq!(signed(&mut client, "GET", "/ledger/balance", token, json_kind, "").is(200).json()["cents"], 250);
    assert!(signed(&mut client, "GET", "/ledger/limits", token, json_kind, "").is(200).json()["daily"]["cents"].as_u64().unwrap() > 0);
    signed(&mut client, "POST", "/ledger/entries", token, json_kind, r#"{"account":"a","cents":0,"reference":"r"}"#).is(400);
    signed(&mut client, "POST", "/ledger/entries", "made.up", json_kind, entry).is(401);
    signed(&mut client, "DELETE", &place, token, json_kind, "").is(204);
    signed(&mut client, "DELETE", &place, token, json_kind, "").is(404);
    assert_eq!(signed(&mut client, "GET", "/ledger/balance", token, json_kind, "").json()["cents"], 0);

    let auth = format!("Bearer {token}");
    let date = clock::iso(clock::unix_now()).replace(['-', ':'], "");
    let signature = tokens::hmac_sha256(LEDGER_KEY.as_bytes(), b"other");
    let wrong = client.send("GET", "/ledger/balance", &[("Authorization", &auth), ("X-Date", &date), ("X-Signature", &signature)], b"");
    assert!(wrong.is(401).text().contains("X-Signature"));
    let wrong = client.send("GET", "/ledger/balance", &[("Authorization", &auth), ("X-Date", "20000101T000000Z")], b"");
    assert!(wrong.is(401).text().contains("X-Date"));
}

#[test]
fn ledger_limits_the_rate() {
    let server = spawn(Options { ledger_rate: 5, threads: Some(1), ..Options::any_port() }).unwrap();
    let mut client = Client::new(&server);
    let code = tokens::totp_at(&tokens::base32(OTP_SECRET).unwrap(), clock::unix_now() / 30).unwrap();
    let body = format!("grant_type=client_credentials&code={code}");
    let token = signed(&mut client, "POST", "/ledger/token", "", "application/x-www-form-urlencoded", &body).is(200).json();
    let token = token["access_token"].as_str().unwrap();
    let statuses: Vec<u16> = (0..20).map(|_| signed(&mut client, "GET", "/ledger/balance", token, "", "").status).collect();
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
}
