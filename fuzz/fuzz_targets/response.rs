//! HTTP/1.1 responses, as a malicious server might write them: `cargo fuzz run -s none response`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ltc_engine::http::fuzz_response(bytes));
