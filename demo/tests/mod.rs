//! The demo server over real sockets: this file tests `/_demo` and the faults; each service has its own file.

mod client;
mod graph;
mod ledger;
mod notes;
mod shop;
mod tpdata;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use client::{Client, Got};

use super::{Faults, Handle, Latency, Options, Server, Stall, clock, spawn, tokens, wire};

/// Posts a form.
fn form(client: &mut Client, path: &str, cookie: &str, body: &str) -> Got {
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    client.send("POST", path, &[kind, ("Cookie", cookie)], body.as_bytes())
}

fn start() -> (Handle, Client) {
    let server = spawn(Options { threads: Some(1), ..Options::any_port() }).unwrap();
    let client = Client::new(&server);
    (server, client)
}

#[test]
fn demo_paths_echo_delay_and_redirect() {
    let (server, mut client) = start();
    let echo = client.send("PATCH", "/_demo/echo?a=1%202&b=x+y", &[("X-Two", "1"), ("X-Two", "2")], br#"{"n":1}"#).json();
    assert_eq!(echo["method"], "PATCH");
    assert_eq!(echo["query"], json!([["a", "1 2"], ["b", "x y"]]));
    assert_eq!(echo["headers"]["x-two"], "1, 2");
    assert_eq!((&echo["json"]["n"], &echo["size"]), (&json!(1), &json!(7)));
    assert_eq!(client.send("POST", "/_demo/echo", &[], b"\xff\x00").json()["bodyHex"], "ff00");
    let begun = Instant::now();
    client.get("/_demo/delay/60").is(200);
    assert!(begun.elapsed() >= Duration::from_millis(60));
    client.get("/_demo/delay/long").is(400);
    client.get("/_demo/status/418").is(418);
    client.get("/_demo/status/204").is(204);
    client.get("/_demo/status/99").is(400);
    assert_eq!(client.get("/_demo/redirect/2").is(302).header("location"), Some("/_demo/redirect/1"));
    client.get("/_demo/redirect/0").is(200);
    let packed = client.get("/_demo/gzip");
    assert_eq!(packed.is(200).header("content-encoding"), Some("gzip"));
    assert!(packed.body.starts_with(&[0x1f, 0x8b]));
    let big = vec![b'x'; (8 << 20) + 1];
    Client::new(&server).send("POST", "/_demo/echo", &[], &big).is(413);
}

#[test]
fn unknown_paths_and_methods_are_rejected() {
    let (_server, mut client) = start();
    assert!(client.get("/shopp").is(404).text().contains("/shop"));
    client.get("/shop/items/item-1/more").is(404);
    client.get("/shop/carts//lines").is(404);
    let wrong = client.send("DELETE", "/shop/items/item-1", &[], b"");
    assert_eq!(wrong.is(405).header("allow"), Some("GET"));
    let head = client.send("HEAD", "/shop/health", &[], b"");
    assert!(head.is(200).body.is_empty());
    client.get("/shop/health").is(200);
}

#[test]
fn requests_are_counted_by_route() {
    let (_server, mut client) = start();
    for _ in 0..3 {
        client.get("/shop/items/item-7").is(200);
    }
    client.get("/shop/items/item-9999").is(404);
    client.get("/nowhere").is(404);
    let stats = client.get("/_demo/stats").json();
    assert_eq!(stats["routes"], json!({ "GET /shop/items/{id}": 4 }));
    assert_eq!(stats["statuses"], json!({ "200": 3, "404": 2 }));
    assert_eq!((&stats["total"], &stats["unmatched"], &stats["connections"]), (&json!(5), &json!(1), &json!(1)));
    client.send("DELETE", "/_demo/stats", &[], b"").is(204);
    assert_eq!(client.get("/_demo/stats").json()["total"], 0);
}

#[test]
fn faults_come_and_go_while_it_runs() {
    let (server, mut client) = start();
    let mut put = |faults: Value| client.send("PUT", "/_demo/faults", &[], faults.to_string().as_bytes());
    assert_eq!(put(json!({ "latency": "30ms..40ms", "status": { "/shop/items": 500 } })).is(200).json()["latency"], "30ms..40ms");
    let mut other = Client::new(&server);
    let begun = Instant::now();
    other.get("/shop/items/item-1").is(500);
    assert!(begun.elapsed() >= Duration::from_millis(30));
    other.get("/shop/health").is(200);

    put(json!({ "fail_rate": 1 })).is(200);
    assert_eq!(other.get("/shop/health").is(503).header("retry-after"), Some("1"));
    put(json!({ "fail_rate": 0.5 })).is(200);
    let failed = (0..200).filter(|_| other.get("/shop/health").status == 503).count();
    assert!((60..140).contains(&failed), "{failed} of 200");

    put(json!({ "close": 1.0 })).is(200);
    assert!(other.try_send("GET", "/shop/health", &[], b"").is_none());

    // Responses leave in only one of every 601 ms, so hardly any arrive in the first 600, however slow this machine is.
    let begun = Instant::now();
    put(json!({ "stall": "600ms every 601ms" })).is(200);
    let mut stalled = Client::new(&server);
    let mut answers = 0;
    while begun.elapsed() < Duration::from_millis(600) {
        stalled.get("/shop/health").is(200);
        answers += 1;
    }
    assert!(answers < 50, "{answers} answers in spite of the stall");
    assert_eq!(put(json!({ "stall": true })).is(200).json()["stall"], "2s every 20s");

    for wrong in [
        json!({ "fail_rat": 1 }),
        json!({ "fail_rate": 2 }),
        json!({ "close": -0.1 }),
        json!({ "latency": "soon" }),
        json!({ "latency": "9ms..1ms" }),
        json!({ "stall": "3s every 2s" }),
        json!({ "status": { "shop": 500 } }),
        json!({ "status": { "/shop": 42 } }),
    ] {
        put(wrong.clone()).is(400);
    }
    client.send("DELETE", "/_demo/faults", &[], b"").is(204);
    assert_eq!(client.get("/_demo/faults").json(), serde_json::to_value(Faults::default()).unwrap());
}

#[test]
fn options_are_checked_and_ports_freed() {
    let wrong = Options { faults: Faults { fail_rate: 3.0, ..Faults::default() }, ..Options::any_port() };
    assert_eq!(Server::bind(wrong).unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
    assert!(Server::bind(Options { otp_secret: "1".to_owned(), ..Options::any_port() }).is_err());
    let (server, mut client) = start();
    let addr = server.addr();
    assert!(spawn(Options { addr, ..Options::default() }).is_err());
    client.get("/shop/health").is(200);
    drop(server);
    assert!(TcpStream::connect(addr).is_err());
    assert!(client.try_send("GET", "/shop/health", &[], b"").is_none());
}

#[test]
fn latencies_and_stalls_are_parsed() {
    let latency: Latency = "20ms..0.5s".parse().unwrap();
    assert_eq!((latency.least, latency.most), (Duration::from_millis(20), Duration::from_millis(500)));
    assert!("".parse::<Latency>().is_err() && "-1ms".parse::<Latency>().is_err() && "5".parse::<Latency>().is_err());
    let stall = Stall::default();
    assert_eq!(stall.left(Duration::from_secs(17)), None);
    assert_eq!(stall.left(Duration::from_secs(39)), Some(Duration::from_secs(1)));
}

#[test]
fn codes_dates_and_escapes_are_decoded() {
    // From RFC 6238, appendix B: the last six digits.
    assert_eq!(tokens::totp_at(b"12345678901234567890", 1).unwrap(), "287082");
    assert_eq!(tokens::base32("JBSW Y3DP-EHPK3PXP=").unwrap(), b"Hello!\xde\xad\xbe\xef");
    assert_eq!(clock::iso(951_782_400), "2000-02-29T00:00:00Z");
    assert_eq!(clock::from_basic("20000229T000001Z"), Some(951_782_401));
    assert_eq!(clock::from_basic("20001329T000001Z"), None);
    assert_eq!(wire::unescape("100%+%C3%A4%zz"), "100%+ä%zz");
}
