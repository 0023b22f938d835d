//! The response tests of llhttp, the parser of Node.js, applied to the response parser.
//!
//! The server sends the case's bytes and closes the connection. ltc must read the status and the body in llhttp's log; a response that
//! llhttp rejects must fail.

use std::fs;

use ltc_engine::http::Target;

use crate::peer::{Client, Server, Then, run};
use crate::suite::{self, Outcome, Suite, name};

const SUITE: Suite = Suite {
    name: "llhttp",
    title: "[llhttp](https://github.com/nodejs/llhttp/tree/main/test/response)",
    against: "the reading of responses",
    cases: 85,
    floor: 69,
};

#[test]
fn llhttp_responses() {
    let Some(data) = suite::data("http1/test/response") else { return };
    let mut outcomes = Vec::new();
    for file in suite::files(&data, ".md") {
        let text = fs::read_to_string(&file).unwrap();
        let file = name(&file);
        let (mut before, mut rest) = (String::new(), &*text);
        while let Some((words, after)) = rest.split_once("```http\n") {
            before.push_str(words);
            let title = before.lines().rfind(|line| line.starts_with('#')).unwrap().trim_start_matches('#').trim();
            let meta = words.rsplit("meta=").next().unwrap_or_default();
            let (bytes, after) = after.split_once("```").unwrap();
            let (_, log) = after.split_once("```log\n").unwrap();
            let (log, after) = log.split_once("```").unwrap();
            let case = Case { input: input(bytes), head: meta.contains("\"skipBody\": true"), log };
            outcomes.push((format!("{file}: {title}"), run(case.outcome())));
            rest = after;
        }
    }
    SUITE.judge(outcomes);
}

/// The bytes that a block represents.
fn input(block: &str) -> Vec<u8> {
    let text = block.strip_suffix('\n').unwrap_or(block).replace("\\\n", "").replace('\n', "\r\n");
    let text = text.replace("\\r", "\r").replace("\\n", "\n").replace("\\t", "\t").replace("\\f", "\x0c");
    let mut bytes = Vec::new();
    let mut parts = text.split("\\x");
    bytes.extend_from_slice(parts.next().unwrap().as_bytes());
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(part.len()).min(2);
        bytes.push(u8::from_str_radix(&part[..digits], 16).unwrap());
        bytes.extend_from_slice(&part.as_bytes()[digits..]);
    }
    bytes
}

struct Case<'t> {
    input: Vec<u8>,
    /// Whether the request was a HEAD.
    head: bool,
    log: &'t str,
}

impl Case<'_> {
    async fn outcome(self) -> Outcome {
        let bytes = self.input.clone();
        let server = Server::start(move |_| (bytes.clone(), Then::Close)).await;
        let client = Client::new(None);
        let mut request = client.get(Target::parse(&format!("http://{}/", server.address))?);
        if self.head {
            request.method = ltc_engine::http::Method::from_name("HEAD");
        }
        let came = client.send(request).await;
        match (self.expected()?, came) {
            (Seen::Error(_), Err(_)) => Ok(()),
            (Seen::Error(why), Ok(response)) => {
                let body = String::from_utf8_lossy(response.body());
                Err(format!("read as {} {body:?}, expected an error: {why}", response.status))
            }
            // The connection was closed before the end.
            (Seen::Answer { complete: false, .. }, Err(error)) if error.message.contains("closed") => Ok(()),
            (Seen::Answer { status, body, .. }, Err(error)) => Err(format!("{}, expected {status} {body:?}", error.message)),
            (Seen::Answer { status, body, .. }, Ok(response)) => {
                let read = String::from_utf8_lossy(response.body());
                let same = response.status == status && read == body;
                if same { Ok(()) } else { Err(format!("read as {} {read:?}, expected {status} {body:?}", response.status)) }
            }
        }
    }

    /// The first final response in the log.
    fn expected(&self) -> Result<Seen, String> {
        let (mut status, mut body) = (0, String::new());
        for line in self.log.lines() {
            if let Some((_, code)) = line.split_once("headers complete status=") {
                let code = code.split(' ').next().unwrap_or_default();
                status = code.parse().map_err(|_| format!("`{code}` is no status"))?;
            } else if let Some((_, text)) = line.split_once("span[body]=") {
                match text {
                    "lf" => body.push('\n'),
                    "cr" => body.push('\r'),
                    quoted => body.push_str(&quoted[1..quoted.len() - 1]),
                }
            } else if line.contains("message complete") && status >= 200 {
                return Ok(Seen::Answer { status, body, complete: true });
            } else if let Some((_, why)) = line.split_once("error code=") {
                return Ok(Seen::Error(why.to_owned()));
            }
        }
        Ok(Seen::Answer { status, body, complete: false })
    }
}

/// The result of llhttp.
enum Seen {
    Error(String),
    Answer {
        status: u16,
        body: String,
        /// Whether it ended before the connection did.
        complete: bool,
    },
}
