//! The cases: the frames of the server, and the expected behavior of the client.

use super::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PADDED, PING, PRIORITY, RST_STREAM, SETTINGS, STREAM, State,
    WINDOW_UPDATE, frame,
};

/// A case of a section of RFC 9113.
pub(super) struct Case {
    pub(super) section: &'static str,
    pub(super) title: &'static str,
    /// The frames with which the server answers the request.
    pub(super) script: fn() -> Vec<u8>,
    pub(super) expected: Expected,
}

/// The expected behavior of the client.
#[derive(Debug)]
pub(super) enum Expected {
    /// Read the response.
    Answer,
    /// Read the response, and acknowledge a PING with this content, and no other.
    Pong(&'static [u8; 8]),
    /// Read the response, and acknowledge the settings of the greeting and the case.
    SettingsAck,
    /// End the connection with one of these codes.
    Connection(&'static [u32]),
    /// End the stream or the connection with one of these codes.
    Stream(&'static [u32]),
    /// End the stream with this code, and keep the connection.
    Reset(u32),
    /// Send this code when it ends the connection.
    GoAway(u32),
    /// Close the connection.
    Close,
}

impl Expected {
    pub(super) fn holds(&self, state: &State) -> bool {
        let frames = state.frames();
        let codes = |kind: u8| frames.iter().filter(move |frame| frame.kind == kind).filter_map(|frame| frame.code());
        let acks = |kind: u8| frames.iter().filter(move |frame| frame.kind == kind && frame.flags & ACK != 0);
        match self {
            Self::Answer => true,
            Self::Pong(content) => acks(PING).map(|frame| &*frame.payload).eq([&content[..]]),
            Self::SettingsAck => acks(SETTINGS).count() == 2,
            Self::Connection(any) => codes(GOAWAY).any(|code| any.contains(&code)),
            Self::Stream(any) => codes(RST_STREAM).chain(codes(GOAWAY)).any(|code| any.contains(&code)),
            Self::Reset(code) => frames.iter().any(|frame| frame.stream == STREAM && frame.code() == Some(*code)) && !state.closed,
            Self::GoAway(code) => codes(GOAWAY).any(|sent| sent == *code),
            Self::Close => state.closed,
        }
    }
}

const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const STREAM_CLOSED: u32 = 5;
const FRAME_SIZE_ERROR: u32 = 6;
const COMPRESSION_ERROR: u32 = 9;

const PROTOCOL: Expected = Expected::Connection(&[PROTOCOL_ERROR]);
const SIZE: Expected = Expected::Connection(&[FRAME_SIZE_ERROR]);
const CLOSED: Expected = Expected::Stream(&[STREAM_CLOSED]);

const NOTHING: &[u8; 8] = b"\0\0\0\0\0\0\0\0";
const SOMETHING: &[u8; 8] = b"suite-01";

/// `:status: 200`, from the static table.
const OK: &[u8] = &[0x88];
/// `x: y`, not indexed.
const MORE: &[u8] = &[0x00, 1, b'x', 1, b'y'];
const GREATEST: u32 = 0x7FFF_FFFF;

fn head(flags: u8) -> Vec<u8> {
    frame(HEADERS, flags, STREAM, OK)
}

/// A head that is followed by a body.
fn open() -> Vec<u8> {
    head(END_HEADERS)
}

/// A complete response.
fn whole() -> Vec<u8> {
    head(END_HEADERS | END_STREAM)
}

fn more(stream: u32, flags: u8) -> Vec<u8> {
    frame(CONTINUATION, flags, stream, MORE)
}

fn data(stream: u32) -> Vec<u8> {
    frame(DATA, END_STREAM, stream, b"test")
}

fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

fn window(stream: u32, more: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &more.to_be_bytes())
}

fn setting(name: u16, value: u32) -> Vec<u8> {
    frame(SETTINGS, 0, 0, &[&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
}

fn then(frames: &[Vec<u8>]) -> Vec<u8> {
    frames.concat()
}

/// A head with fields of 20 KB.
fn large_head() -> Vec<u8> {
    let field = [&[0x00, 1, b'x', 0x7F, 0xA1, 0x1E][..], &[b'y'; 4_000]].concat();
    frame(HEADERS, END_HEADERS | END_STREAM, STREAM, &[OK, &field.repeat(5)].concat())
}

macro_rules! cases {
    ($($section:literal $title:literal $expected:expr => $($frame:expr),+;)+) => {
        pub(super) const CASES: &[Case] =
            &[$(Case { section: $section, title: $title, script: || then(&[$($frame),+]), expected: $expected }),+];
    };
}

cases! {
    "1" "the preface is accepted" Expected::Answer => whole();

    "4.1" "a frame of an unknown type" Expected::Pong(NOTHING) => frame(22, 0, 0, NOTHING), frame(PING, 0, 0, NOTHING), whole();
    "4.1" "an undefined flag" Expected::Pong(NOTHING) => frame(PING, 0x16, 0, NOTHING), whole();
    "4.1" "the reserved bit" Expected::Pong(NOTHING) => frame(PING, 0x16, 0x8000_0000, NOTHING), whole();
    "4.2" "DATA of 2^14 bytes" Expected::Pong(NOTHING) =>
        open(), frame(DATA, END_STREAM, STREAM, &[b'x'; 16_384]), frame(PING, 0, 0, NOTHING);
    "4.2" "DATA beyond the largest size" Expected::Stream(&[FRAME_SIZE_ERROR]) =>
        open(), frame(DATA, END_STREAM, STREAM, &[b'x'; 16_385]);
    "4.2" "HEADERS beyond the largest size" SIZE => large_head();
    "4.3" "a header block that can't be decoded" Expected::Connection(&[COMPRESSION_ERROR]) =>
        frame(HEADERS, END_HEADERS | END_STREAM, STREAM, &[0x40]);

    "5.1" "DATA on an idle stream" PROTOCOL => data(2);
    "5.1" "RST_STREAM on an idle stream" PROTOCOL => reset(2);
    "5.1" "WINDOW_UPDATE on an idle stream" PROTOCOL => window(2, 100);
    "5.1" "CONTINUATION on an idle stream" PROTOCOL => more(2, END_HEADERS);
    "5.1" "DATA after RST_STREAM" CLOSED => open(), reset(STREAM), data(STREAM);
    "5.1" "HEADERS after RST_STREAM" CLOSED => open(), reset(STREAM), whole();
    "5.1" "CONTINUATION after RST_STREAM" Expected::Stream(&[STREAM_CLOSED, PROTOCOL_ERROR]) =>
        open(), reset(STREAM), more(STREAM, END_HEADERS);
    "5.1" "DATA after the end" CLOSED => whole(), data(STREAM);
    "5.1" "HEADERS after the end" CLOSED => whole(), whole();
    "5.1" "CONTINUATION after the end" Expected::Connection(&[STREAM_CLOSED, PROTOCOL_ERROR]) => whole(), more(STREAM, END_HEADERS);
    "5.1.1" "a stream that nobody opened" PROTOCOL => frame(HEADERS, END_HEADERS | END_STREAM, 101, OK);
    "5.4.1" "the connection is closed after an error" Expected::Close => frame(PING, 0, 3, NOTHING);
    "5.4.1" "GOAWAY is sent before that" Expected::GoAway(PROTOCOL_ERROR) => frame(PING, 0, 3, NOTHING);
    "5.5" "a frame of an extension" Expected::Pong(SOMETHING) => frame(22, 0xFF, 0, NOTHING), frame(PING, 0, 0, SOMETHING), whole();

    "6.1" "DATA on stream 0" PROTOCOL => data(0);
    "6.1" "DATA on a stream that isn't open" CLOSED => whole(), data(STREAM);
    "6.1" "DATA with more padding than content" Expected::Stream(&[PROTOCOL_ERROR]) =>
        open(), frame(DATA, END_STREAM | PADDED, STREAM, b"\x06Test");
    "6.2" "HEADERS without its end, and PRIORITY" PROTOCOL =>
        head(0), frame(PRIORITY, 0, STREAM, &[0, 0, 0, 0, 255]), more(STREAM, END_HEADERS);
    "6.2" "HEADERS on stream 0" PROTOCOL => frame(HEADERS, END_HEADERS | END_STREAM, 0, OK);
    "6.2" "HEADERS with more padding than content" Expected::Stream(&[PROTOCOL_ERROR]) =>
        frame(HEADERS, END_HEADERS | PADDED, STREAM, &[17, 0x88]);
    "6.3" "PRIORITY on stream 0" PROTOCOL => frame(PRIORITY, 0, 0, &[0, 0, 0, 0, 255]);
    "6.3" "PRIORITY of 4 bytes" Expected::Stream(&[FRAME_SIZE_ERROR]) => whole(), frame(PRIORITY, 0, STREAM, &[0x80, 0, 0, 1]);
    "6.4" "RST_STREAM on stream 0" PROTOCOL => reset(0);
    "6.4" "RST_STREAM on an idle stream" PROTOCOL => reset(2);
    "6.4" "RST_STREAM of 3 bytes" Expected::Stream(&[FRAME_SIZE_ERROR]) => whole(), frame(RST_STREAM, 0, STREAM, &[0, 0, 0]);
    "6.5" "an acknowledgement with content" SIZE => frame(SETTINGS, ACK, 0, &[0]);
    "6.5" "SETTINGS on a stream" PROTOCOL => frame(SETTINGS, 0, STREAM, &[0, 3, 0, 0, 0, 100]);
    "6.5" "SETTINGS of 3 bytes" Expected::Stream(&[PROTOCOL_ERROR, FRAME_SIZE_ERROR]) => frame(SETTINGS, 0, 0, &[0, 3, 0]);
    "6.5.2" "a window that is too large" Expected::Connection(&[FLOW_CONTROL_ERROR]) => setting(4, 0x8000_0000);
    "6.5.2" "frames that are too small" PROTOCOL => setting(5, 16_383);
    "6.5.2" "frames that are too large" PROTOCOL => setting(5, 16_777_216);
    "6.5.2" "an unknown setting" Expected::Pong(NOTHING) => setting(0xFF, 1), frame(PING, 0, 0, NOTHING), whole();
    "6.5.3" "SETTINGS are acknowledged" Expected::SettingsAck => setting(2, 0), whole();
    "6.7" "PING is acknowledged" Expected::Pong(SOMETHING) => frame(PING, 0, 0, SOMETHING), whole();
    "6.7" "an acknowledgement isn't acknowledged" Expected::Pong(SOMETHING) =>
        frame(PING, ACK, 0, b"unwanted"), frame(PING, 0, 0, SOMETHING), whole();
    "6.7" "PING on a stream" PROTOCOL => frame(PING, 0, STREAM, NOTHING);
    "6.7" "PING of 6 bytes" SIZE => frame(PING, 0, 0, &[0; 6]);
    "6.8" "GOAWAY on a stream" PROTOCOL => frame(GOAWAY, 0, STREAM, NOTHING);
    "6.9" "WINDOW_UPDATE by 0" PROTOCOL => window(0, 0);
    "6.9" "WINDOW_UPDATE by 0 on a stream" Expected::Stream(&[PROTOCOL_ERROR]) => open(), window(STREAM, 0);
    "6.9" "WINDOW_UPDATE of 3 bytes" SIZE => frame(WINDOW_UPDATE, 0, 0, &[0, 0, 1]);
    "6.9.1" "a window beyond 2^31-1" Expected::GoAway(FLOW_CONTROL_ERROR) => window(0, GREATEST), window(0, GREATEST);
    "6.9.1" "a window beyond 2^31-1 on a stream" Expected::Reset(FLOW_CONTROL_ERROR) =>
        open(), window(STREAM, GREATEST), window(STREAM, GREATEST);
    "6.10" "HEADERS and several CONTINUATIONs" Expected::Pong(NOTHING) =>
        head(END_STREAM), more(STREAM, 0), more(STREAM, END_HEADERS), frame(PING, 0, 0, NOTHING);
    "6.10" "CONTINUATION without its end, and DATA" PROTOCOL => head(0), more(STREAM, 0), data(STREAM);
    "6.10" "CONTINUATION on stream 0" PROTOCOL => head(END_STREAM), more(0, END_HEADERS);
    "6.10" "CONTINUATION after HEADERS with its end" PROTOCOL => whole(), more(STREAM, END_HEADERS);
    "6.10" "CONTINUATION after CONTINUATION with its end" PROTOCOL =>
        head(END_STREAM), more(STREAM, END_HEADERS), more(STREAM, END_HEADERS);
    "6.10" "CONTINUATION after DATA" PROTOCOL => head(0), data(STREAM), more(STREAM, 0), more(0, END_HEADERS);
}
