//! The HTTP cases of curl's test suite.
//!
//! A case has the answers of its server and the requests that curl sends. A step of ltc sends each of these requests, or, where curl follows
//! redirects, the first of them. Compared are the requests that came to the server with those of curl, and what ltc reads of the answers
//! with their content; where curl reports a broken answer, so must ltc. The options of curl's command line are not interpreted, and the
//! cases for HTTPS, HTTP/2 and proxies run over a plain connection.

mod exchange;
mod file;
mod message;

use std::fs;

use crate::peer::run;
use crate::suite::{self, Suite, name};

const SUITE: Suite = Suite {
    name: "curl",
    title: "[curl](https://github.com/curl/curl/tree/master/tests/data)",
    against: "requests, answers, redirects",
    cases: 1_090,
    floor: 911,
};

#[test]
fn curl_http_cases() {
    let Some(data) = suite::data("curl/tests/data") else { return };
    let files = suite::files(&data, "");
    let cases = files.iter().filter(|file| name(file).trim_start_matches("test").bytes().all(|byte| byte.is_ascii_digit()));
    SUITE.judge(cases.map(|file| (name(file), run(exchange::outcome(&name(file)[4..], &fs::read(file).unwrap())))));
}
