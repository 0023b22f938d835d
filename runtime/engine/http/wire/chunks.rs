//! Joins a chunked body in place if it has arrived completely (RFC 9112, 7.1). `body` handles everything unusual: extensions, trailers,
//! bare line feeds, errors.

/// How much of a chunked body is in the bytes after a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkedBody {
    /// The whole body: its encoded length, and its decoded length.
    Whole {
        sent: usize,
        body: usize,
    },
    /// A part of it, with this many decoded bytes.
    Part {
        body: usize,
    },
    Unusual,
}

/// The line with a chunk's length.
enum SizeLine {
    /// The length, and the beginning of its data.
    Whole(usize, usize),
    Part,
    Unusual,
}

impl ChunkedBody {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let (mut at, mut body) = (0, 0);
        loop {
            let (size, start) = match size_line(&bytes[at..]) {
                SizeLine::Whole(size, start) => (size, at + start),
                SizeLine::Part => return Self::Part { body },
                SizeLine::Unusual => return Self::Unusual,
            };
            let end = start + size;
            match bytes.get(end..).unwrap_or_default() {
                [b'\r', b'\n', ..] if size == 0 => return Self::Whole { sent: end + 2, body },
                [b'\r', b'\n', ..] => (at, body) = (end + 2, body + size),
                [] | [b'\r'] => return Self::Part { body: body + bytes.len().min(end) - start.min(bytes.len()) },
                _ => return Self::Unusual,
            }
        }
    }

    /// Moves the data of all chunks to the front, after [`Self::of`] has found the body complete. Returns its length.
    pub(crate) fn join(bytes: &mut [u8]) -> usize {
        let (mut at, mut body) = (0, 0);
        while let SizeLine::Whole(size, start) = size_line(&bytes[at..])
            && size > 0
        {
            let start = at + start;
            bytes.copy_within(start..start + size, body);
            (at, body) = (start + size + 2, body + size);
        }
        body
    }
}

/// Reads at most seven digits, so that the length can't overflow.
fn size_line(bytes: &[u8]) -> SizeLine {
    let mut size = 0;
    for (at, byte) in bytes.iter().enumerate().take(8) {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b'\r' if at > 0 => {
                return match bytes.get(at + 1) {
                    Some(b'\n') => SizeLine::Whole(size, at + 2),
                    Some(_) => SizeLine::Unusual,
                    None => SizeLine::Part,
                };
            }
            _ => return SizeLine::Unusual,
        };
        size = size * 16 + usize::from(digit);
    }
    if bytes.len() < 8 { SizeLine::Part } else { SizeLine::Unusual }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"5\r\nhello\r\n0001\r\n,\r\nA\r\n0123456789\r\n0\r\n\r\nnext";

    #[test]
    fn whole_chunked_body_is_joined_in_place() {
        let sent = BODY.len() - 4;
        assert_eq!(ChunkedBody::of(BODY), ChunkedBody::Whole { sent, body: 16 });
        let mut bytes = BODY[..sent].to_vec();
        assert_eq!(ChunkedBody::join(&mut bytes), 16);
        assert_eq!(&bytes[..16], b"hello,0123456789");
        assert_eq!(ChunkedBody::of(b"0\r\n\r\n"), ChunkedBody::Whole { sent: 5, body: 0 });
    }

    #[test]
    fn each_beginning_of_a_chunked_body_is_a_part() {
        let mut most = 0;
        for length in 0..BODY.len() - 4 {
            let ChunkedBody::Part { body } = ChunkedBody::of(&BODY[..length]) else { panic!("{length}") };
            assert!((most..=16).contains(&body), "{length}: {body}");
            most = body;
        }
        assert_eq!(most, 16);
    }

    #[test]
    fn unusual_chunks_are_left_to_the_general_reader() {
        for text in [
            "\r\n",
            "x\r\n",
            "5;a=b\r\nhello\r\n",
            "5\nhello\n",
            "5\r\nhello!\r\n",
            "0\r\nTrailer: x\r\n\r\n",
            "00000005\r\n",
            "5 \r\n",
            "5\rx",
        ] {
            assert_eq!(ChunkedBody::of(text.as_bytes()), ChunkedBody::Unusual, "{text:?}");
        }
    }
}
