//! The HTTP cases of curl's test suite.
//!
//! A case contains the responses of its server and the requests that curl sends. A step of ltc sends each of these requests, or, if curl
//! follows redirects, the first of them. The test compares the requests that the server received with those of curl, and the content that
//! ltc reads with that of the responses; if curl reports a broken response, so must ltc. The options of curl's command line are not
//! interpreted, and the cases for HTTPS, HTTP/2 and proxies run over a plain connection.

mod exchange;
mod file;
mod message;

use std::fs;

use crate::peer::run;
use crate::suite::{self, Suite, name};

const SUITE: Suite = Suite {
    name: "curl",
    title: "[curl](https://github.com/curl/curl/tree/master/tests/data)",
    against: "requests, responses, redirects",
    cases: 1_090,
    floor: 912,
};

#[test]
fn curl_http_cases() {
    let Some(data) = suite::data("curl/tests/data") else { return };
    let files = suite::files(&data, "");
    let cases = files.iter().filter(|file| name(file).trim_start_matches("test").bytes().all(|byte| byte.is_ascii_digit()));
    SUITE.judge(cases.map(|file| (name(file), run(exchange::outcome(&name(file)[4..], &fs::read(file).unwrap())))));
}
