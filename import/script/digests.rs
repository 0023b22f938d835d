//! Digests and encodings of scripts: `k6/crypto`, `k6/encoding`, `hashlib`, `base64`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Run;
use super::calls::Arguments;
use super::value::{Code, Ty, Value};

impl Run<'_> {
    /// `crypto.sha256(data, "hex")`
    pub(super) fn digest(&mut self, name: &str, data: &Value, output: &Value) -> Value {
        let name = match name {
            "md5" | "sha1" | "sha256" | "sha512" => name,
            _ => return Value::unknown(name),
        };
        let bytes = self.function(name, std::slice::from_ref(data), Ty::Bytes);
        self.encoded(&bytes, output)
    }

    /// `crypto.hmac("sha256", key, data, "hex")`
    pub(super) fn hmac(&mut self, algorithm: &str, key: &Value, data: &Value, output: &Value) -> Value {
        let function = match algorithm {
            "sha1" => "hmac_sha1",
            "sha256" => "hmac_sha256",
            "sha512" => "hmac_sha512",
            other => return Value::unknown(other),
        };
        let bytes = self.function(function, &[key.clone(), data.clone()], Ty::Bytes);
        self.encoded(&bytes, output)
    }

    fn encoded(&mut self, bytes: &Value, output: &Value) -> Value {
        match output.literal().as_deref() {
            Some("hex") => self.function("hex", std::slice::from_ref(bytes), Ty::Text),
            Some("base64") => self.function("base64", std::slice::from_ref(bytes), Ty::Text),
            Some("base64url" | "base64rawurl") => self.function("base64url", std::slice::from_ref(bytes), Ty::Text),
            _ => bytes.clone(),
        }
    }

    /// `encoding.b64encode(data, "rawurl")`, `btoa(text)`
    pub(super) fn base64(&mut self, arguments: &Arguments) -> Value {
        let is_url = arguments.at(1).literal().is_some_and(|kind| kind.contains("url"));
        if let (Some(text), false) = (arguments.at(0).literal(), is_url) {
            return Value::text(STANDARD.encode(text));
        }
        let data = match arguments.at(0) {
            Value::Method(object, part) if &*part == "to_json" => {
                let Some(code) = self.code(&object) else { return Value::unknown("base64") };
                Value::Code(Code::new(format!("to_json({})", code.text), Ty::Text))
            }
            other => other,
        };
        self.function(if is_url { "base64url" } else { "base64" }, &[data], Ty::Text)
    }

    pub(super) fn base64_decoded(&mut self, arguments: &Arguments) -> Value {
        if let Some(text) = arguments.at(0).literal()
            && let Some(decoded) = STANDARD.decode(text.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok())
        {
            return Value::text(decoded);
        }
        let bytes = self.function("base64_decode", &arguments.list[..1.min(arguments.list.len())], Ty::Bytes);
        self.function("text", &[bytes], Ty::Text)
    }
}
