//! The main file of the measured program, together with the generated Rust of scenarios.lt: a server in memory, and a run of one scenario.
//!
//! It is compiled without optimization, as a spec's own crate is, so it answers a request by copying few bytes.

use std::process::ExitCode;
use std::sync::LazyLock;

use ltc_runtime::generated::Program;
use ltc_runtime::in_memory::{self, Accepted, Peer};

const ITEM: &str = r#"{"id":7,"name":"kettle","price":24.5,"tags":["kitchen","steel"],"stock":{"amount":3,"place":"A-12"}}"#;
/// [`ITEM`], compressed with `gzip -9 --no-name`.
const ITEM_GZIP: &[u8] = include_bytes!("item.json.gz");

/// Runs `ITERATIONS` iterations of the scenario `CLASS`. Each request fails if `FAILURES` is `all`: `scenarios CLASS ITERATIONS FAILURES`.
pub fn main(program: &'static Program) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [class, iterations, failures] = args.as_slice() else {
        eprintln!("error: expected CLASS ITERATIONS FAILURES");
        return ExitCode::from(2);
    };
    let iterations = iterations.parse().unwrap_or(0);
    let accept = |host: &str| match host {
        "h2.test" => Accepted { peer: Box::new(Http2::new()), http2: true },
        _ => Accepted { peer: Box::new(Http1 { number: 0 }), http2: false },
    };
    match in_memory::run(program, class, iterations, accept) {
        Ok(counted) => {
            let expected = if failures == "all" { counted.requests } else { 0 };
            println!("{} requests, {} failures", counted.requests, counted.failures);
            if counted.requests >= iterations && iterations > 0 && counted.failures == expected {
                return ExitCode::SUCCESS;
            }
            eprintln!("error: unexpected {} failures of {} requests, expected {expected}", counted.failures, counted.requests);
            ExitCode::from(1)
        }
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::from(1)
        }
    }
}

/// An HTTP/1.1 server. Each request arrives in one piece.
#[derive(Debug)]
struct Http1 {
    number: u64,
}

/// The responses that are always the same. They are made once, because making them for each connection would count as well.
static SAME: LazyLock<SameAnswers> = LazyLock::new(SameAnswers::new);

struct SameAnswers {
    item: Vec<u8>,
    gzip: Vec<u8>,
    chunked: Vec<u8>,
    large: Vec<u8>,
    huge: Vec<u8>,
    headers: Vec<u8>,
}

impl SameAnswers {
    fn new() -> Self {
        let (head, tail) = ITEM.split_at(40);
        let chunked = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{head}\r\n{:x}\r\n{tail}\r\n0\r\n\r\n",
            head.len(),
            tail.len()
        );
        let row = |row: u32| {
            format!(r#"{{"id":{row},"name":"thing {row:05}","price":{row}.5,"tags":["a","b","c"],"on":true,"to":null,"by":"nobody"}}"#)
        };
        let page = |count: u32| {
            let rows: Vec<String> = (0..count).map(row).collect();
            format!(r#"{{"rows":[{}],"total":{count},"next":"page-2"}}"#, rows.join(","))
        };
        let encoded = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip";
        let mut gzip = format!("{encoded}\r\nContent-Length: {}\r\n\r\n", ITEM_GZIP.len()).into_bytes();
        gzip.extend_from_slice(ITEM_GZIP);
        let headers = "Cache-Control: no-store, private\r\nX-Limit: 100\r\nX-Request: 5f0c7a\r\nServer: memory\r\nVary: Accept\r\n";
        Self {
            item: json("200 OK", "", ITEM),
            gzip,
            chunked: chunked.into_bytes(),
            large: json("200 OK", "", &page(400)),
            huge: json("200 OK", "", &page(9400)),
            headers: json("200 OK", headers, ITEM),
        }
    }
}

/// A response with a JSON body and additional header lines.
fn json(status: &str, headers: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

impl Peer for Http1 {
    fn answer(&mut self, sent: &[u8], answer: &mut Vec<u8>) {
        self.number += 1;
        if sent.starts_with(b"GET /v1/item ") {
            answer.extend_from_slice(&SAME.item);
        } else if sent.starts_with(b"GET /v1/close ") {
            answer.extend_from_slice(&json("200 OK", "Connection: close\r\n", ITEM));
        } else if sent.starts_with(b"GET /v1/varied/") {
            let id = self.number - 1;
            answer.extend_from_slice(&json("200 OK", "", &format!("{{\"id\":{id},\"name\":\"kettle\",\"price\":24.5}}")));
        } else if sent.starts_with(b"POST /v1/orders ") {
            let created = format!("{{\"id\":\"order-{:09}\",\"sku\":\"sku-00001\",\"count\":3}}", self.number);
            answer.extend_from_slice(&json("201 Created", "", &created));
        } else if sent.starts_with(b"GET /v1/orders/order-") {
            let order = std::str::from_utf8(&sent[15..30]).unwrap_or_default();
            answer.extend_from_slice(&json("200 OK", "", &format!("{{\"id\":\"{order}\",\"sku\":\"sku-00001\",\"count\":3}}")));
        } else if sent.starts_with(b"DELETE /v1/orders/") {
            answer.extend_from_slice(b"HTTP/1.1 204 No Content\r\n\r\n");
        } else if sent.starts_with(b"GET /v1/headers ") {
            answer.extend_from_slice(&SAME.headers);
        } else if sent.starts_with(b"GET /v1/gzip ") {
            answer.extend_from_slice(&SAME.gzip);
        } else if sent.starts_with(b"GET /v1/chunked ") {
            answer.extend_from_slice(&SAME.chunked);
        } else if sent.starts_with(b"GET /v1/large ") {
            answer.extend_from_slice(&SAME.large);
        } else if sent.starts_with(b"GET /v1/large/varied ") {
            let same = SAME.large.strip_suffix(b"page-2\"}").unwrap_or_default();
            answer.extend_from_slice(same);
            answer.extend_from_slice(format!("{:06}\"}}", self.number).as_bytes());
        } else if sent.starts_with(b"GET /v1/huge ") {
            answer.extend_from_slice(&SAME.huge);
        } else if sent.starts_with(b"GET /v1/old ") {
            answer.extend_from_slice(b"HTTP/1.1 302 Found\r\nLocation: /v1/item\r\nContent-Length: 0\r\n\r\n");
        } else if sent.starts_with(b"GET /basket ") {
            // The first response sets the cookie, and all other requests have to send it.
            if self.number == 1 {
                answer.extend_from_slice(&json("200 OK", "Set-Cookie: session=0123456789abcdef; Path=/; HttpOnly\r\n", ITEM));
            } else if sent.ends_with(b"Cookie: session=0123456789abcdef\r\n\r\n") {
                answer.extend_from_slice(&SAME.item);
            } else {
                answer.extend_from_slice(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
            }
        } else if sent.starts_with(b"GET /v1/refused ") {
            answer.extend_from_slice(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy");
        } else {
            answer.extend_from_slice(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        }
    }
}

const SETTINGS: u8 = 4;
const HEADERS: u8 = 1;
const DATA: u8 = 0;
const PING: u8 = 6;

/// An HTTP/2 server (RFC 9113) that answers each request with [`ITEM`], and reads no more of it than necessary.
#[derive(Debug)]
struct Http2 {
    unread: Vec<u8>,
    greeted: bool,
}

impl Http2 {
    fn new() -> Self {
        Self { unread: Vec::new(), greeted: false }
    }
}

fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, content: &[u8]) {
    let length = u32::try_from(content.len()).unwrap_or_default().to_be_bytes();
    out.extend_from_slice(&length[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(content);
}

impl Peer for Http2 {
    fn answer(&mut self, sent: &[u8], answer: &mut Vec<u8>) {
        self.unread.extend_from_slice(sent);
        let mut at = 0;
        if !self.greeted {
            at = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();
            if self.unread.len() < at {
                return;
            }
            self.greeted = true;
            // MAX_CONCURRENT_STREAMS, which most servers send.
            frame(answer, SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 100]);
        }
        while self.unread.len() >= at + 9 {
            let head = &self.unread[at..at + 9];
            let length = usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2]);
            let (kind, flags, stream) = (head[3], head[4], u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
            if self.unread.len() < at + 9 + length {
                break;
            }
            let content = &self.unread[at + 9..at + 9 + length];
            match kind {
                SETTINGS if flags & 1 == 0 => frame(answer, SETTINGS, 1, 0, &[]),
                PING if flags & 1 == 0 => frame(answer, PING, 1, 0, content),
                HEADERS => {
                    // `:status: 200` and `content-type: application/json`, from HPACK's static table (RFC 7541, appendix A).
                    let mut fields = vec![0x88, 0x0f, 0x10, 16];
                    fields.extend_from_slice(b"application/json");
                    frame(answer, HEADERS, 4, stream, &fields);
                    frame(answer, DATA, 1, stream, ITEM.as_bytes());
                }
                _ => {}
            }
            at += 9 + length;
        }
        self.unread.drain(..at);
    }
}
