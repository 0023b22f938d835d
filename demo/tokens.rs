//! Signed tokens, signatures, one-time codes, and a source of random numbers.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

/// The time for which a one-time code is valid, in seconds.
const OTP_STEP: u64 = 30;

/// Signs tokens with this server's key, so that it recognizes them without storing them.
#[derive(Debug)]
pub(crate) struct TokenSigner {
    key: [u8; 8],
    next: AtomicU64,
}

impl TokenSigner {
    pub(crate) fn new() -> Self {
        let random = RandomState::new();
        TokenSigner { key: random.hash_one("key").to_be_bytes(), next: AtomicU64::new(random.hash_one("numbers")) }
    }

    fn mark(&self, kind: &str, payload: &str) -> String {
        let mut mark = hmac_sha256(&self.key, format!("{kind}\0{payload}").as_bytes());
        mark.truncate(32);
        mark
    }

    /// Makes a token, `payload.mark`, which is valid only for this kind.
    pub(crate) fn issue(&self, kind: &str, payload: &str) -> String {
        format!("{payload}.{}", self.mark(kind, payload))
    }

    /// The payload of a token of this kind, if this server made it.
    pub(crate) fn open<'t>(&self, kind: &str, token: &'t str) -> Option<&'t str> {
        let (payload, mark) = token.rsplit_once('.')?;
        same(mark, &self.mark(kind, payload)).then_some(payload)
    }

    /// The next random number (splitmix64).
    pub(crate) fn random(&self) -> u64 {
        let state = self.next.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A random decision that is true with this probability.
    pub(crate) fn chance(&self, share: f64) -> bool {
        share > 0.0 && ((self.random() >> 11) as f64 / (1_u64 << 53) as f64) < share
    }
}

/// Compares two texts in a time that does not reveal where they differ.
pub(crate) fn same(left: &str, right: &str) -> bool {
    left.len() == right.len() && left.bytes().zip(right.bytes()).fold(0, |all, (a, b)| all | (a ^ b)) == 0
}

/// HMAC-SHA-256 in lower-case hex.
pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> String {
    // HMAC accepts keys of any length, so this error cannot happen. An empty result would match no signature of 64 digits.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return String::new();
    };
    mac.update(data);
    hex::encode(mac.finalize().into_bytes())
}

/// Whether `code` is the one-time code of this secret for the current step, the one before or the one after.
pub(crate) fn totp_holds(secret: &[u8], code: &str, unix: u64) -> bool {
    let step = unix / OTP_STEP;
    [step, step.wrapping_sub(1), step + 1].iter().any(|step| totp_at(secret, *step).is_some_and(|want| same(&want, code)))
}

/// The six digits of a time step (RFC 6238, SHA-1).
pub(crate) fn totp_at(secret: &[u8], step: u64) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest.last()? & 0x0f);
    let four: [u8; 4] = digest.get(at..at + 4)?.try_into().ok()?;
    Some(format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000))
}

/// Decodes base32 (RFC 4648; case, spaces, dashes and padding are ignored).
pub(crate) fn base32(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for letter in text.bytes().filter(|letter| !matches!(letter, b'=' | b' ' | b'-')) {
        let five = match letter.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = ((bits << 5) | u32::from(five)) & 0xffff;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(((bits >> held) & 0xff) as u8);
        }
    }
    Some(bytes)
}
