//! `/shop` as its spec uses it, and its error responses.

use std::time::Duration;

use serde_json::json;

use super::client::Client;
use super::{Options, form, spawn};

#[test]
fn shop_has_a_catalogue_carts_and_payments() {
    let settle = Duration::from_millis(700);
    let server = spawn(Options { settle, threads: Some(1), ..Options::any_port() }).unwrap();
    let mut client = Client::new(&server);
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
    std::thread::sleep(settle);
    assert_eq!(client.bare("GET", "/shop/carts/cart7/payment", token).is(200).json()["state"], "settled");
    client.bare("DELETE", "/shop/carts/cart7", token).is(204);
    client.bare("GET", "/shop/carts/cart7", token).is(404);
}
