//! Frames of a shard: for any output of a function, the reader neither panics nor loses bytes, and reads the same however the bytes are
//! split.

#![no_main]

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ltc_engine::stats::Snapshot;
use ltc_runtime::orchestrator::frame::{Frame, FrameReader, Received};

// The first byte decides whether the others are raw output of a function, or a message to be packed into a frame, because no fuzzer finds a
// valid checksum.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| match bytes.split_first() {
    Some((b'm', message)) => check(&packed(message)),
    _ => check(bytes),
});

fn check(bytes: &[u8]) {
    let whole = read(bytes, bytes.len());
    for received in &whole {
        if let Received::Frame(_, frame) = received
            && let Frame::Counted(counted) = &**frame
        {
            // Inconsistent figures are an error.
            let _ = counted.merge_into(&mut Snapshot::default());
        }
    }
    assert_eq!(whole, read(bytes, 1), "{bytes:?}");
}

fn packed(message: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing to memory cannot fail.
    let packed = packer.write_all(message).and_then(|()| packer.finish()).unwrap_or_default();
    format!("ltc2:{}\n", STANDARD_NO_PAD.encode(packed)).into_bytes()
}

fn read(bytes: &[u8], piece: usize) -> Vec<Received> {
    let mut reader = FrameReader::default();
    let mut all = Vec::new();
    for piece in bytes.chunks(piece.max(1)) {
        reader.push(piece);
        all.extend(reader.by_ref());
    }
    all.extend(reader.finish());
    all
}
