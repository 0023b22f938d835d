//! The forms in which a text can appear in an output.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// A text in every encoding in which an exchange may contain it.
pub(super) fn written(text: &str) -> Vec<String> {
    let percent = |plain: &dyn Fn(u8) -> bool| {
        text.bytes().fold(String::new(), |mut out, byte| {
            if plain(byte) {
                out.push(byte.into());
            } else {
                let _ = write!(out, "%{byte:02X}");
            }
            out
        })
    };
    let unreserved = percent(&|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
    let json_text = serde_json::to_string(text).unwrap().trim_matches('"').to_owned();
    let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    let numeric: String = text.chars().map(|character| format!("&#{};", u32::from(character))).collect();
    let unicode: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    vec![
        text.to_owned(),
        unreserved.replace("%20", "+"),
        unreserved.to_lowercase(),
        unreserved.replace('%', "%25"),
        unreserved,
        percent(&|_| false),
        html.replace('"', "&#34;"),
        html,
        numeric,
        unicode,
        json_text.replace('/', "\\/"),
        serde_json::to_string(&json_text).unwrap().trim_matches('"').to_owned(),
        json_text,
        hex::encode(text),
        hex::encode_upper(text),
        STANDARD.encode(text),
        STANDARD_NO_PAD.encode(text),
        URL_SAFE.encode(text),
        URL_SAFE_NO_PAD.encode(text),
    ]
}

/// What reveals a text: it, or the part of the base64 of a longer text that depends on it alone.
pub(super) fn encodings(text: &str) -> Vec<String> {
    let mut all = written(text);
    for before in 0..3 {
        let within = [vec![0; before], text.as_bytes().to_vec()].concat();
        for encoded in [STANDARD_NO_PAD.encode(&within), URL_SAFE_NO_PAD.encode(&within)] {
            all.push(encoded[[0, 2, 3][before]..encoded.len() - 1].to_owned());
        }
    }
    all.sort_unstable();
    all.dedup();
    all
}
