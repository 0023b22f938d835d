//! The functions of the language, with one file for each family. The language reference states their arguments. A wrong type is an
//! [`EvalError`] that names the function.
//!
//! Random numbers come only from the [`Rng`], and the time only from the argument `now`, so that a seed and a clock repeat a run.

pub mod aws;
pub mod crypto;
pub mod fake;
mod fake_lists;
pub mod jwt;
pub mod lists;
pub mod numbers;
pub mod random;
pub mod texts;
pub mod time;

pub use aws::{AwsCredentials, AwsRequest, AwsRules, aws_sign};
pub use crypto::{base64, base64_decode, base64url, hex, hex_decode, hmac_sha1, hmac_sha256, hmac_sha512, md5, sha1, sha256, sha512, totp};
pub use jwt::{JWT_ALGORITHMS, jwt};
pub use lists::{camel, contains, first, keys, last, len, merge, reverse, sort, unique, without};
pub use numbers::{abs, ceil, float, floor, int, max, min, round, sum};
pub use random::{Rng, chance, one_of, random, random_string, sample, uuid, weighted};
pub use texts::{
    bytes, concat, ends_with, from_json, join, lower, replace, replace_regex, split, starts_with, string, text, to_json, trim, upper,
    urldecode, urlencode,
};
pub use time::{format_time, now, parse_time, unix, unix_ms};

use crate::value::{Eval, EvalError, Value};

/// The error for a wrong argument: `len of an int: it takes a string, …`.
fn refuse<T>(function: &str, value: &Value, takes: &str) -> Eval<T> {
    Err(EvalError(format!("{function} of {}: it takes {takes}", value.describe())))
}

fn text_of<'a>(function: &str, value: &'a Value) -> Eval<&'a str> {
    match value.as_str() {
        Some(text) => Ok(text),
        None => refuse(function, value, "a string"),
    }
}

fn bytes_of<'a>(function: &str, value: &'a Value) -> Eval<&'a [u8]> {
    match value.as_bytes() {
        Some(bytes) => Ok(bytes),
        None => refuse(function, value, "a string, bytes or a file"),
    }
}

fn list_of<'a>(function: &str, value: &'a Value) -> Eval<&'a [Value]> {
    match value {
        Value::List(items) => Ok(items),
        other => refuse(function, other, "a list"),
    }
}

fn count_of(function: &str, value: &Value) -> Eval<usize> {
    match value {
        Value::Int(n) => usize::try_from(*n).or_else(|_| refuse(function, value, "a number from 0")),
        other => refuse(function, other, "an int"),
    }
}
