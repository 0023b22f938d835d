//! `/graph` as its spec uses it, and its error responses.

use serde_json::{Value, json};

use super::start;
use crate::TOKEN;

#[test]
fn graph_answers_queries() {
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
