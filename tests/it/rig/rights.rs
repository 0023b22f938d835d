//! What an account permits: which key it accepts, which requests it rejects, and canned answers of services that ministack simulates only in
//! part.

use std::io;
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::permissions::Permissions;
use super::wire::{Head, answer, body_of};

#[derive(Debug, Default)]
pub(crate) struct Rights {
    /// Requests that contain this text are rejected. `*` separates texts that they contain all.
    denied: Mutex<Option<String>>,
    /// The only access key that is accepted.
    key: Mutex<Option<String>>,
    /// Everything that is permitted, if the account has a policy, and the actions that were rejected because of it.
    permitted: Mutex<Option<Permissions>>,
    rejected: Mutex<Vec<String>>,
    /// Whether tags may not be listed.
    hides_tags: AtomicBool,
    /// Answers to requests that contain a text.
    answers: Mutex<Vec<(String, String)>>,
}

impl Rights {
    pub(super) fn deny(&self, text: Option<&str>) {
        *self.denied.lock().unwrap() = text.map(str::to_owned);
    }

    /// Accepts only one access key.
    pub(crate) fn only_key(&self, key: Option<&str>) {
        *self.key.lock().unwrap() = key.map(str::to_owned);
    }

    /// Permits only these actions.
    pub(crate) fn permit(&self, permissions: Permissions) {
        *self.permitted.lock().unwrap() = Some(permissions);
    }

    /// The actions that the policy rejected since the last call.
    pub(crate) fn rejected(&self) -> Vec<String> {
        std::mem::take(&mut self.rejected.lock().unwrap())
    }

    /// Takes away the permission `lambda:ListTags`. As on AWS, `GetFunction` then answers without tags.
    pub(crate) fn hide_tags(&self, hides: bool) {
        self.hides_tags.store(hides, Ordering::Relaxed);
    }

    /// Answers requests that contain `text` with this XML.
    pub(crate) fn answer(&self, text: &str, xml: &str) {
        self.answers.lock().unwrap().push((text.to_owned(), xml.to_owned()));
    }

    /// Answers a request that is not passed on. `text` is the beginning of the request. Returns whether it was answered.
    pub(super) fn refuse(&self, stream: &TcpStream, head: &Head, text: &str) -> io::Result<bool> {
        let is_of = |known: &Mutex<Option<String>>, holds: &dyn Fn(&str) -> bool| known.lock().unwrap().as_deref().is_some_and(holds);
        if is_of(&self.key, &|known| known != key_of(head)) {
            let message = "The security token included in the request is invalid.";
            refuse(stream, head, "403 Forbidden", "UnrecognizedClientException", message)?;
            return Ok(true);
        }
        let lacks = self.permitted.lock().unwrap().as_ref().and_then(|permitted| permitted.lacks(head, text));
        if let Some(action) = lacks {
            let message = format!("User: arn:aws:iam::1:user/x is not authorized to perform: {action}");
            self.rejected.lock().unwrap().push(action);
            refuse(stream, head, "403 Forbidden", "AccessDeniedException", &message)?;
            return Ok(true);
        }
        let lists_tags = head.method == "GET" && head.path.starts_with("/2017-03-31/tags/");
        if is_of(&self.denied, &|denied| denied.split('*').all(|part| text.contains(part)))
            || (lists_tags && self.hides_tags.load(Ordering::Relaxed))
        {
            refuse(stream, head, "403 Forbidden", "AccessDeniedException", "User: arn:aws:iam::1:user/x is not authorized")?;
            return Ok(true);
        }
        let found = self.answers.lock().unwrap().iter().find(|(part, _)| text.contains(part)).map(|(_, xml)| xml.clone());
        if let Some(xml) = &found {
            answer(&mut &*stream, "200 OK", &[("Content-Type", "text/xml"), ("Connection", "close")], xml.as_bytes())?;
        }
        Ok(found.is_some())
    }

    /// The answer to a request, without the tags that the user may not list.
    pub(super) fn without_tags(&self, head: &Head, whole: Vec<u8>) -> io::Result<Vec<u8>> {
        let is_function = head.method == "GET" && head.path.starts_with("/2015-03-31/functions/");
        if !is_function || !self.hides_tags.load(Ordering::Relaxed) || !whole.starts_with(b"HTTP/1.1 200") {
            return Ok(whole);
        }
        let mut body: serde_json::Value = serde_json::from_slice(&body_of(&whole)?)?;
        body.as_object_mut().map(|fields| fields.remove("Tags"));
        let mut without = Vec::new();
        answer(&mut without, "200 OK", &[("Content-Type", "application/json"), ("Connection", "close")], body.to_string().as_bytes())?;
        Ok(without)
    }
}

/// The access key in the signature of a request.
pub(super) fn key_of(head: &Head) -> &str {
    head.header("authorization").and_then(|value| value.split("Credential=").nth(1)?.split('/').next()).unwrap_or("none")
}

/// Rejects a request like AWS: with JSON, or with XML if the service uses it.
pub(super) fn refuse(mut stream: &TcpStream, head: &Head, status: &str, code: &str, message: &str) -> io::Result<()> {
    let service = head.header("authorization").and_then(|value| value.split('/').nth(3)).unwrap_or_default();
    let close = ("Connection", "close");
    if matches!(service, "iam" | "sts" | "s3") {
        let xml = format!(
            "<ErrorResponse><Error><Code>{}</Code><Message>{message}</Message></Error></ErrorResponse>",
            code.trim_end_matches("Exception")
        );
        return answer(&mut stream, status, &[("Content-Type", "text/xml"), close], xml.as_bytes());
    }
    let json = serde_json::json!({ "message": message, "Type": "User" }).to_string();
    answer(&mut stream, status, &[("Content-Type", "application/json"), ("X-Amzn-ErrorType", code), close], json.as_bytes())
}
