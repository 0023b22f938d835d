//! Messages over standard input and output. What cannot be read as a message is answered with an error, and the session continues: an editor
//! that sends one wrong message should not lose its server.

use std::io::{self, BufRead, Read as _, Write};
use std::thread::JoinHandle;

use crossbeam_channel::bounded;
use lsp_server::{Connection, ErrorCode, Message, Notification};
use serde_json::json;

/// The largest message that is read, in bytes. A spec and its JSON escapes fit.
const LONGEST: u64 = 256 << 20;

/// The longest header of a message, in bytes.
const LONGEST_HEADER: u64 = 8 << 10;

/// The most messages that wait for an answer, or to be sent.
const QUEUE: usize = 16;

/// A message, or why there is none.
enum Read {
    Message(Message),
    /// The message is wrong, but the next one can be read.
    Wrong(ErrorCode, String),
}

/// The threads of a connection.
pub(super) struct Threads {
    reader: JoinHandle<Result<(), String>>,
    writer: JoinHandle<io::Result<()>>,
}

impl Threads {
    /// Waits for the end of both threads.
    ///
    /// # Errors
    /// Why the connection broke.
    pub(super) fn join(self) -> Result<(), String> {
        let panicked = || "a thread of ltc failed".to_owned();
        self.reader.join().map_err(|_| panicked())??;
        self.writer.join().map_err(|_| panicked())?.map_err(|error| error.to_string())
    }
}

/// Connects to the editor that started this process.
pub(super) fn connect() -> (Connection, Threads) {
    // A bounded queue stops an editor that sends faster than messages are answered.
    let (received, receiver) = bounded(QUEUE);
    let (sender, sent) = bounded::<Message>(QUEUE);
    let writer = std::thread::spawn(move || sent.iter().try_for_each(|message| message.write(&mut io::stdout().lock())));
    let reader = std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Some(read) = read(&mut input)? {
            match read {
                Read::Message(message) => {
                    let is_exit = matches!(&message, Message::Notification(Notification { method, .. }) if method == "exit");
                    if received.send(message).is_err() || is_exit {
                        break;
                    }
                }
                Read::Wrong(code, why) => refuse(code, &why).map_err(|error| error.to_string())?,
            }
        }
        Ok(())
    });
    (Connection { sender, receiver }, Threads { reader, writer })
}

/// Answers what is no message. The answer has no id, because that of the message is unknown.
fn refuse(code: ErrorCode, why: &str) -> io::Result<()> {
    let answer = json!({ "jsonrpc": "2.0", "id": null, "error": { "code": code as i32, "message": why } }).to_string();
    let mut output = io::stdout().lock();
    write!(output, "Content-Length: {}\r\n\r\n{answer}", answer.len())?;
    output.flush()
}

/// Reads a message; `None` at the end of the input.
///
/// # Errors
/// If the beginning of the next message is unknown.
fn read(input: &mut impl BufRead) -> Result<Option<Read>, String> {
    let Some(length) = length(input)? else { return Ok(None) };
    let broken = |error: io::Error| error.to_string();
    if length > LONGEST {
        let skipped = io::copy(&mut input.take(length), &mut io::sink()).map_err(broken)?;
        let why = format!("unexpected message of {length} bytes, expected at most {LONGEST}");
        return Ok((skipped == length).then_some(Read::Wrong(ErrorCode::InvalidRequest, why)));
    }
    let mut bytes = Vec::new();
    input.take(length).read_to_end(&mut bytes).map_err(broken)?;
    if (bytes.len() as u64) < length {
        return Ok(None);
    }
    Ok(Some(message(bytes)))
}

/// The length of the next message. Editors that end lines of the header without a carriage return are understood.
fn length(input: &mut impl BufRead) -> Result<Option<u64>, String> {
    let mut header = input.take(LONGEST_HEADER);
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if header.read_until(b'\n', &mut line).map_err(|error| error.to_string())? == 0 {
            let is_too_long = header.limit() == 0;
            return if is_too_long { Err(format!("unexpected header of more than {LONGEST_HEADER} bytes")) } else { Ok(None) };
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            return length.map(Some).ok_or_else(|| "unexpected message without a `Content-Length`".to_owned());
        }
        if let Some((name, value)) = line.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
            let value = value.trim();
            length = Some(value.parse().map_err(|_| format!("unexpected `Content-Length: {value}`, expected a number of bytes"))?);
        }
    }
}

fn message(bytes: Vec<u8>) -> Read {
    let Ok(text) = String::from_utf8(bytes) else { return Read::Wrong(ErrorCode::ParseError, "the message is not UTF-8 text".to_owned()) };
    // An editor counts UTF-16 code units, and may send a half of a character while someone deletes it.
    let text = if text.contains("\\u") { whole_characters(&text) } else { text };
    match serde_json::from_str(&text) {
        Ok(message) => Read::Message(message),
        Err(error) if error.is_data() => {
            Read::Wrong(ErrorCode::InvalidRequest, "the message is no request, notification or response".to_owned())
        }
        Err(error) => {
            let at = format!("line {}, column {}", error.line(), error.column());
            Read::Wrong(ErrorCode::ParseError, format!("the message is not valid JSON ({at})"))
        }
    }
}

/// Replaces escapes of half a character (`\ud83d` alone) by `\ufffd`, which has the same number of UTF-16 code units.
fn whole_characters(text: &str) -> String {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let mut whole = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        let escape = at + found;
        whole.push_str(&text[at..escape]);
        // Another escape has two bytes, of which the second may be a backslash; a character of several bytes is no valid escape.
        let other = text.get(escape..escape + 2).map_or(1, str::len);
        let (written, length) = match unit(escape) {
            Some(0xd800..=0xdbff) if matches!(unit(escape + 6), Some(0xdc00..=0xdfff)) => (&text[escape..escape + 12], 12),
            Some(0xd800..=0xdfff) => ("\\ufffd", 6),
            Some(_) => (&text[escape..escape + 6], 6),
            None => (&text[escape..escape + other], other),
        };
        whole.push_str(written);
        at = escape + length;
    }
    whole.push_str(&text[at..]);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read from a text: methods of messages, and why others are wrong.
    fn all(text: impl AsRef<[u8]>) -> (Vec<String>, Result<(), String>) {
        let mut input = text.as_ref();
        let mut found = Vec::new();
        loop {
            match read(&mut input) {
                Ok(Some(Read::Message(Message::Notification(notification)))) => found.push(notification.method),
                Ok(Some(Read::Message(other))) => found.push(format!("{other:?}")),
                Ok(Some(Read::Wrong(_, why))) => found.push(why),
                Ok(None) => return (found, Ok(())),
                Err(why) => return (found, Err(why)),
            }
        }
    }

    fn framed(content: &[u8]) -> Vec<u8> {
        [format!("Content-Length: {}\r\n\r\n", content.len()).as_bytes(), content].concat()
    }

    #[test]
    fn wrong_message_does_not_end_the_session() {
        let good = framed(br#"{"jsonrpc":"2.0","method":"good"}"#);
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        for (wrong, why) in [
            (&b"{nope"[..], "the message is not valid JSON (line 1, column 2)"),
            (b"", "the message is not valid JSON (line 1, column 0)"),
            (b"{\"a\":\"\xff\"}", "the message is not UTF-8 text"),
            (b"[]", "the message is no request, notification or response"),
            (deep.as_bytes(), "the message is not valid JSON (line 1, column 132)"),
        ] {
            let (found, end) = all([framed(wrong), good.clone()].concat());
            assert_eq!((found, end), (vec![why.to_owned(), "good".to_owned()], Ok(())));
        }
    }

    #[test]
    fn length_that_is_too_large_takes_no_memory() {
        let end = |header: &str| all(format!("{header}\r\n\r\n{{}}"));
        for length in ["18446744073709551615", "1099511627776", "20000000000"] {
            assert_eq!(end(&format!("Content-Length: {length}")), (Vec::new(), Ok(())), "{length}");
        }
        assert!(end("Content-Length: -5").1.unwrap_err().contains("expected a number of bytes"));
        assert!(end("Content-Length: 99999999999999999999").1.unwrap_err().contains("expected a number of bytes"));
        assert!(end("X: y").1.unwrap_err().contains("without a `Content-Length`"));
        assert!(all("X: ".repeat(10_000)).1.unwrap_err().contains("header of more than 8192 bytes"));
    }

    #[test]
    fn headers_are_read_in_any_case_and_with_any_end_of_line() {
        let content = r#"{"jsonrpc":"2.0","method":"x"}"#;
        for header in ["content-length:30\r\n\r\n", "X: y\nCONTENT-LENGTH :  30\n\n", "Content-Type: a\r\nContent-Length: 30\r\n\r\n"] {
            assert_eq!(all(format!("{header}{content}")), (vec!["x".to_owned()], Ok(())), "{header}");
        }
    }

    #[test]
    fn halves_of_characters_become_replacement_characters() {
        for (written, expected) in [
            (r"a\ud83db", r"a\ufffdb"),
            (r"\ude00", r"\ufffd"),
            (r"\ud83d\ude00", r"\ud83d\ude00"),
            (r"\ud83d\ud83d\ude00", r"\ufffd\ud83d\ude00"),
            (r"\\ud83d \n \u00e9", r"\\ud83d \n \u00e9"),
            (r"\", r"\"),
            (r"\é\u12", r"\é\u12"),
        ] {
            assert_eq!(whole_characters(written), expected);
        }
    }
}
