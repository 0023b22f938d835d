//! Tests the page's server with requests of a browser and of an attacker.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use super::*;
use crate::live::sample::{info, live_snapshot};

struct Ui {
    web: Web,
    stop: Stop,
}

fn ui() -> Ui {
    let mut web = Web::bind(Listen::At("127.0.0.1:0".parse().unwrap())).unwrap();
    let stop = Stop::default();
    web.start(&Arc::new(info()), &stop).unwrap();
    Ui { web, stop }
}

impl Ui {
    fn connect(&self, request: &str, headers: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.web.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(stream, "{request} HTTP/1.1\r\n{headers}\r\n").unwrap();
        stream
    }

    fn ask(&self, request: &str, headers: &str) -> String {
        let mut answer = String::new();
        self.connect(request, &format!("{headers}Connection: close\r\n")).read_to_string(&mut answer).unwrap();
        answer
    }

    fn host(&self) -> String {
        format!("Host: {}\r\n", self.web.addr)
    }

    fn token(&self) -> String {
        self.web.url().split_once('#').unwrap().1.to_owned()
    }
}

#[test]
fn the_page_is_served_with_a_policy_and_without_the_token() {
    let ui = ui();
    let page = ui.ask("GET /", &ui.host());
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("content-security-policy: default-src 'none'; script-src 'nonce-"), "{page}");
    assert!(page.contains("<svg") || page.contains("createElementNS"), "no charts");
    assert!(!page.contains(&ui.token()));
    assert!(ui.ask("GET /nothing", &ui.host()).starts_with("HTTP/1.1 404"));
    assert!(ui.ask("DELETE /", &ui.host()).starts_with("HTTP/1.1 405"));
}

#[test]
fn events_are_delivered_as_they_come() {
    let ui = ui();
    ui.web.publish(&live_snapshot());
    let mut lines = BufReader::new(ui.connect("GET /events", &ui.host())).lines().map(Result::unwrap);
    let mut next = |name: &str| {
        let wanted = format!("event: {name}");
        assert!(lines.any(|line| line == wanted), "no {wanted}");
        serde_json::from_str::<serde_json::Value>(lines.next().unwrap().strip_prefix("data: ").unwrap()).unwrap()
    };
    assert_eq!(next("about")["test"], "tpdata");
    assert_eq!(next("history").as_array().unwrap().len(), 1);
    assert_eq!(next("interval")["total"]["requests"], 400);
    let mut later = live_snapshot();
    later.users = 99;
    ui.web.publish(&later);
    assert_eq!(next("interval")["tick"][1], 99);
    ui.web.finish(&live_snapshot());
    assert_eq!(next("end")["verdict"], "no_thresholds");
}

#[test]
fn stop_requires_the_token() {
    let ui = ui();
    let stop = |token: &str, more: &str| ui.ask("POST /stop", &format!("{}{token}{more}Content-Length: 0\r\n", ui.host()));
    for token in ["", "X-Ltc-Token: wrong\r\n", "X-Ltc-Token: 00000000000000000000000000000000\r\n"] {
        assert!(stop(token, "").starts_with("HTTP/1.1 403"), "{token}");
    }
    let token = format!("X-Ltc-Token: {}\r\n", ui.token());
    assert!(stop(&token, "Origin: http://evil.example\r\n").starts_with("HTTP/1.1 403"));
    assert!(ui.ask("GET /stop", &format!("{}{token}", ui.host())).starts_with("HTTP/1.1 405"));
    assert!(!ui.stop.is_graceful());
    assert!(stop(&token, &format!("Origin: http://{}\r\n", ui.web.addr)).starts_with("HTTP/1.1 202"));
    assert!(ui.stop.is_graceful() && ui.stop.is_interrupted() && !ui.stop.is_at_once());
    stop(&token, "");
    assert!(!ui.stop.is_at_once(), "a second press must not cut users off");
}

#[test]
fn request_with_a_foreign_host_name_gets_nothing() {
    let ui = ui();
    let port = ui.web.addr.port();
    for host in [format!("Host: evil.example:{port}\r\n"), format!("Host: 127.0.0.1:{}\r\n", port ^ 1), String::new()] {
        for path in ["/", "/events"] {
            let answer = ui.ask(&format!("GET {path}"), &host);
            // Without a Host the request isn't even valid HTTP.
            assert!(answer.starts_with("HTTP/1.1 403") || answer.starts_with("HTTP/1.1 400"), "{host}{answer}");
        }
    }
    let token = format!("Host: evil.example:{port}\r\nX-Ltc-Token: {}\r\nContent-Length: 0\r\n", ui.token());
    assert!(ui.ask("POST /stop", &token).starts_with("HTTP/1.1 403"));
    assert!(!ui.stop.is_graceful());
}

#[test]
fn silent_connections_are_limited() {
    let ui = ui();
    let silent: Vec<_> = (0..200).map(|_| TcpStream::connect(ui.web.addr).unwrap()).collect();
    drop(silent);
    std::thread::sleep(Duration::from_millis(100));
    assert!(ui.ask("GET /", &ui.host()).starts_with("HTTP/1.1 200"));
}

#[test]
fn addresses_of_ui_are_read() {
    assert_eq!(Listen::parse(""), Ok(Listen::Loopback));
    assert_eq!(Listen::parse("9000"), Ok(Listen::At("127.0.0.1:9000".parse().unwrap())));
    assert_eq!(Listen::parse("localhost:9000"), Ok(Listen::At("127.0.0.1:9000".parse().unwrap())));
    assert_eq!(Listen::parse("0.0.0.0:1"), Ok(Listen::At("0.0.0.0:1".parse().unwrap())));
    assert!(Listen::parse("example.com:80").unwrap_err().contains("127.0.0.1:8089"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let error = Web::bind(Listen::At(taken.local_addr().unwrap())).unwrap_err();
    assert!(error.starts_with("--ui: cannot listen on 127.0.0.1:"), "{error}");
    let web = Web::bind(Listen::Loopback).unwrap();
    assert!(web.addr.ip().is_loopback() && web.url().starts_with("http://127.0.0.1:"));
}
