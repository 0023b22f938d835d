//! The chunks of a response, as a malicious server might write them. The invariants of all responses must hold.

#![no_main]

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ltc_engine::http::fuzz_response(&[HEAD, bytes].concat()));
