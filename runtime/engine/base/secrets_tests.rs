//! Tests the masking of secrets in every encoding.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::*;

const SECRET: &str = "sk/A\"b <C>+é&1'2=\\😀";

fn secrets(value: &str) -> Secrets {
    Secrets::new(vec![value.to_owned()])
}

#[test]
fn secret_is_masked_in_every_escape() {
    let escape = |each: &dyn Fn(char) -> String| SECRET.chars().map(each).collect::<String>();
    let nested = |levels: usize| {
        (0..levels).fold(SECRET.to_owned(), |text, _| {
            let escaped = serde_json::to_string(&text).unwrap();
            escaped[1..escaped.len() - 1].to_owned()
        })
    };
    let percent = |character: char| character.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let unicode = |character: char| character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect::<String>();
    let bytes = |character: char, each: &dyn Fn(u8) -> String| character.encode_utf8(&mut [0; 4]).bytes().map(each).collect::<String>();
    for spelled in [
        SECRET.to_owned(),
        escape(&percent),
        escape(&percent).to_lowercase(),
        escape(&percent).replace('%', "%25"),
        escape(&|character| if character.is_ascii_alphanumeric() { character.into() } else { percent(character) }).replace("%20", "+"),
        escape(&unicode),
        SECRET.replace('\\', "\\\\").replace('/', "\\/").replace('"', "\\\""),
        nested(1),
        nested(2),
        nested(3),
        SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;"),
        escape(&|character| format!("&#x{:X};", u32::from(character))),
        escape(&|character| format!("\\u{{{:x}}}", u32::from(character))),
        escape(&|character| character.encode_utf8(&mut [0; 4]).bytes().map(|byte| format!("\\x{byte:02x}")).collect()),
        escape(&|character| character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("%u{unit:04X}")).collect()),
        escape(&|character| bytes(character, &|byte| format!("={byte:02X}"))),
        escape(&|character| bytes(character, &|byte| format!("={byte:02X}"))).replace("=22", "=22=\r\n"),
        escape(&|character| bytes(character, &|byte| format!("\\{byte:03o}"))),
        escape(&|character| if character.is_ascii_alphanumeric() { character.into() } else { format!("\\U{:08x}", u32::from(character)) }),
        escape(&|character| if character == 'é' { "\\xe9".into() } else { character.into() }),
        escape(&|character| format!("\\{:x} ", u32::from(character))),
        escape(&|character| if character.is_ascii_punctuation() { format!("\\{character}") } else { character.into() }),
        escape(&|character| if character.is_ascii() { format!("&#{}", u32::from(character)) } else { character.into() }),
        escape(&|character| bytes(character, &|byte| char::from(byte).into())),
        SECRET.replace('"', "\"\""),
        SECRET.replace('\'', "''"),
        SECRET.replace('\'', "'\\''"),
        SECRET.replace('+', "&plus;").replace('é', "&eacute;").replace('/', "&sol;").replace('\\', "&bsol;"),
        SECRET.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"),
        SECRET.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" "),
        SECRET.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(", 0x"),
        SECRET.bytes().map(|byte| format!("{byte:02x}")).collect(),
        SECRET.bytes().map(|byte| format!("{byte:02X}")).collect(),
    ] {
        assert_eq!(secrets(SECRET).mask(&format!("<{spelled}>")), "<***>", "{spelled}");
    }
}

#[test]
fn lines_of_a_secret_are_masked_however_they_end() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n  ggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEf==\n-----END KEY-----\n";
    let [first, second] = ["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw", "ggSjAgEAAoIBAQC7VJTUt9Us8cKj"];
    let masked = |text: &str| secrets(key).mask(text);
    assert_eq!(masked(&format!("<{key}>")), "<***>");
    for text in
        [key.replace('\n', "\r\n"), key.replace('\n', ""), key.replace('\n', "\\r\\n"), format!("line 2 is {first}"), second.to_owned()]
    {
        let masked = masked(&text);
        assert!(!masked.contains(first) && !masked.contains(second) && masked.contains(MASK), "{masked}");
    }
    assert_eq!(masked("-----BEGIN KEY----- of another, MzEf=="), "-----BEGIN KEY----- of another, MzEf==");
}

#[test]
fn encodings_of_several_lines_are_masked() {
    let secret = "a secret that is long enough for several lines of base64";
    let encoded = base64::engine::general_purpose::STANDARD.encode(secret);
    for end in ["\n", "\r\n", "\\n", "\\r\\n"] {
        let lines: Vec<&str> = (0..encoded.len()).step_by(20).map(|at| &encoded[at..encoded.len().min(at + 20)]).collect();
        let masked = secrets(secret).mask(&lines.join(end));
        assert!(masked.starts_with(MASK) && masked.len() < 8, "{masked}");
    }
}

#[test]
fn secret_is_masked_in_base64_at_any_position() {
    for secret in [SECRET, "four", "s3cret", "s3crets"] {
        for before in ["", "u", "me", "me:", "user:"] {
            for after in ["", "x", "xy", ":end"] {
                let text = format!("{before}{secret}{after}");
                for encoded in [base64::engine::general_purpose::STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)] {
                    let escaped = encoded.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
                    for shown in [&encoded, &escaped] {
                        let masked = secrets(secret).mask(&format!("Basic {shown}"));
                        assert!(masked.contains(MASK), "{text}: {masked}");
                        // The remaining text is at most the encoding of what is before and after the secret.
                        assert!(masked.len() <= 9 + (before.len() + after.len()).div_ceil(3) * 4 + 12, "{text}: {masked}");
                    }
                }
            }
        }
    }
}

#[test]
fn part_of_a_secret_before_a_cut_is_masked() {
    for mark in ["…", "\n… (20000 bytes in all)"] {
        for (secret, text) in [
            (SECRET, "sk/A\"b <C>+é"),
            (SECRET, "sk%2FA%22b"),
            (SECRET, "sk/A\"b%20%3"),
            (SECRET, "sk/A\\u0022b \\u00"),
            (SECRET, "sk/A&quot;b &l"),
            ("token-of-a-session", "746f6B656e2d"),
            ("token-of-a-session", "dG9rZW4tb2"),
        ] {
            assert_eq!(secrets(secret).mask(&format!("a {text}{mark}")), format!("a ***{mark}"), "{text}");
        }
        // A few characters are no part of a secret, and neither is what is not at the cut.
        for text in ["sk/", "token", "sk/A\"b <C>+é or"] {
            assert_eq!(secrets(SECRET).mask(&format!("{text}{mark}")), format!("{text}{mark}"));
        }
    }
}

#[test]
fn longer_secret_is_masked_before_one_that_it_contains() {
    let both = Secrets::new(vec!["token".into(), "token-of-two".into(), String::new()]);
    assert_eq!(both.mask("a token-of-two, a token, tok"), "a ***, a ***, tok");
}

#[test]
fn text_without_secrets_stays_unchanged() {
    for text in [
        "",
        "%",
        "%2",
        "\\",
        "\\u12",
        "&",
        "&amp",
        "&#;",
        "%25",
        "100 % é 😀 & \\\\ +",
        "%é",
        "\\ué😀",
        "=",
        "=2",
        "=\n",
        "%u12",
        "\\x",
        "\\xé",
        "\\U0",
        "\\3",
        "\\e",
        "&eacut",
        "&#1",
        "''",
        "Ã",
    ] {
        assert_eq!(secrets("s3cret").mask(text), text);
        assert_eq!(secrets("%&\\é").mask(text), text);
        assert_eq!(Secrets::default().mask(text), text);
    }
}

#[test]
fn secret_is_masked_in_encodings_of_its_encodings() {
    let secret = "s3cret-of-Zoë/1+\"";
    let twice = |text: &str| STANDARD.encode(STANDARD.encode(text));
    let windows = |text: &str| STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let json = |text: &str| STANDARD.encode(serde_json::to_string(text).unwrap());
    let big = |text: &str| URL_SAFE_NO_PAD.encode(text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
    for encode in [&twice as &dyn Fn(&str) -> String, &windows, &json, &big, &base32_of, &|text| base32_of(text).to_lowercase()] {
        for before in ["", "u", "me", "me:", "user", "user:"] {
            for after in ["", "x", "xy", ":end"] {
                let shown = encode(&format!("{before}{secret}{after}"));
                let masked = secrets(secret).mask(&format!("<{shown}>"));
                assert!(masked.contains(MASK), "{before}{after}: {shown}");
                // What is left is the encoding of what is before and after the secret.
                assert!(masked.len() < 16 + (before.len() + after.len()) * 4, "{before}{after}: {masked}");
            }
        }
    }
}

/// RFC 4648, 6.
fn base32_of(text: &str) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits: String = text.bytes().map(|byte| format!("{byte:08b}")).collect();
    let bits: Vec<char> = bits.chars().collect();
    bits.chunks(5)
        .map(|bits| {
            let number = format!("{:0<5}", bits.iter().collect::<String>());
            char::from(digits[usize::from_str_radix(&number, 2).unwrap()])
        })
        .collect()
}

#[test]
fn secret_is_masked_in_composed_and_decomposed_characters() {
    let (composed, decomposed) = ("Zo\u{eb}s-pässword", "Zoe\u{308}s-pa\u{308}ssword");
    for (secret, shown) in [(composed, decomposed), (decomposed, "Zoës-pässword")] {
        assert_eq!(secrets(secret).mask(&format!("<{shown}>")), "<***>");
        let encoded: String = shown.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(secrets(secret).mask(&format!("<{encoded}>")), "<***>");
        assert!(secrets(secret).mask(&STANDARD.encode(shown)).len() < 8);
    }
}

#[test]
fn short_encodings_are_not_masked_by_chance() {
    // The base32 of `four` is `MZXXK4Q`.
    assert_eq!(secrets("four").mask("MZXXK4Q"), "MZXXK4Q");
    let words = "The quick brown fox jumps over the lazy dog, and 4 % of + 5 = 9 \\n\\u0041 &amp; so on";
    assert_eq!(secrets("password").mask(words), words);
}
