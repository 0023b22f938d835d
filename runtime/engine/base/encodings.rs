//! Encodings of a whole text, in which a secret may be shown: base64, base32, UTF-16, and the forms of characters with accents.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

/// The texts that mean the same as a value: with composed characters (`é` is one) and decomposed ones (`é` is `e` and an accent), and as a
/// string of JSON has it.
pub(super) fn forms(value: &str) -> Vec<String> {
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(value).into_owned();
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(value).into_owned();
    let json = serde_json::to_string(value).unwrap_or_default();
    let json = json.get(1..json.len().max(2) - 1).unwrap_or_default().to_owned();
    let mut forms = vec![value.to_owned()];
    for form in [composed, decomposed, json] {
        if !form.is_empty() && !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

/// A text in UTF-16, as Windows encodes it before base64, in both orders of bytes.
pub(super) fn utf16(text: &str) -> [Vec<u8>; 2] {
    [u16::to_le_bytes, u16::to_be_bytes].map(|bytes| text.encode_utf16().flat_map(bytes).collect())
}

/// The characters of a value's base64 that don't depend on the text before and after it, for each of the three positions that the value can
/// have in a group of bytes (RFC 4648, 4 and 5).
pub(super) fn base64(value: &[u8]) -> impl Iterator<Item = String> {
    [(0, 0), (1, 2), (2, 3)].into_iter().flat_map(move |(before, dependent)| {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(value);
        let after = usize::from(bytes.len() % 3 != 0);
        [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)]
            .map(|text| text.get(dependent..text.len() - after).unwrap_or_default().to_owned())
    })
}

/// The same of the base64 of a value's base64.
pub(super) fn base64_twice(value: &[u8]) -> Vec<String> {
    base64(value).flat_map(|text| base64(text.as_bytes()).collect::<Vec<_>>()).collect()
}

/// The characters of a value's base32 (RFC 4648, 6) that don't depend on the text before and after it, for each of the five positions in a
/// group of bytes.
pub(super) fn base32(value: &[u8]) -> impl Iterator<Item = String> {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    (0..5).map(move |before| {
        // The bits of the first character belong to the byte before the value, too.
        let skipped = (5 - before * 8 % 5) % 5;
        let (mut bits, mut count) = (0_u32, 0);
        let mut text = String::with_capacity(value.len() * 8 / 5);
        for (at, byte) in value.iter().enumerate() {
            bits = bits << 8 | u32::from(*byte);
            count += if at == 0 { 8 - skipped } else { 8 };
            while count >= 5 {
                count -= 5;
                text.push(char::from(DIGITS[(bits >> count & 31) as usize]));
            }
        }
        text
    })
}
