//! Removes the prelude of a streamed response of `lambda_runtime`: a JSON object for HTTP gateways, and eight NUL bytes. Frames follow it.

use bytes::Bytes;

const NULS: usize = 8;
/// A longer beginning isn't a prelude, which has only a few dozen bytes, and is passed on.
const LONGEST: usize = 16 * 1024;

/// Removes the prelude from a response in pieces of any length.
#[derive(Debug)]
pub(super) struct Prelude {
    /// The bytes so far, as long as they may be a prelude.
    held: Option<Vec<u8>>,
}

impl Default for Prelude {
    fn default() -> Self {
        Self { held: Some(Vec::new()) }
    }
}

impl Prelude {
    /// Returns the part of the piece after the prelude.
    pub(super) fn skip(&mut self, piece: &[u8]) -> Bytes {
        let Some(held) = &mut self.held else { return Bytes::copy_from_slice(piece) };
        held.extend_from_slice(piece);
        let rest = match held.windows(NULS).position(|window| window == [0; NULS]) {
            Some(at) => at + NULS,
            // A prelude is an object, so it begins with `{`.
            None if held.first().is_some_and(|first| *first != b'{') || held.len() > LONGEST => 0,
            None => return Bytes::new(),
        };
        let rest = Bytes::copy_from_slice(&held[rest..]);
        self.held = None;
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prelude_is_removed_however_it_is_split() {
        let whole = b"{\"headers\":{}}\0\0\0\0\0\0\0\0ltc2:a\nltc2:b\n";
        for cut in 0..whole.len() {
            let mut prelude = Prelude::default();
            let both = [prelude.skip(&whole[..cut]), prelude.skip(&whole[cut..])].concat();
            assert_eq!(both, b"ltc2:a\nltc2:b\n", "cut at {cut}");
        }
    }

    #[test]
    fn response_without_a_prelude_passes_unchanged() {
        let mut prelude = Prelude::default();
        assert_eq!(prelude.skip(b"ltc2:a\n"), "ltc2:a\n");
        assert_eq!(prelude.skip(b"\0\0\0\0\0\0\0\0"), "\0\0\0\0\0\0\0\0".as_bytes());
    }
}
