//! Finds credentials that an exchange sent or received. They must not be shown, even though the environment doesn't contain them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::trace::Trace;
use crate::base::secrets::Secrets;
use crate::http::Headers;
use crate::request::show::is_secret_header;

/// The number of bytes of a body that are searched.
const SEARCHED: usize = 1024 * 1024;
/// Shorter values are words. Masking them would garble reports.
const SHORTEST: usize = 4;
/// A shorter number is a count or a position.
const SHORTEST_NUMBER: usize = 6;
/// A shorter cookie counts as a setting, such as `theme=dark`.
const SHORTEST_COOKIE: usize = 8;

impl Trace {
    /// The secrets of all exchanges and of this one: values that `auth` set, cookies, and members, fields and parameters whose name is that
    /// of a credential.
    pub fn secrets(&self, known: &Secrets) -> Secrets {
        let mut found = Vec::new();
        if let Some(sent) = &self.sent {
            let request = &sent.request;
            auth(&String::from_utf8_lossy(&request.auth), &mut found);
            let lines = String::from_utf8_lossy(&request.headers);
            lines.lines().filter(|line| has_secret_name(line)).for_each(|line| auth(line, &mut found));
            found.extend(sent.cookies.split("; ").filter_map(cookie));
            parameters(&request.url.to_string(), &mut found);
            body(&request.body, &mut found);
            parts(&request.body, &mut found);
        }
        if let Some(answer) = &self.received {
            headers(&answer.raw.headers, &mut found);
            body(answer.raw.body(), &mut found);
            answer.raw.hops.iter().for_each(|hop| parameters(&hop.url, &mut found));
        }
        if let Some(partial) = &self.partial {
            headers(&partial.headers, &mut found);
        }
        found.retain(|value| value.chars().count() >= SHORTEST);
        known.with(found)
    }
}

/// For lines of `Name: value`: the value, or the part of it after its scheme.
fn auth(lines: &str, found: &mut Vec<String>) {
    for value in lines.lines().filter_map(|line| Some(line.split_once(':')?.1.trim())) {
        match value.split_once(' ') {
            Some((scheme, credentials)) => {
                let basic = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(credentials).ok()).flatten();
                let password = basic.and_then(|pair| Some(String::from_utf8(pair).ok()?.split_once(':')?.1.to_owned()));
                found.extend(password);
                found.push(credentials.to_owned());
            }
            None => found.push(value.to_owned()),
        }
    }
}

/// Whether a line is a header whose name says that it contains a secret.
fn has_secret_name(line: &str) -> bool {
    line.split_once(':').is_some_and(|(name, _)| is_secret_header(&name.to_ascii_lowercase()))
}

fn headers(headers: &Headers, found: &mut Vec<String>) {
    for (name, value) in headers.iter() {
        if name.eq_ignore_ascii_case("set-cookie") {
            found.extend(cookie(value.split(';').next().unwrap_or_default()));
        } else if name.eq_ignore_ascii_case("location") {
            parameters(value, found);
        } else if is_secret_header(&name.to_ascii_lowercase()) {
            auth(&format!("{name}: {value}"), found);
        }
    }
}

/// The value of `name=value`.
fn cookie(pair: &str) -> Option<String> {
    let value = pair.split_once('=')?.1.trim().trim_matches('"');
    (value.len() >= SHORTEST_COOKIE).then(|| value.to_owned())
}

/// The password, the query and the fragment of a URL.
fn parameters(url: &str, found: &mut Vec<String>) {
    let authority = url.split_once("//").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
    let password = authority.and_then(|authority| authority.rsplit_once('@')?.0.split_once(':')).map(|(_, password)| password);
    found.extend(password.map(|password| percent_encoding::percent_decode_str(password).decode_utf8_lossy().into_owned()));
    url.split(['?', '#']).skip(1).for_each(|part| form(part, found));
}

/// The parts of a multipart body: `--BOUNDARY`, lines with the part's name, an empty line, and its content.
fn parts(bytes: &[u8], found: &mut Vec<String>) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SEARCHED)]);
    let Some(boundary) = text.split("\r\n").next().filter(|line| line.starts_with("--")) else { return };
    for part in text.split(boundary) {
        let Some((lines, content)) = part.split_once("\r\n\r\n") else { continue };
        let name = lines.split_once(" name=\"").and_then(|(_, rest)| rest.split('"').next());
        if name.is_some_and(is_credential) {
            found.push(content.strip_suffix("\r\n").unwrap_or(content).to_owned());
        }
    }
}

/// Pairs of `name=value` in forms and queries.
fn form(text: &str, found: &mut Vec<String>) {
    let pairs = url::form_urlencoded::parse(text.as_bytes());
    found.extend(pairs.filter(|(name, _)| is_credential(name)).map(|(_, value)| value.into_owned()));
}

/// The members of JSON at any depth, even in a text that is cut off; or the fields of a form.
fn body(bytes: &[u8], found: &mut Vec<String>) {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SEARCHED)]);
    if !text.trim_start().starts_with(['{', '[']) {
        if text.contains('=') && !text.contains(['<', '\n', ' ']) {
            form(&text, found);
        }
        return;
    }
    let mut is_wanted = false;
    let mut rest = &*text;
    while let Some((between, string)) = rest.split_once('"') {
        found.extend(number(between).filter(|_| is_wanted));
        let is_value = is_wanted && between.trim() == ":";
        let Some(end) = end_of_string(string) else {
            // The rest of the text is a string without an end.
            found.extend(is_value.then(|| string.to_owned()));
            return;
        };
        let (written, after) = (&string[..end], &string[end + 1..]);
        let plain = serde_json::from_str::<String>(&format!("\"{written}\"")).unwrap_or_else(|_| written.to_owned());
        is_wanted = !is_value && is_credential(&plain);
        found.extend(is_value.then_some(plain));
        rest = after;
    }
    found.extend(number(rest).filter(|_| is_wanted));
}

/// The number after a colon, if it is long enough not to be a count.
fn number(text: &str) -> Option<String> {
    let value = text.trim_start().strip_prefix(':')?.trim_start();
    let end = value.find(|character: char| !character.is_ascii_digit()).unwrap_or(value.len());
    (end >= SHORTEST_NUMBER).then(|| value[..end].to_owned())
}

fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

/// Whether a name is that of a credential, in any case: `password`, `access_token`, `clientSecret`, `api-key`. A token of a page isn't one:
/// it is a position in a list.
pub fn is_credential(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect();
    let is_position = ["next", "page", "continuation", "sync"].iter().any(|word| plain.starts_with(word));
    let endings = ["password", "passwd", "passphrase", "token", "secret", "apikey", "privatekey", "secretkey", "accesskey"];
    !is_position && endings.iter().any(|ending| plain.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(search: impl Fn(&mut Vec<String>)) -> Vec<String> {
        let mut found = Vec::new();
        search(&mut found);
        found
    }

    #[test]
    fn values_of_auth_are_secrets_under_any_name() {
        assert_eq!(found(|found| auth("X-Shop-Ticket: t-123\r\n", found)), ["t-123"]);
        assert_eq!(found(|found| auth("Authorization: Bearer abc.def\r\n", found)), ["abc.def"]);
        assert_eq!(found(|found| auth("Authorization: Basic bWU6cDphc3M=\r\n", found)), ["p:ass", "bWU6cDphc3M="]);
    }

    #[test]
    fn members_with_the_name_of_a_credential_are_secrets() {
        let text =
            br#"{"user":"me","password" : "p\"w\u00e9x","list":[{"access_token":"a/b"},{"apiKey":"k1","clientSecret":null,"x":"y"}]}"#;
        assert_eq!(found(|found| body(text, found)), ["p\"wéx", "a/b", "k1"]);
        assert_eq!(found(|found| body(br#"{"token":"cut o"#, found)), ["cut o"]);
        assert_eq!(found(|found| body(br#"{"token": 1234567, "id": 7654321, "secret":123456}"#, found)), ["1234567", "123456"]);
        assert_eq!(found(|found| body(b"user=me&password=p%2Fw+x&api-key=k", found)), ["p/w x", "k"]);
        for text in
            [r#"{"next_token":"5","tokens":["a"],"token":5,"passwords":"x","a":"token"}"#, "a text with token=abc", "<a href='?token=abc'>"]
        {
            assert!(found(|found| body(text.as_bytes(), found)).is_empty(), "{text}");
        }
    }

    #[test]
    fn headers_with_the_name_of_a_credential_are_secrets() {
        assert!(has_secret_name("X-Auth-Token: t-1234") && !has_secret_name("X-Tag: token"));
        let both = Headers::build([("X-Auth-Token", &b"t-1234"[..]), ("X-Tag", b"other")].into_iter());
        assert_eq!(found(|found| headers(&both, found)), ["t-1234"]);
    }

    #[test]
    fn parts_with_the_name_of_a_credential_are_secrets() {
        let text = "--b1\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nme\r\n--b1\r\nContent-Disposition: form-data; \
                    name=\"password\"\r\nX-A: b\r\n\r\np\r\nw\r\n--b1--\r\n";
        assert_eq!(found(|found| parts(text.as_bytes(), found)), ["p\r\nw"]);
        assert!(found(|found| parts(b"--b1\r\n\r\n\r\ntoken", found)).is_empty());
    }

    #[test]
    fn password_of_a_url_is_a_secret() {
        assert_eq!(found(|found| parameters("https://me:p%40ss@a.test/x", found)), ["p@ss"]);
        assert!(found(|found| parameters("https://a.test/me:pass@x", found)).is_empty());
    }

    #[test]
    fn parameters_and_cookies_are_secrets() {
        assert_eq!(found(|found| parameters("https://a.test/x?code=1&access_token=a%2Bb#id_token=c", found)), ["a+b", "c"]);
        assert_eq!(cookie("sid=0123456789"), Some("0123456789".to_owned()));
        assert_eq!(cookie("theme=dark"), None);
    }
}
