//! Runs one case.

use std::cell::Cell;
use std::rc::Rc;

use ltc_engine::http::{HttpRequest, Method, Redirects, Target};

use super::file::{Section, TestFile};
use super::message::{Answer, Sent};
use crate::peer::{Client, Server, Then};
use crate::suite::Outcome;

/// The exit codes of curl for a response that it cannot read: unsupported version, strange or partial response, no response, broken
/// encoding.
const BROKEN: [&str; 7] = ["1", "8", "16", "18", "52", "56", "61"];

pub(super) async fn outcome(number: &str, text: &[u8]) -> Outcome {
    // The responses contain the port.
    let answers: Rc<std::cell::RefCell<Vec<Section>>> = Rc::default();
    let count = Rc::new(Cell::new(0));
    let (all, own_number, counted) = (answers.clone(), number.to_owned(), count.clone());
    let server = Server::start(move |request| {
        let nth = counted.replace(counted.get() + 1);
        let bytes = reply(&all.borrow(), &own_number, request, nth);
        let then = if Answer::is_delimited(&bytes) { Then::Wait } else { Then::Close };
        (bytes, then)
    })
    .await;
    let test = TestFile::read(text, number, server.address.port());
    let command = test.text("client", "command");
    let broken = test.text("verify", "errorcode");
    let broken = BROKEN.contains(&broken.trim());
    *answers.borrow_mut() = test.sections("reply", "data");
    if broken {
        // The server may close the connection without a response.
        let silence = Section { name: "data".to_owned(), content: Vec::new() };
        answers.borrow_mut().extend(test.sections("reply", "data").is_empty().then_some(silence));
    } else {
        answers.borrow_mut().retain(|answer| !answer.content.is_empty());
    }
    let checked = test.section("reply", "datacheck").unwrap_or_default();
    let stripped = test.section("verify", "strippart").is_some() || test.section("verify", "strip").is_some();
    let expected = expected(&test, &answers.borrow(), number, stripped)?;

    let words: Vec<&str> = command.split_whitespace().collect();
    let has = |options: &[&str]| words.iter().any(|word| options.contains(word));
    let follows = has(&["-L", "--location", "--follow", "--location-trusted"]);
    let other_requests =
        has(&["--next", "--retry", "--digest", "--ntlm", "--negotiate", "--anyauth", "-K"]) || command.matches("://").count() > 1;
    let elsewhere = answers.borrow().iter().any(|answer| {
        let text = String::from_utf8_lossy(&answer.content).to_lowercase();
        text.lines().filter_map(|line| line.strip_prefix("location: http")).any(|rest| !rest.starts_with(&format!("://{}", server.address)))
    });
    let one_host = expected.iter().all(|request| request.header("host") == expected[0].header("host") && request.target.starts_with('/'));
    let chain = follows && one_host && !other_requests && !elsewhere;
    let most = words.iter().skip_while(|word| **word != "--max-redirs").nth(1).and_then(|most| most.parse().ok());
    let steps = if chain { &expected[..1] } else { &expected[..] };
    for (at, request) in steps.iter().enumerate() {
        let is_last = at + 1 == steps.len();
        let (client, mut made) = made(request, &server)?;
        if chain {
            (made.redirects, made.cookies) = (most.map_or(Redirects::Any, Redirects::Hops), true);
        }
        let before = server.requests.borrow().len();
        let came = client.send(made).await;
        let sent = server.requests.borrow()[before..].to_vec();
        let wanted = if chain { &expected[..] } else { std::slice::from_ref(request) };
        compare_sent(wanted, &sent, stripped)?;
        let last = sent.last().map(Vec::as_slice).unwrap_or_default();
        let bytes = reply(&answers.borrow(), number, last, count.get() - 1);
        let to_head = last.starts_with(b"HEAD ");
        match (came, Answer::read(&bytes, to_head)) {
            (Err(error), Some(_)) if !(broken && is_last) => return Err(error.message),
            // Such a case is about the next attempt, or the next transfer: curl's exit code is that of the last one.
            (Err(error), None) if !broken && !has(&["--retry"]) && (is_last || !has(&["--next"])) => {
                return Err(format!("{}, but curl reads the response", error.message));
            }
            (Err(_), _) => {}
            (Ok(response), _) if broken && is_last => {
                return Err(format!("an answer {} is read, where curl fails", response.status));
            }
            (Ok(response), answer) => {
                let answer = answer.ok_or_else(|| format!("an answer {} is read, where none is", response.status))?;
                let same = response.body() == answer.body
                    || (!response.body().is_empty() && checked.ends_with(response.body()))
                    || answer.decoded().is_some_and(|decoded| decoded == response.body());
                if response.status != answer.status || !same {
                    let (read, body) = (String::from_utf8_lossy(response.body()), String::from_utf8_lossy(&answer.body));
                    return Err(format!("read as {} {read:.80?}, expected {} {body:.80?}", response.status, answer.status));
                }
            }
        }
    }
    Ok(())
}

/// The requests that curl sends. If the case lists none, there is one for each response.
fn expected(test: &TestFile, answers: &[Section], number: &str, stripped: bool) -> Result<Vec<Sent>, String> {
    let protocol = test.section("verify", "protocol").unwrap_or_default();
    let mut expected = Sent::all(&protocol, stripped)?;
    // ltc uses tunnels only for TLS, which these cases do not have.
    expected.retain(|request| request.method != "CONNECT");
    if expected.is_empty() {
        let parts = answers.iter().filter_map(|answer| answer.name.strip_prefix("data"));
        expected.extend(parts.map(|part| Sent::get(&if part.is_empty() { format!("/{number}") } else { format!("/{number}{part:0>4}") })));
    }
    if expected.is_empty() { Err("the case has neither a request nor an answer".to_owned()) } else { Ok(expected) }
}

/// The response to a request: the one with the number in its path or its authentication, or else the next one.
fn reply(answers: &[Section], number: &str, request: &[u8], nth: usize) -> Vec<u8> {
    let head = String::from_utf8_lossy(request);
    let by_name = |name: String| answers.iter().find(|answer| answer.name == name);
    let target = head.split(' ').nth(1).unwrap_or_default();
    let digits: String =
        target.split_once(number).map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect()).unwrap_or_default();
    let by_path = digits.parse::<u32>().ok().and_then(|part| by_name(format!("data{part}")));
    let authenticated = [("NTLM TlRMTVNTUAAD", "data1002"), ("NTLM TlRMTVNTUAAB", "data1001"), ("uthorization: Digest", "data1000")];
    let by_auth = authenticated.into_iter().find(|(part, _)| head.contains(part)).and_then(|(_, name)| by_name(name.to_owned()));
    let found = by_path.or(by_auth).or_else(|| by_name("data".to_owned()).filter(|_| nth == 0));
    let found = found.or_else(|| answers.get(nth)).or(answers.last());
    // Some cases contain only the requests.
    found.map_or_else(|| b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec(), |answer| answer.content.clone())
}

/// The request of a step that corresponds to curl's request.
fn made(request: &Sent, server: &Server) -> Result<(Client, HttpRequest), String> {
    let through_proxy = request.target.starts_with("http://");
    let client = Client::new(through_proxy.then_some(server.address));
    let own = format!("http://{}", server.address);
    let (origin, target) = match request.target.strip_prefix("http://") {
        Some(rest) => {
            let (host, _) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
            (format!("http://{host}"), &request.target["http://".len() + host.len()..])
        }
        None => (own, &*request.target),
    };
    if !target.starts_with('/') && !through_proxy {
        return Err(format!("the target `{target}` is no path"));
    }
    let url = Target::parse(&origin)?.append(target, "").map_err(|error| error.0)?;
    let mut made = client.get(url);
    made.method = Method::from_name(&request.method);
    let own = ["content-length", "transfer-encoding"];
    let lines = request.headers.iter().filter(|(name, _)| !own.iter().any(|own| name.eq_ignore_ascii_case(own)));
    let lines: Vec<u8> = lines.flat_map(|(name, value)| [name.as_bytes(), b": ", value, b"\r\n"].concat()).collect();
    made.headers = lines.into();
    made.has_body = request.header("content-length").is_some() || request.is_chunked();
    made.body = request.body.clone().into();
    made.cookies = false;
    Ok((client, made))
}

/// Whether ltc adds a header that a step does not set.
fn is_own(line: &str) -> bool {
    ["accept: */*", "accept-encoding: gzip", "user-agent: ltc/"].iter().any(|own| line.starts_with(own))
}

/// A line of a header; a client may choose the order of cookies.
fn in_one_order(name: &str, value: &str) -> String {
    let mut parts: Vec<&str> = value.split("; ").collect();
    if name == "cookie" {
        parts.sort_unstable();
    }
    format!("{name}: {}", parts.join("; "))
}

fn compare_sent(expected: &[Sent], sent: &[Vec<u8>], stripped: bool) -> Result<(), String> {
    let sent: Vec<Sent> = sent.iter().map(|bytes| Sent::all(bytes, false).map(|all| all[0].clone())).collect::<Result<_, _>>()?;
    for (expected, sent) in expected.iter().zip(&sent) {
        let line = |request: &Sent| format!("{} {} {}", request.method, request.target, request.version);
        if line(expected) != line(sent) {
            return Err(format!("`{}` was sent, expected `{}`", line(sent), line(expected)));
        }
        let lines = |request: &Sent| {
            let lines = request.headers.iter();
            // If a part of the body is left out of the file, the stated length is not that of the body.
            let lines = lines.filter(|(name, _)| !(stripped && name.eq_ignore_ascii_case("content-length")));
            let mut lines: Vec<String> =
                lines.map(|(name, value)| in_one_order(&name.to_lowercase(), &String::from_utf8_lossy(value))).collect();
            lines.sort();
            lines
        };
        let (expected_lines, sent_lines) = (lines(expected), lines(sent));
        if let Some(missing) = expected_lines.iter().find(|line| !sent_lines.contains(line)) {
            return Err(format!("the header `{missing:.80}` was not sent"));
        }
        if let Some(more) = sent_lines.iter().find(|line| !expected_lines.contains(line) && !is_own(line)) {
            return Err(format!("the header `{more:.80}` was sent"));
        }
        if expected.body != sent.body {
            return Err(format!("a body of {} bytes was sent, expected {}", sent.body.len(), expected.body.len()));
        }
    }
    if expected.len() == sent.len() { Ok(()) } else { Err(format!("{} requests were sent, expected {}", sent.len(), expected.len())) }
}
