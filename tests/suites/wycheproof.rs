//! Project Wycheproof, applied to `hmac_*` and `jwt`.
//!
//! ltc signs and never verifies. So ltc must produce a valid vector from its message, and must not produce an invalid one. ring, the
//! library that signs for `jwt`, verifies signatures of RSA and ECDSA with the vectors' public keys, because their private keys are not
//! published.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ltc_engine::functions::jwt::jws_signature;
use ltc_engine::functions::{hmac_sha1, hmac_sha256, hmac_sha512};
use ltc_engine::value::{Eval, Value};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::Value as Json;

use crate::suite::{self, Outcome, Suite};

const SUITE: Suite = Suite {
    name: "wycheproof",
    title: "[Wycheproof](https://github.com/C2SP/wycheproof)",
    against: "`hmac_sha1`, `hmac_sha256`, `hmac_sha512`, `jwt`",
    cases: 1_440,
    floor: 1_434,
};

#[test]
fn wycheproof() {
    let Some(data) = suite::data("crypto/testvectors_v1") else { return };
    let mut outcomes = Vec::new();
    for file in suite::files(&data, "_test.json") {
        let name = suite::name(&file).trim_end_matches("_test.json").to_owned();
        for group in suite::json(&file)["testGroups"].as_array().unwrap() {
            for case in group["tests"].as_array().unwrap() {
                outcomes.push((format!("{name} {}", case["tcId"]), outcome(&name, group, case)));
            }
        }
    }
    SUITE.judge(outcomes);
}

fn outcome(file: &str, group: &Json, case: &Json) -> Outcome {
    let holds = match file {
        "hmac_sha1" => mac(hmac_sha1, group, case)?,
        "hmac_sha256" => mac(hmac_sha256, group, case)?,
        "hmac_sha512" => mac(hmac_sha512, group, case)?,
        "json_web_signature" => token(group, case)?,
        "rsa_signature_2048_sha256" => verified(&RSA_PKCS1_2048_8192_SHA256, &bytes(&group["publicKeyAsn"]), case),
        "ecdsa_secp256r1_sha256_p1363" => verified(&ECDSA_P256_SHA256_FIXED, &bytes(&group["publicKey"]["uncompressed"]), case),
        other => panic!("{other} has no test"),
    };
    match case["result"].as_str().unwrap() {
        "valid" if !holds => Err("valid, but not what ltc makes".to_owned()),
        "invalid" if holds => Err("invalid, but what ltc makes".to_owned()),
        _ => Ok(()),
    }
}

fn bytes(hex: &Json) -> Vec<u8> {
    hex::decode(hex.as_str().unwrap()).unwrap()
}

fn mac(function: fn(&Value, &Value) -> Eval, group: &Json, case: &Json) -> Result<bool, String> {
    let made = function(&Value::bytes(bytes(&case["key"])), &Value::bytes(bytes(&case["msg"]))).map_err(|fault| fault.0)?;
    let Value::Bytes(made) = made else { panic!("bytes") };
    let size = usize::try_from(group["tagSize"].as_u64().unwrap()).unwrap() / 8;
    Ok(made[..size.min(made.len())] == bytes(&case["tag"])[..])
}

fn verified(algorithm: &'static dyn VerificationAlgorithm, key: &[u8], case: &Json) -> bool {
    UnparsedPublicKey::new(algorithm, key).verify(&bytes(&case["msg"]), &bytes(&case["sig"])).is_ok()
}

/// Whether ltc produces a token from its header and payload with the group's private key. Signatures that differ each time (those of the PS
/// and ES algorithms) must verify instead.
fn token(group: &Json, case: &Json) -> Result<bool, String> {
    let key = &group["private"];
    let Some((input, signature)) = case["jws"].as_str().and_then(|token| token.rsplit_once('.')) else { return Ok(false) };
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let mut parts = input.split('.');
    let (Some(header), Some(_), None) = (parts.next().and_then(decode), parts.next().and_then(decode), parts.next()) else {
        return Ok(false);
    };
    let (Ok(header), Some(signature)) = (serde_json::from_slice::<Json>(&header), decode(signature)) else { return Ok(false) };
    let alg = header["alg"].as_str().unwrap_or_default();
    // The keys in RFC 7520's examples name the algorithm of only one example.
    let is_example = key["kid"] == "bilbo.baggins@hobbiton.example";
    if !is_example && key["alg"] != alg {
        return Ok(false);
    }
    let ours = jws_signature(alg, &pem(key), input.as_bytes()).map_err(|fault| fault.0)?;
    if ours == signature {
        return Ok(true);
    }
    let public = public(key);
    let algorithm: &dyn VerificationAlgorithm = match alg {
        "ES256" => &ECDSA_P256_SHA256_FIXED,
        "PS256" => &RSA_PSS_2048_8192_SHA256,
        "PS384" => &RSA_PSS_2048_8192_SHA384,
        "PS512" => &RSA_PSS_2048_8192_SHA512,
        _ => return Ok(false),
    };
    let verifies = |signature: &[u8]| algorithm.verify(public[..].into(), input.as_bytes().into(), signature.into()).is_ok();
    if !verifies(&ours) {
        return Err("what ltc signs does not verify".to_owned());
    }
    Ok(verifies(&signature))
}

fn member(key: &Json, name: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap()
}

/// A private key in the form for `jwt`: the bytes of a secret, or PEM.
fn pem(key: &Json) -> Vec<u8> {
    let (label, der) = match key["kty"].as_str().unwrap() {
        "oct" => return member(key, "k"),
        "RSA" => {
            let numbers = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| integer(&member(key, name)));
            ("RSA PRIVATE KEY", element(0x30, &[integer(&[0]), numbers.concat()].concat()))
        }
        _ => {
            let public = element(0xA1, &element(3, &[&[0], &public(key)[..]].concat()));
            ("EC PRIVATE KEY", element(0x30, &[integer(&[1]), element(4, &member(key, "d")), public].concat()))
        }
    };
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der)).into_bytes()
}

/// A public key in the form for ring.
fn public(key: &Json) -> Vec<u8> {
    match key["kty"].as_str().unwrap() {
        "RSA" => element(0x30, &[integer(&member(key, "n")), integer(&member(key, "e"))].concat()),
        "EC" => [&[4], &member(key, "x")[..], &member(key, "y")].concat(),
        _ => Vec::new(),
    }
}

/// A DER element.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let used = &length[length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1)..];
    let mut out = vec![tag];
    if content.len() >= 0x80 {
        out.push(0x80 | u8::try_from(used.len()).unwrap());
    }
    [&out, used, content].concat()
}

/// A DER integer that is not negative.
fn integer(bytes: &[u8]) -> Vec<u8> {
    let digits = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1)..];
    let sign: &[u8] = if digits[0] >= 0x80 { &[0] } else { &[] };
    element(2, &[sign, digits].concat())
}
