//! Tests that every value in a head stays on one line, wherever it comes from.

use super::*;
use crate::fixture;
use crate::program::Program;

static PROGRAM: Program = fixture::PROGRAM;

fn user() -> User {
    fixture::user(&PROGRAM, "http://here/")
}

#[test]
fn values_with_line_breaks_are_refused() {
    let u = user();
    for odd in ["a\r\nX-Evil: 1", "a\n", "\r", "a\0b"] {
        let odd = Value::from(odd);
        let mut r = u.request(0, "GET");
        let why = |result: Eval<()>| result.unwrap_err().0;
        let word = if odd == Value::from("a\0b") { "a NUL character" } else { "a line break" };
        assert_eq!(why(r.header("X-A", &odd)), format!("the value of the header X-A contains {word}"));
        assert_eq!(why(r.bearer(&odd)), format!("the value of the header Authorization contains {word}"));
        assert_eq!(why(r.auth_header("X-Key", &odd)), format!("the value of the header X-Key contains {word}"));
        assert_eq!(why(r.aws(&odd, &Value::from("eu-west-1"))), format!("the service contains {word}"));
        assert_eq!(why(r.aws(&Value::from("s3"), &odd)), format!("the region contains {word}"));
        assert!(r.headers.is_empty() && r.auth.is_empty() && r.aws.is_none());
        // Encoded values can't contain a line break.
        r.basic(&odd, &odd).unwrap();
        assert_eq!(r.auth.lines().count(), 1);
    }
}

#[test]
fn names_of_parts_are_encoded_as_browsers_do() {
    let u = user();
    let mut r = u.request(0, "POST");
    r.multipart();
    r.part("a\r\n\"b\"\0", &Value::from("x")).unwrap();
    r.end_multipart();
    let body = String::from_utf8(r.body.clone()).unwrap();
    assert!(body.contains("\r\nContent-Disposition: form-data; name=\"a%0D%0A%22b%22%00\"\r\n\r\nx\r\n--"), "{body}");
}
