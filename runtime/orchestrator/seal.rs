//! Encrypts values that are sent to running functions, because the control channel may be an object that others can read. The key is in the
//! event, which only the function receives. AES-256-GCM with a random nonce for each message (NIST SP 800-38D).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom as _, SystemRandom};

use ltc_engine::value::Value;

/// The word that a line with values begins with.
const WORD: &str = "shared ";
const KEY_LEN: usize = 32;

/// Creates a key, in base64.
///
/// # Errors
/// If the system gives no random numbers.
pub(crate) fn new_key() -> Result<String, String> {
    let mut key = [0; KEY_LEN];
    SystemRandom::new().fill(&mut key).map_err(|_| "the system gives no random numbers".to_owned())?;
    Ok(BASE64.encode(key))
}

/// The line `shared VERSION VALUES` of the control channel.
///
/// # Errors
/// If a value cannot be sent, or the key is invalid.
pub(crate) fn line(key: &str, version: u64, values: &[Value]) -> Result<String, String> {
    let mut text = serde_json::to_vec(values).map_err(|error| format!("cannot send the values of `before test every`: {error}"))?;
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(|_| "the system gives no random numbers".to_owned())?;
    let aad = Aad::from(version.to_be_bytes());
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text)
        .map_err(|_| "the values of `before test every` cannot be encrypted".to_owned())?;
    Ok(format!("{WORD}{version} {}", BASE64.encode([nonce.as_slice(), &text].concat())))
}

/// Whether a line contains values.
pub(crate) fn is_line(line: &str) -> bool {
    line.starts_with(WORD)
}

/// The version and the values in the text of the channel, if they are newer than version `than`.
///
/// # Errors
/// If they cannot be read, for example because the key is another one.
pub(crate) fn newer(text: &str, key: &str, than: u64) -> Result<Option<(u64, Vec<Value>)>, String> {
    let damaged = || "the values of `before test every` are damaged".to_owned();
    let Some(rest) = text.lines().find_map(|line| line.strip_prefix(WORD)) else { return Ok(None) };
    let (version, sealed) = rest.trim().split_once(' ').ok_or_else(damaged)?;
    let version: u64 = version.parse().map_err(|_| damaged())?;
    if version <= than {
        return Ok(None);
    }
    let mut sealed = BASE64.decode(sealed).map_err(|_| damaged())?;
    let mut values = sealed.split_off(NONCE_LEN.min(sealed.len()));
    let nonce = Nonce::try_assume_unique_for_key(&sealed).map_err(|_| damaged())?;
    let text = cipher(key)?.open_in_place(nonce, Aad::from(version.to_be_bytes()), &mut values).map_err(|_| damaged())?;
    serde_json::from_slice(text).map(|values| Some((version, values))).map_err(|_| damaged())
}

fn cipher(key: &str) -> Result<LessSafeKey, String> {
    let bytes = BASE64.decode(key).ok().and_then(|bytes| UnboundKey::new(&AES_256_GCM, &bytes).ok());
    bytes.map(LessSafeKey::new).ok_or_else(|| "the event has no key for the values of `before test every`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_with_their_key_only() {
        let (key, other) = (new_key().unwrap(), new_key().unwrap());
        let values = vec![Value::Str("a token".into()), Value::Int(5)];
        let line = line(&key, 3, &values).unwrap();
        assert!(is_line(&line) && !line.contains("token"), "{line}");
        let text = format!("alive 5\n{line}\nstop");
        assert_eq!(newer(&text, &key, 2), Ok(Some((3, values))));
        assert_eq!((newer(&text, &key, 3), newer("alive 5", &key, 0)), (Ok(None), Ok(None)));
        assert!(newer(&text, &other, 0).is_err() && newer(&text, "", 0).is_err());
        // The signature covers the version.
        assert!(newer(&text.replace("shared 3", "shared 4"), &key, 0).is_err());
    }
}
