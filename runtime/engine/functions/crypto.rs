//! Hashes, MACs, encodings and one-time passwords.

use ::base64::Engine;
use ::base64::alphabet;
use ::base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ::hmac::{Hmac, KeyInit, Mac};
use ::md5::Md5;
use ::sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::{bytes_of, refuse, text_of};
use crate::value::{Eval, EvalError, Value};

/// Decodes with optional padding. The text decides between the standard and the URL alphabet.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const DECODE_STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const DECODE_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

fn digest<D: Digest>(function: &str, data: &Value) -> Eval {
    Ok(Value::bytes(D::digest(bytes_of(function, data)?).to_vec()))
}

/// `md5(data)`
pub fn md5(data: &Value) -> Eval {
    digest::<Md5>("md5", data)
}

/// `sha1(data)`
pub fn sha1(data: &Value) -> Eval {
    digest::<Sha1>("sha1", data)
}

/// `sha256(data)`
pub fn sha256(data: &Value) -> Eval {
    digest::<Sha256>("sha256", data)
}

/// `sha512(data)`
pub fn sha512(data: &Value) -> Eval {
    digest::<Sha512>("sha512", data)
}

/// The MAC of `data`; a key may have any length.
pub(super) fn mac<M: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Eval<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| EvalError::new("hmac: a key of this length cannot be used"))?;
    mac.update(data);
    Ok(mac.finalize().into_bytes().to_vec())
}

/// `hmac_sha1(key, data)`
pub fn hmac_sha1(key: &Value, data: &Value) -> Eval {
    mac::<Hmac<Sha1>>(bytes_of("the key of hmac_sha1", key)?, bytes_of("hmac_sha1", data)?).map(Value::bytes)
}

/// `hmac_sha256(key, data)`
pub fn hmac_sha256(key: &Value, data: &Value) -> Eval {
    mac::<Hmac<Sha256>>(bytes_of("the key of hmac_sha256", key)?, bytes_of("hmac_sha256", data)?).map(Value::bytes)
}

/// `hmac_sha512(key, data)`
pub fn hmac_sha512(key: &Value, data: &Value) -> Eval {
    mac::<Hmac<Sha512>>(bytes_of("the key of hmac_sha512", key)?, bytes_of("hmac_sha512", data)?).map(Value::bytes)
}

/// `hex(data)`: in lower case.
pub fn hex(data: &Value) -> Eval {
    Ok(::hex::encode(bytes_of("hex", data)?).into())
}

/// `hex_decode(s)`
pub fn hex_decode(s: &Value) -> Eval {
    ::hex::decode(text_of("hex_decode", s)?).map(Value::bytes).or_else(|_| refuse("hex_decode", s, "pairs of hexadecimal digits"))
}

/// `base64(data)`: the standard alphabet, padded.
pub fn base64(data: &Value) -> Eval {
    Ok(STANDARD.encode(bytes_of("base64", data)?).into())
}

/// `base64url(data)`: the URL alphabet, without padding.
pub fn base64url(data: &Value) -> Eval {
    Ok(URL_SAFE_NO_PAD.encode(bytes_of("base64url", data)?).into())
}

/// `base64_decode(s)`: either alphabet, with or without padding and line breaks.
pub fn base64_decode(s: &Value) -> Eval {
    let text: String = text_of("base64_decode", s)?.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let engine = if text.contains(['-', '_']) { DECODE_URL } else { DECODE_STANDARD };
    engine.decode(text).map(Value::bytes).or_else(|_| refuse("base64_decode", s, "base64"))
}

/// `totp(secret)`: RFC 6238 with SHA-1, six digits and 30 seconds. The secret is in base32, as for an authenticator app.
pub fn totp(now: i128, secret: &Value) -> Eval {
    let Some(key) = base32(text_of("totp", secret)?) else {
        // The message must not contain the secret.
        return Err(EvalError::new("totp: the secret is not base32 (letters A to Z and digits 2 to 7)"));
    };
    let counter = u64::try_from(now.div_euclid(30_000_000_000)).map_err(|_| EvalError::new("totp: a time before 1970"))?;
    let hash = mac::<Hmac<Sha1>>(&key, &counter.to_be_bytes())?;
    let offset = usize::from(hash[19] & 15);
    let code = hash[offset..offset + 4].iter().fold(0_u32, |code, byte| code << 8 | u32::from(*byte)) & 0x7FFF_FFFF;
    Ok(format!("{:06}", code % 1_000_000).into())
}

/// Decodes base32 (RFC 4648) in any case, with or without spaces, dashes and padding.
fn base32(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.bytes().filter(|c| !matches!(c, b' ' | b'-' | b'=')) {
        let value = match c.to_ascii_uppercase() {
            c @ b'A'..=b'Z' => c - b'A',
            c @ b'2'..=b'7' => c - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xFF) as u8);
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(bytes: Eval) -> String {
        hex(&bytes.unwrap()).unwrap().as_str().unwrap().to_owned()
    }

    #[test]
    fn hashes_are_those_of_the_standards() {
        let abc = Value::from("abc");
        assert_eq!(printed(md5(&abc)), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(printed(sha1(&abc)), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(printed(sha256(&abc)), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(printed(sha512(&abc)).starts_with("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"));
        assert!(sha256(&Value::Int(1)).is_err());
    }

    #[test]
    fn hmacs_are_those_of_rfc_4231_and_2202() {
        let (key, data) = (Value::from("Jefe"), Value::from("what do ya want for nothing?"));
        assert_eq!(printed(hmac_sha1(&key, &data)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(printed(hmac_sha256(&key, &data)), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        let (key, data) = (Value::bytes(vec![0x0b; 20]), Value::from("Hi There"));
        assert_eq!(printed(hmac_sha256(&key, &data)), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_eq!(
            printed(hmac_sha512(&key, &data)),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
        );
        // Test case 6: a key longer than the block.
        let (key, data) = (Value::bytes(vec![0xaa; 131]), Value::from("Test Using Larger Than Block-Size Key - Hash Key First"));
        assert_eq!(printed(hmac_sha256(&key, &data)), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    }

    #[test]
    fn hex_and_base64_are_encoded_and_decoded() {
        let data = Value::bytes(vec![0xfb, 0xff, 0xfe, 0x01]);
        assert_eq!(hex(&data).unwrap(), Value::from("fbfffe01"));
        assert_eq!(base64(&data).unwrap(), Value::from("+//+AQ=="));
        assert_eq!(base64url(&data).unwrap(), Value::from("-__-AQ"));
        for text in ["+//+AQ==", "+//+AQ", "-__-AQ", "-__-AQ==", "+//+\nAQ=="] {
            assert_eq!(base64_decode(&Value::from(text)).unwrap(), data);
        }
        assert_eq!(hex_decode(&Value::from("FBfffe01")).unwrap(), data);
        assert!(base64_decode(&Value::from("!")).is_err());
        assert!(hex_decode(&Value::from("abc")).is_err());
    }

    #[test]
    fn totp_gives_the_codes_of_rfc_6238() {
        let secret = Value::from("gezd gnbv gy3t qojq GEZDGNBVGY3TQOJQ");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(totp(seconds * 1_000_000_000, &secret).unwrap(), Value::from(code));
        }
        let fault = totp(0, &Value::from("no base32!")).unwrap_err();
        assert!(!fault.0.contains("no base32!"));
    }
}
