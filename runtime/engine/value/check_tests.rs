//! Tests that documents are checked in blocks as they are token by token, and as serde_json does.

use fearless_simd::{Level, Simd, dispatch};

use crate::functions::Rng;
use crate::value::Value;
use crate::value::blocks::{self, Block, parities};
use crate::value::scan::Scanner;

/// Whether a list or an object is accepted. serde_json, the tree and the error that is found token by token have to agree.
fn passes(json: &[u8]) -> bool {
    let mut scanner = Scanner::new(json);
    let skipped = scanner.skip().is_ok();
    let passed = skipped && scanner.end().is_ok();
    let shown = String::from_utf8_lossy(json);
    // What is valid needs no second reading token by token.
    if matches!(json.first(), Some(b'[' | b'{')) {
        assert_eq!(Scanner::new(json).skip_nested().is_some(), skipped, "{shown}");
    }
    assert_eq!(passed, Value::from_json(json).is_ok(), "{shown}");
    if passed {
        assert_eq!(scanner.place(), json.len(), "{shown}");
    }
    // serde_json refuses halves of surrogate pairs, numbers that no float can hold, and more than 128 levels.
    match serde_json::from_slice::<serde_json::Value>(json) {
        Ok(_) => assert!(passed, "{shown}"),
        Err(why) if ["out of range", "surrogate", "hex escape", "recursion limit"].iter().any(|known| why.to_string().contains(known)) => {}
        Err(why) => assert!(!passed, "{why}: {shown}"),
    }
    passed
}

/// A list with a part at each position of a block.
fn at_each_position(part: &[u8], check: impl Fn(&[u8])) {
    for shift in 0..=blocks::SIZE {
        check(&[b"[0,".as_slice(), &vec![b' '; 40 + shift], part, b" , 1]"].concat());
        check(&[b"[\"".as_slice(), &vec![b'x'; 40 + shift], b"\",", part, b",{\"a\":", part, b"}]"].concat());
    }
}

#[test]
fn numbers_and_words_are_checked_at_each_position() {
    for good in
        ["0", "-0", "7", "12", "-12", "1.5", "-0.25", "1E5", "1.5e+30", "0e-1", "123456789012345678901234567890", "true", "false", "null"]
    {
        at_each_position(good.as_bytes(), |json| assert!(passes(json), "{good}"));
    }
    for bad in [
        "01",
        "-",
        "-01",
        "1.",
        ".5",
        "1..2",
        "1.2.3",
        "1-2",
        "--1",
        "1e",
        "1e+",
        "1.e5",
        "+1",
        "-a",
        "1_0",
        "0x1",
        "1a",
        "tru",
        "truex",
        "nulll",
        "Null",
        "NaN",
        "é",
        "1 2",
        "true false",
        "'a'",
        "\\n",
        "1e5.5",
        "00",
        "0.0.",
        "-.5",
        "1e5e5",
    ] {
        at_each_position(bad.as_bytes(), |json| assert!(!passes(json), "{bad}"));
    }
}

#[test]
fn strings_are_checked_at_each_position() {
    for good in
        [r#""""#, r#""a""#, r#""\\""#, r#""\"""#, r#""\\\"x\\\\""#, r#""\/\b\f\n\r\t""#, r#""\u00e9\uD83D""#, "\"é😀\"", "\"{[:,]}\""]
    {
        at_each_position(good.as_bytes(), |json| assert!(passes(json), "{good}"));
    }
    for bad in [
        &b"\"\\x\""[..],
        b"\"\\\"",
        b"\"\\u12\"",
        b"\"\\u12g4\"",
        b"\"\n\"",
        b"\"\x01\"",
        b"\"\xff\"",
        b"\"\xed\xa0\x80\"",
        b"\"a\"\"b\"",
        b"\"a",
    ] {
        at_each_position(bad, |json| assert!(!passes(json), "{}", String::from_utf8_lossy(bad)));
    }
}

#[test]
fn structure_is_checked_at_each_position() {
    for good in ["[]", "{}", "[ ]", "{ }", "[[],{}]", r#"{"a":1}"#, r#"{ "a" : [ 1 , "b" ] , "c" : { } }"#, "[\"a\",\"b\"]", "[\n\t1\r\n]"]
    {
        at_each_position(good.as_bytes(), |json| assert!(passes(json), "{good}"));
    }
    for bad in [
        "[",
        "]",
        "{",
        "}",
        "[}",
        "{]",
        "[1,]",
        "[,1]",
        "[1,,2]",
        "[,]",
        "{,}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":1,"b"}"#,
        r#"{"a" 1}"#,
        r#"{"a"::1}"#,
        r#"{:1}"#,
        r#"{1:1}"#,
        r#"{"a":1:2}"#,
        r#"{"a":"b":"c"}"#,
        r#"["a":1]"#,
        r#"[1,"a":1]"#,
        r#"{"a":1,[2]}"#,
        r#"{"a":1 "b":2}"#,
        r#"{[]}"#,
        r#"{{}}"#,
        "[1]]",
        "[[1]",
        r#"{"a":[}"#,
        "[1\u{b}]",
        ":",
        ",",
        r#"{"a":"b" "c"}"#,
        r#"{"a","b":1}"#,
    ] {
        at_each_position(bad.as_bytes(), |json| assert!(!passes(json), "{bad}"));
    }
}

#[test]
fn tokens_longer_than_a_block_are_checked() {
    for length in 60..=200 {
        let (digits, text, space) = ("7".repeat(length), "x".repeat(length), " ".repeat(length));
        let list = |item: &str| format!("[0, \"more bytes than are read token by token\", {item},{item} ,{{\"a\":{item}}}]");
        let good = [
            digits.clone(),
            format!("-{digits}"),
            format!("{digits}.{digits}"),
            format!("{digits}e5"),
            format!("\"{text}\""),
            format!("\"{text}\\\"é{text}\""),
            format!("{{\"{text}\":{space}1,{space}\"b{text}\"{space}:2{space},\"c\":3}}"),
            format!("[{space}]"),
            format!("{{{space}}}"),
            format!("[{space}{{}}{space},1{space}]"),
        ];
        for good in &good {
            assert!(passes(list(good).as_bytes()), "{good}");
        }
        let bad = [
            format!("0{digits}"),
            format!("{digits}x"),
            format!("{digits}."),
            format!("{digits}.{digits}.1"),
            format!("{digits}\\"),
            text.clone(),
            format!("true{text}"),
            format!("{digits}{space}1"),
            format!("\"{text}\t{text}\""),
            format!("\"{text}\"{space}1"),
            format!("{{\"{text}\"{space}}}"),
            format!("{{\"{text}\"{space},\"b\":1}}"),
            format!("{{{space}1:1}}"),
            format!("{{{digits}:1}}"),
            format!("{{\"a\":1,{digits}}}"),
            format!("{{\"a\":{space}}}"),
            format!("{{\"a\":1{space}\"b\":1}}"),
            format!("[\"{text}\"{space}:1]"),
            format!("[1,{space}]"),
            format!("[{space},1]"),
            format!("{{{space}]"),
        ];
        for bad in &bad {
            assert!(!passes(list(bad).as_bytes()), "{bad}");
        }
        for before in ["[", "[0, "] {
            assert!(passes(format!("{before}{digits}]").as_bytes()));
            assert!(!passes(format!("{before}{digits}").as_bytes()));
        }
    }
}

#[test]
fn levels_are_closed_as_they_were_opened() {
    let rng = Rng::new(3, 11);
    for depth in [1, 2, 20, 63, 64, 65, 127, 128, 129, 300, 500] {
        let levels: Vec<bool> = (0..depth).map(|_| rng.below(2) == 0).collect();
        let opens: String = levels.iter().map(|is_object| if *is_object { "{\"k\":" } else { "[ " }).collect();
        let closes: String = levels.iter().rev().map(|is_object| if *is_object { "}" } else { "]" }).collect();
        // The second value finds its levels again after the first one.
        let json = format!("[{opens}true{closes}, {opens}-1{closes}]");
        assert!(passes(json.as_bytes()), "{json}");
        for _ in 0..10 {
            let at = json.len() - 1 - rng.place(closes.len());
            let other = if &json[at..=at] == "]" { "}" } else { "]" };
            assert!(!passes(format!("{}{other}{}", &json[..at], &json[at + 1..]).as_bytes()), "{at} of {json}");
        }
    }
}

/// What the vector instructions of a level find in each block of text.
fn found(level: Level, text: &[u8]) -> Vec<[u64; 9]> {
    let blocks = text.chunks_exact(blocks::SIZE).filter_map(<[u8]>::first_chunk);
    blocks
        .map(|bytes| {
            dispatch!(level, simd => {
                let block = Block::read(simd, bytes);
                let (opens, closes, objects) = block.brackets();
                let quotes = block.equal(b'"');
                [quotes, block.at_least(b'0'), block.at_least(0x80), block.unusual(), block.white(), opens, closes, objects, parities(simd, quotes)]
            })
        })
        .collect()
}

#[test]
fn all_vector_instructions_find_the_same() {
    let rng = Rng::new(5, 13);
    let mut text: Vec<u8> = (0..=255).collect();
    text.extend((0..1_024).map(|_| b"\"\" \t\n\r{}[],:09\x7f"[rng.place(15)]));
    let level = Level::new();
    let mut levels = vec![level, Level::baseline()];
    #[cfg(target_arch = "x86_64")]
    {
        levels.extend(level.as_sse4_2().map(Simd::level));
        levels.extend(level.as_avx2().map(Simd::level));
    }
    let bits = |bytes: &[u8], is: &dyn Fn(u8) -> bool| (0..blocks::SIZE).filter(|bit| is(bytes[*bit])).fold(0, |bits, bit| bits | 1 << bit);
    let expected: Vec<[u64; 9]> = text
        .chunks_exact(blocks::SIZE)
        .map(|bytes| {
            let quotes: u64 = bits(bytes, &|byte| byte == b'"');
            let odd = (0..64).filter(|bit| (quotes << (63 - bit)).count_ones() % 2 == 1).fold(0, |odd, bit| odd | 1 << bit);
            [
                quotes,
                bits(bytes, &|byte| byte >= b'0'),
                bits(bytes, &|byte| byte >= 0x80),
                bits(bytes, &|byte| !(b' '..0x80).contains(&byte)),
                bits(bytes, &|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')),
                bits(bytes, &|byte| matches!(byte, b'[' | b'{')),
                bits(bytes, &|byte| matches!(byte, b']' | b'}')),
                bits(bytes, &|byte| byte & 0x20 != 0),
                odd,
            ]
        })
        .collect();
    for level in levels {
        assert_eq!(found(level, &text), expected, "{level:?}");
    }
}

fn random(rng: &Rng, depth: u32, out: &mut String) {
    let count = rng.below(5);
    match rng.below(if depth == 0 { 6 } else { 9 }) {
        0 => out.push_str("true"),
        1 => out.push_str(&format!("{}", rng.below(100_000))),
        2 => out.push_str(&format!("-{}.{}", rng.below(100), rng.below(1000))),
        3 => out.push_str("\"a \\\" b\""),
        4 => out.push_str("\"é, {x}\""),
        5 => out.push_str("null"),
        6 => {
            out.push('{');
            for number in 0..count {
                out.push_str(if number > 0 { ", " } else { "" });
                out.push_str(&format!("\"k{number}\":"));
                random(rng, depth - 1, out);
            }
            out.push('}');
        }
        _ => {
            out.push('[');
            for number in 0..count {
                out.push_str(if number > 0 { "," } else { "" });
                random(rng, depth - 1, out);
            }
            out.push_str(" ]");
        }
    }
}

#[test]
fn random_documents_are_checked_as_token_by_token() {
    let mut passed = 0;
    for seed in 0..5_000 {
        let rng = Rng::new(seed, 7);
        let mut json = String::from("[");
        for _ in 0..8 {
            random(&rng, 4, &mut json);
            json.push(',');
        }
        json.push_str("0]");
        let mut json = json.into_bytes();
        if rng.below(4) > 0 {
            let at = rng.place(json.len());
            match rng.below(3) {
                0 => json[at] = b"{}[]\",:1\\-.e tn\x00\xff"[rng.place(17)],
                1 => drop(json.remove(at)),
                _ => json.insert(at, b"{}[]\",:1\\-.e tn\x00\xff"[rng.place(17)]),
            }
        }
        passed += u32::from(passes(&json));
    }
    assert!((1_250..4_750).contains(&passed), "{passed}");
}

#[test]
fn items_are_counted_and_found_in_blocks() {
    for seed in 0..300 {
        let rng = Rng::new(seed, 9);
        let count = rng.place(60);
        let items: Vec<String> = (0..count)
            .map(|_| {
                let mut item = " ".repeat(rng.place(20));
                random(&rng, 2, &mut item);
                item
            })
            .collect();
        let json = format!("[{}] ", items.join(","));
        let enter = || {
            let mut scanner = Scanner::new(json.as_bytes());
            scanner.enter().unwrap();
            scanner
        };
        assert_eq!(enter().skip_items(&mut true), Ok(count), "{json}");
        for skipped in [0, 1, 5, count / 2, count.saturating_sub(1), count, count + 1] {
            let (mut scanner, mut first) = (enter(), true);
            assert_eq!(scanner.skip_to_item(&mut first, skipped), Ok(skipped < count), "{skipped} of {json}");
            if skipped < count {
                let found = Value::scan(&mut scanner).unwrap();
                assert_eq!(found, Value::from_json(items[skipped].as_bytes()).unwrap(), "{skipped} of {json}");
                // From after an item.
                let left = count - skipped - 1;
                assert_eq!(scanner.clone().skip_to_item(&mut first.clone(), 2), Ok(left > 2), "{skipped} of {json}");
                assert_eq!(scanner.skip_items(&mut first), Ok(left), "{skipped} of {json}");
                scanner.end().unwrap();
            }
        }
    }
}
