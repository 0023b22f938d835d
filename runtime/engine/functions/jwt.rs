//! Signed JSON Web Tokens (RFC 7519, JWS compact form): HS, RS, PS, ES and EdDSA.

use ::base64::Engine;
use ::base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ::hmac::Hmac;
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Sha256, Sha384, Sha512};

use super::crypto::mac;
use super::{bytes_of, refuse, text_of};
use crate::value::{Eval, EvalError, Map, Value};

/// The algorithms of `jwt`.
pub const JWT_ALGORITHMS: &[&str] =
    &["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

/// `jwt(alg, key, claims, header: {kid: "…"})`. A key for HS is any text or bytes. All others need a private key in PEM (PKCS#8, PKCS#1,
/// SEC1) or DER; EdDSA needs a key of Ed25519 (RFC 8037). A time among the claims (`exp: now() + 5m`) becomes whole seconds, as the RFC
/// requires.
///
/// # Errors
/// An algorithm that isn't in [`JWT_ALGORITHMS`], a key that doesn't fit it, or claims or a header that aren't an object. No message
/// contains any part of a key.
pub fn jwt(alg: &Value, key: &Value, claims: &Value, header: Option<&Value>) -> Eval {
    let alg = text_of("the algorithm of jwt", alg)?;
    let Value::Object(claims) = claims else {
        return refuse("the claims of jwt", claims, "an object");
    };
    let mut head = Map::new();
    head.insert("alg".into(), Value::str(alg));
    head.insert("typ".into(), Value::str("JWT"));
    match header {
        None => {}
        Some(Value::Object(more)) => head.extend(more.iter().map(|(name, value)| (name.clone(), value.clone()))),
        Some(other) => return refuse("the header of jwt", other, "an object"),
    }
    let claims: Map = claims
        .iter()
        .map(|(name, value)| match value {
            Value::Time(_) => Ok((name.clone(), super::unix(value)?)),
            _ => Ok((name.clone(), value.clone())),
        })
        .collect::<Eval<_>>()?;
    let mut token = String::new();
    for part in [head, claims] {
        let mut json = Vec::new();
        Value::from(part).write_json(&mut json)?;
        URL_SAFE_NO_PAD.encode_string(json, &mut token);
        token.push('.');
    }
    token.pop();
    let signature = jws_signature(alg, bytes_of("the key of jwt", key)?, token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token.into())
}

/// The signature of a JWS's signing input (RFC 7515, section 5.1): its encoded header and payload with a point between them.
///
/// # Errors
/// If the algorithm is unknown, or can't use the key.
pub fn jws_signature(alg: &str, key: &[u8], input: &[u8]) -> Eval<Vec<u8>> {
    match alg {
        "HS256" => mac::<Hmac<Sha256>>(key, input),
        "HS384" => mac::<Hmac<Sha384>>(key, input),
        "HS512" => mac::<Hmac<Sha512>>(key, input),
        "RS256" => rsa(&RSA_PKCS1_SHA256, key, input),
        "RS384" => rsa(&RSA_PKCS1_SHA384, key, input),
        "RS512" => rsa(&RSA_PKCS1_SHA512, key, input),
        "PS256" => rsa(&RSA_PSS_SHA256, key, input),
        "PS384" => rsa(&RSA_PSS_SHA384, key, input),
        "PS512" => rsa(&RSA_PSS_SHA512, key, input),
        "ES256" => ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, &P256, alg, key, input),
        "ES384" => ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, &P384, alg, key, input),
        "EdDSA" => ed25519(key, input),
        other => Err(EvalError(format!("jwt: unknown algorithm {other:?}, use one of {}", JWT_ALGORITHMS.join(", ")))),
    }
}

enum SigningKey {
    Pkcs8(Vec<u8>),
    Pkcs1(Vec<u8>),
    Sec1(Vec<u8>),
    /// DER without a label.
    Der(Vec<u8>),
}

/// Reads the key in `text`. It also accepts a key on one line with `\n` in place of line breaks, as environment variables contain it.
fn private_key(text: &[u8]) -> Eval<SigningKey> {
    let Ok(pem) = std::str::from_utf8(text) else {
        return Ok(SigningKey::Der(text.to_vec()));
    };
    if !pem.contains("-----BEGIN") {
        return Err(EvalError::new("jwt: the key is not in PEM: it must begin with \"-----BEGIN PRIVATE KEY-----\""));
    }
    let pem = pem.replace("\\n", "\n");
    match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(PrivateKeyDer::Pkcs8(key)) => Ok(SigningKey::Pkcs8(key.secret_pkcs8_der().to_vec())),
        Ok(PrivateKeyDer::Pkcs1(key)) => Ok(SigningKey::Pkcs1(key.secret_pkcs1_der().to_vec())),
        Ok(PrivateKeyDer::Sec1(key)) => Ok(SigningKey::Sec1(key.secret_sec1_der().to_vec())),
        _ => Err(EvalError::new("jwt: the PEM contains no complete private key without a passphrase")),
    }
}

fn rsa(padding: &'static dyn RsaEncoding, key: &[u8], input: &[u8]) -> Eval<Vec<u8>> {
    let pair = match private_key(key)? {
        SigningKey::Pkcs8(der) => KeyPair::from_pkcs8(&der),
        SigningKey::Pkcs1(der) => KeyPair::from_der(&der),
        SigningKey::Der(der) => KeyPair::from_pkcs8(&der).or_else(|_| KeyPair::from_der(&der)),
        SigningKey::Sec1(_) => {
            return Err(EvalError::new("jwt: RS and PS algorithms need an RSA key, this is a key of an elliptic curve"));
        }
    };
    let pair = pair.map_err(|why| EvalError(format!("jwt: the RSA key cannot be used: {why}")))?;
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(padding, &SystemRandom::new(), input, &mut signature).map_err(|_| EvalError::new("jwt: signing failed"))?;
    Ok(signature)
}

/// The `AlgorithmIdentifier`s of elliptic curve keys, which PKCS#8 requires and SEC1 leaves out.
const P256: [u8; 21] = [0x30, 19, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 8, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 3, 1, 7];
const P384: [u8; 18] = [0x30, 16, 6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1, 6, 5, 0x2B, 0x81, 4, 0, 0x22];

fn ecdsa(curve: &'static EcdsaSigningAlgorithm, id: &[u8], alg: &str, key: &[u8], input: &[u8]) -> Eval<Vec<u8>> {
    let der = match private_key(key)? {
        SigningKey::Pkcs8(der) | SigningKey::Der(der) => der,
        SigningKey::Sec1(sec1) => {
            let body = [&[2, 1, 0], id, &tagged(4, &sec1)].concat();
            tagged(0x30, &body)
        }
        SigningKey::Pkcs1(_) => {
            return Err(EvalError(format!("jwt: {alg} needs an elliptic curve's key, this is an RSA key")));
        }
    };
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(curve, &der, &random).map_err(|why| {
        let curve = if alg == "ES256" { "P-256" } else { "P-384" };
        EvalError(format!("jwt: the key cannot be used, {alg} needs a key of {curve}: {why}"))
    })?;
    match pair.sign(&random, input) {
        Ok(signature) => Ok(signature.as_ref().to_vec()),
        Err(_) => Err(EvalError::new("jwt: signing failed")),
    }
}

fn ed25519(key: &[u8], input: &[u8]) -> Eval<Vec<u8>> {
    let (SigningKey::Pkcs8(der) | SigningKey::Der(der)) = private_key(key)? else {
        return Err(EvalError::new("jwt: EdDSA needs a key of Ed25519 in PKCS#8, this is an RSA key or one of another curve"));
    };
    // OpenSSL writes version 1, which contains no public key to compare with.
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
        .map_err(|why| EvalError(format!("jwt: the key cannot be used, EdDSA needs a key of Ed25519: {why}")))?;
    Ok(pair.sign(input).as_ref().to_vec())
}

/// A DER element of up to 64 KB.
fn tagged(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    match content.len() {
        0..0x80 => out.push(low),
        0x80..0x100 => out.extend([0x81, low]),
        _ => out.extend([0x82, high, low]),
    }
    out.extend_from_slice(content);
    out
}

#[cfg(test)]
mod tests {
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, KeyPair as _, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384,
        RSA_PSS_2048_8192_SHA512, UnparsedPublicKey,
    };

    use super::*;

    const PAYLOAD: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const PKCS1: &str = include_str!("vectors/rfc7515-a2.pkcs1.pem");
    const PKCS8: &str = include_str!("vectors/rfc7515-a2.pkcs8.pem");
    const EC256: &str = include_str!("vectors/p256.sec1.pem");
    const EC384: &str = include_str!("vectors/p384.pkcs8.pem");

    fn encoded(alg: &str, key: &[u8], input: &str) -> String {
        URL_SAFE_NO_PAD.encode(jws_signature(alg, key, input.as_bytes()).unwrap())
    }

    #[test]
    fn hs256_signs_as_rfc_7515_a1() {
        let key = URL_SAFE_NO_PAD.decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow").unwrap();
        let input = format!("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}");
        assert_eq!(encoded("HS256", &key, &input), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn rs256_signs_as_rfc_7515_a2() {
        let expected = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        let one_line = PKCS8.replace('\n', "\\n");
        let der = PrivateKeyDer::from_pem_slice(PKCS8.as_bytes()).unwrap();
        for key in [PKCS1.as_bytes(), PKCS8.as_bytes(), one_line.as_bytes(), der.secret_der()] {
            assert_eq!(encoded("RS256", key, &format!("eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}")), expected);
        }
        assert_ne!(encoded("RS512", PKCS1.as_bytes(), "x"), encoded("RS384", PKCS1.as_bytes(), "x"));
    }

    #[test]
    fn signatures_of_ps_algorithms_verify() {
        let pair = KeyPair::from_der(PrivateKeyDer::from_pem_slice(PKCS1.as_bytes()).unwrap().secret_der()).unwrap();
        for (alg, verifying) in
            [("PS256", &RSA_PSS_2048_8192_SHA256), ("PS384", &RSA_PSS_2048_8192_SHA384), ("PS512", &RSA_PSS_2048_8192_SHA512)]
        {
            let signature = jws_signature(alg, PKCS1.as_bytes(), b"x").unwrap();
            UnparsedPublicKey::new(verifying, pair.public().as_ref()).verify(b"x", &signature).unwrap();
        }
    }

    #[test]
    fn es_signatures_verify() {
        let random = SystemRandom::new();
        let SigningKey::Sec1(sec1) = private_key(EC256.as_bytes()).unwrap() else { panic!() };
        let pkcs8 = tagged(0x30, &[&[2, 1, 0], &P256[..], &tagged(4, &sec1)].concat());
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).unwrap();
        let signature = jws_signature("ES256", EC256.as_bytes(), b"x").unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key()).verify(b"x", &signature).unwrap();

        let SigningKey::Pkcs8(der) = private_key(EC384.as_bytes()).unwrap() else { panic!() };
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &der, &random).unwrap();
        let signature = jws_signature("ES384", EC384.as_bytes(), b"x").unwrap();
        UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, pair.public_key()).verify(b"x", &signature).unwrap();
    }

    #[test]
    fn eddsa_signs_as_rfc_8037_a4() {
        let key =
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
        let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(encoded("EdDSA", key.as_bytes(), "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"), expected);
    }

    #[test]
    fn token_has_header_claims_and_signature() {
        let claims =
            Value::object([("sub", Value::from("1234567890")), ("name", Value::from("John Doe")), ("iat", Value::from(1_516_239_022))]);
        // The example token of jwt.io.
        let token = jwt(&Value::from("HS256"), &Value::from("your-256-bit-secret"), &claims, None).unwrap();
        assert_eq!(
            token,
            Value::from(
                "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
            )
        );
        let header = Value::object([("kid", Value::from("k1"))]);
        let claims = Value::object([("exp", Value::Time(5_900_000_000))]);
        let token = jwt(&Value::from("HS256"), &Value::from("k"), &claims, Some(&header)).unwrap();
        let parts: Vec<String> =
            token.as_str().unwrap().split('.').take(2).map(|p| String::from_utf8(URL_SAFE_NO_PAD.decode(p).unwrap()).unwrap()).collect();
        assert_eq!(parts, [r#"{"alg":"HS256","typ":"JWT","kid":"k1"}"#, r#"{"exp":5}"#]);
    }

    #[test]
    fn jwt_error_explains_the_key_and_never_shows_it() {
        for (alg, key, part) in [
            ("none", "k", "unknown algorithm"),
            ("RS256", "secret", "not in PEM"),
            ("RS256", EC256, "need an RSA key"),
            ("ES256", PKCS1, "elliptic curve"),
            ("ES256", EC384, "P-256"),
            ("EdDSA", PKCS1, "Ed25519"),
            ("EdDSA", EC384, "Ed25519"),
            ("RS256", "-----BEGIN PRIVATE KEY-----\nAAAA", "no complete private key"),
        ] {
            let fault = jws_signature(alg, key.as_bytes(), b"x").unwrap_err();
            assert!(fault.0.contains(part) && !fault.0.contains("secret"), "{fault}");
        }
    }
}
