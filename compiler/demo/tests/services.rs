//! Each service as its example spec uses it, and its errors.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{LEDGER_KEY, OTP_SECRET, Options, TOKEN, clock, seal, spawn};
use super::{Client, Got, start};

#[test]
fn tpdata_keeps_treatments_and_variants() {
    let (_server, mut client) = start();
    let health = client.get("/tpdata/admin/healthcheck").is(200).json();
    assert!(health["version"].is_string() && health["status"] == "ok");
    let treatment = json!({
        "iid": "ids:000000001", "category": "xray:full-mouth", "accessPolicy": "allowAll", "tags": ["load_test"], "countryCode": "US"
    });
    let path = "/tpdata/treatments";
    let made = client.json("POST", path, TOKEN, &treatment).is(201).json();
    for (key, value) in treatment.as_object().unwrap() {
        assert_eq!(&made[key], value);
    }
    let id = made["id"].as_str().unwrap();
    assert_eq!(client.bare("GET", &format!("{path}/{id}"), TOKEN).is(200).json(), made);
    let variants = format!("{path}/{id}/variants");
    let variant = client.json("POST", &variants, TOKEN, &json!({ "iid": "v" }));
    assert!(variant.is(201).text().contains("TreatmentVariant"));
    let variant = variant.json();
    assert_eq!((&variant["iid"], &variant["category"], &variant["countryCode"]), (&json!("v"), &json!("xray:full-mouth"), &json!("US")));
    let place = format!("{variants}/{}", variant["id"].as_str().unwrap());
    let got = client.bare("GET", &place, TOKEN);
    assert!(got.is(200).header("content-type").unwrap().contains("json"));
    let shown = got.json();
    assert!(shown["price"].as_f64().unwrap() > 0.0 && shown["tags"] == json!(["load_test"]) && shown.get("deletedAt").is_none());
    let etag = got.header("etag").unwrap();
    let auth = format!("Bearer {TOKEN}");
    client.send("GET", &place, &[("Authorization", &auth), ("If-None-Match", etag)], b"").is(304);
    client.send("GET", &place, &[("Authorization", &auth), ("If-None-Match", "\"other\"")], b"").is(200);

    assert!(client.bare("GET", &place, "wrong").is(401).header("www-authenticate").is_some());
    client.get(&place).is(401);
    client.bare("GET", "/tpdata/treatments/trt-99", TOKEN).is(404);
    client.bare("GET", "/tpdata/treatments/trt-99/variants/var-1", TOKEN).is(404);
    client.json("POST", "/tpdata/treatments/trt-99/variants", TOKEN, &json!({ "iid": "v" })).is(404);
    let wrong = client.json("POST", path, TOKEN, &json!({ "iid": 7, "category": "c", "accessPolicy": "all", "tags": "x" })).is(400).json();
    let message = wrong["message"].as_str().unwrap();
    for part in ["iid is 7", "accessPolicy is \"all\"", "countryCode is missing", "tags is \"x\""] {
        assert!(message.contains(part), "{message}");
    }
    let headers = [("Authorization", auth.as_str()), ("Content-Type", "application/json")];
    client.send("POST", path, &headers, b"{").is(400);
    client.send("POST", path, &headers[..1], b"{}").is(415);
}

#[test]
fn the_oldest_are_dropped_beyond_the_cap() {
    let server = spawn(Options { keep: 2, threads: Some(1), ..Options::any_port() }).unwrap();
    let mut client = Client::new(&server);
    for name in ["a", "b", "c"] {
        client.json("POST", "/graph/campaigns", TOKEN, &json!({ "name": name })).is(201);
    }
    client.bare("GET", "/graph/campaigns/cmp-1", TOKEN).is(404);
    assert_eq!(client.bare("GET", "/graph/campaigns/cmp-3", TOKEN).is(200).json()["name"], "c");
    client.bare("DELETE", "/graph/campaigns/cmp-2", TOKEN).is(204);
    let next = client.json("POST", "/graph/campaigns", TOKEN, &json!({ "name": "d" })).is(201).json();
    assert_eq!(next["id"], "cmp-4");
    client.bare("GET", "/graph/campaigns/cmp-3", TOKEN).is(200);
}

fn form(client: &mut Client, path: &str, cookie: &str, body: &str) -> Got {
    client.send("POST", path, &[("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", cookie)], body.as_bytes())
}

#[test]
fn the_shop_sells() {
    let (_server, mut client) = start();
    assert!(client.get("/shop/health").is(200).json()["version"].is_string());
    form(&mut client, "/shop/login", "", "name=user7&password=secret8").is(401);
    form(&mut client, "/shop/login", "", "name=user7").is(400);
    let token = form(&mut client, "/shop/login", "", "name=user7&password=secret7").is(200).json();
    let token = token["token"].as_str().unwrap();
    let found = client.get("/shop/items?q=kettle&page=1").is(200).json();
    let ids: Vec<&str> = found["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert!(ids.len() == 4 && found["total"] == 12);
    client.get("/shop/items?q=kettle&page=none").is(400);
    for id in &ids {
        let item = client.get(&format!("/shop/items/{id}")).is(200).json();
        assert!(item["itemId"] == *id && item["priceCents"].as_u64().unwrap() > 0);
    }
    client.get("/shop/items/item-0").is(404);

    let pay = |client: &mut Client, key: &str| {
        let auth = format!("Bearer {token}");
        let headers = [("Authorization", auth.as_str()), ("Content-Type", "application/json"), ("Idempotency-Key", key)];
        client.send("POST", "/shop/carts/cart7/payment", &headers, br#"{"amount":500}"#)
    };
    pay(&mut client, "k").is(409);
    client.json("POST", "/shop/carts/cart7/lines", token, &json!({ "itemId": ids[0], "quantity": 2 })).is(201);
    client.json("POST", "/shop/carts/cart7/lines", token, &json!({ "itemId": ids[0], "quantity": 0 })).is(400);
    client.json("POST", "/shop/carts/cart7/lines", token, &json!({ "itemId": "item-999", "quantity": 1 })).is(404);
    client.json("POST", "/shop/carts/cart8/lines", token, &json!({ "itemId": ids[0], "quantity": 1 })).is(403);
    client.json("POST", "/shop/carts/cart7/lines", "other", &json!({ "itemId": ids[0], "quantity": 1 })).is(401);
    assert_eq!(client.bare("GET", "/shop/carts/cart7", token).is(200).json()["lines"][0]["quantity"], 2);
    client.bare("GET", "/shop/carts/cart7/payment", token).is(404);
    pay(&mut client, "").is(400);
    assert!(pay(&mut client, "k").is(202).text().contains("accepted"));
    assert!(pay(&mut client, "k").is(200).text().contains("accepted"));
    assert_eq!(client.bare("GET", "/shop/carts/cart7/payment", token).is(200).json()["state"], "pending");
    std::thread::sleep(Duration::from_millis(320));
    assert_eq!(client.bare("GET", "/shop/carts/cart7/payment", token).is(200).json()["state"], "settled");
    client.bare("DELETE", "/shop/carts/cart7", token).is(204);
    client.bare("GET", "/shop/carts/cart7", token).is(404);
}

/// The value of the page's `csrf` field.
fn csrf(page: &str) -> &str {
    page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap()
}

#[test]
fn notes_are_written_read_and_given_files() {
    let (_server, mut client) = start();
    assert!(client.get("/notes/").is(200).header("x-version").is_some());
    let page = client.get("/notes/new");
    assert!(page.is(200).header("content-type").unwrap().starts_with("text/html"));
    assert!(page.text().contains("<form id=\"note\""));
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap();
    let token = csrf(page.text());
    let saved = form(&mut client, "/notes/", cookie, &format!("csrf={token}&title=Note+%3C1%3E-2&body=b&colour=white"));
    let place = saved.is(303).header("location").unwrap();
    assert_eq!(place, "/notes/n/1");
    form(&mut client, "/notes", cookie, "csrf=0&title=t").is(403);
    form(&mut client, "/notes", "sid=made.up", &format!("csrf={token}&title=t")).is(403);
    form(&mut client, "/notes", cookie, &format!("csrf={token}&title=")).is(422);
    let read = client.send("GET", place, &[("Cookie", cookie)], b"");
    assert!(read.is(200).text().contains("Note &lt;1&gt;-2") && read.header("set-cookie").is_none());
    assert_eq!(csrf(read.text()), token);
    client.get("/notes/n/2").is(404);

    let cat = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/specs/data/cat.png")).unwrap();
    let mut attach = |token: &str, name: &str, content: &[u8]| {
        let head = format!(
            "--b-1\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--b-1\r\nContent-Disposition: form-data; \
             name=\"{name}\"; filename=\"cat.png\"\r\nContent-Type: image/png\r\n\r\n"
        );
        let body = [head.as_bytes(), content, b"\r\n--b-1--\r\n"].concat();
        client.send("POST", "/notes/n/1/files", &[("Content-Type", "multipart/form-data; boundary=b-1"), ("Cookie", cookie)], &body)
    };
    assert_eq!(attach(token, "file", &cat).is(201).json()["size"], cat.len());
    attach("wrong", "file", &cat).is(403);
    attach(token, "fil", &cat).is(400);
    attach(token, "file", b"no picture").is(400);
    client.send("POST", "/notes/n/1/files", &[("Cookie", cookie)], b"x").is(400);
    assert!(client.get("/notes/n/1").text().contains("cat.png"));
}

#[test]
fn the_graph_answers_queries() {
    let (_server, mut client) = start();
    assert_eq!(client.get("/graph/version").is(200).text(), "0.9.1");
    let mut ask = |query: &str, variables: Value| {
        client.json("POST", "/graph/graphql", TOKEN, &json!({ "query": query, "variables": variables })).is(200).json()
    };
    let query = "query Products($first: Int!) { products(first: $first) { id name price } }";
    let answer = ask(query, json!({ "first": 20 }));
    let products = answer["data"]["products"].as_array().unwrap();
    assert!(products.len() == 20 && answer.get("errors").is_none());
    assert!(products.iter().all(|product| product["id"].is_string() && product["price"].as_f64().unwrap() >= 0.0));
    let some = ask("{ some: products(first: 2, after: 1) { __typename id } product(id: \"prd-9\") { name } # rest\n }", json!(null));
    assert_eq!(some["data"]["some"][0], json!({ "__typename": "Product", "id": "prd-2" }));
    assert_eq!(some["data"]["product"]["name"], "Product 9");
    for (query, variables, why) in [
        (query, json!({}), "not provided"),
        (query, json!({ "first": "x" }), "invalid value"),
        (query, json!({ "first": 1000 }), "from 1 to 100"),
        ("{ products(first: 1) { size } }", json!({}), "Cannot query field \"size\""),
        ("{ products(first: 1) }", json!({}), "subfields"),
        ("{ products(first: 1) { id }", json!({}), "Expected a name"),
        ("mutation { x }", json!({}), "no mutation"),
        (&"{a".repeat(40), json!({}), "too deeply"),
    ] {
        let answer = ask(query, variables);
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains(why), "{query}: {answer}");
    }
    client.json("POST", "/graph/graphql", "wrong", &json!({ "query": query })).is(401);
    client.json("POST", "/graph/graphql", TOKEN, &json!({})).is(400);
    let made = client.json("POST", "/graph/campaigns", TOKEN, &json!({ "name": "load 1" })).is(201).json();
    let place = format!("/graph/campaigns/{}", made["id"].as_str().unwrap());
    client.bare("GET", &place, TOKEN).is(200);
    client.bare("DELETE", &place, TOKEN).is(204);
    client.bare("DELETE", &place, TOKEN).is(404);
    client.json("POST", "/graph/campaigns", TOKEN, &json!({ "name": 1 })).is(400);
}

/// Signs and sends; `kind` is the Content-Type.
fn signed(client: &mut Client, method: &str, path: &str, token: &str, kind: &str, body: &str) -> Got {
    let date = clock::iso(clock::unix_now()).replace(['-', ':'], "");
    let signature = seal::hmac_sha256(LEDGER_KEY.as_bytes(), body.as_bytes());
    let auth = format!("Bearer {token}");
    let headers = [("X-Date", date.as_str()), ("X-Signature", &signature), ("Authorization", &auth), ("Content-Type", kind)];
    client.send(method, path, &headers, body.as_bytes())
}

#[test]
fn the_ledger_wants_signatures_codes_and_tokens() {
    let (_server, mut client) = start();
    let secret = seal::base32(OTP_SECRET).unwrap();
    let code = seal::totp_at(&secret, clock::unix_now() / 30).unwrap();
    let old = seal::totp_at(&secret, clock::unix_now() / 30 - 9).unwrap();
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
    let signature = seal::hmac_sha256(LEDGER_KEY.as_bytes(), b"other");
    let wrong = client.send("GET", "/ledger/balance", &[("Authorization", &auth), ("X-Date", &date), ("X-Signature", &signature)], b"");
    assert!(wrong.is(401).text().contains("X-Signature"));
    let wrong = client.send("GET", "/ledger/balance", &[("Authorization", &auth), ("X-Date", "20000101T000000Z")], b"");
    assert!(wrong.is(401).text().contains("X-Date"));
}

#[test]
fn the_ledger_limits_the_rate() {
    let server = spawn(Options { ledger_rate: 5, threads: Some(1), ..Options::any_port() }).unwrap();
    let mut client = Client::new(&server);
    let code = seal::totp_at(&seal::base32(OTP_SECRET).unwrap(), clock::unix_now() / 30).unwrap();
    let body = format!("grant_type=client_credentials&code={code}");
    let token = signed(&mut client, "POST", "/ledger/token", "", "application/x-www-form-urlencoded", &body).is(200).json();
    let token = token["access_token"].as_str().unwrap();
    let statuses: Vec<u16> = (0..20).map(|_| signed(&mut client, "GET", "/ledger/balance", token, "", "").status).collect();
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
}
