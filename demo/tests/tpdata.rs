//! `/tpdata` as its spec uses it, its error responses, and its storage limit.

use serde_json::json;

use super::client::Client;
use super::{Options, spawn, start};
use crate::TOKEN;

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
fn oldest_records_are_dropped_beyond_the_limit() {
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
