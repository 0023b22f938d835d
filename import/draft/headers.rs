//! Headers that HTTP cannot send: a file may contain any name and any value.

use super::{Draft, Expr, Request, Resource, Tally};

impl Draft {
    /// Drops headers with a name or a value that HTTP cannot send, and names them.
    pub(crate) fn drop_invalid_headers(&mut self, file: &str) {
        let mut apis = std::mem::take(&mut self.apis);
        for api in &mut apis {
            keep_valid(&mut api.options.headers, &mut self.tally, file);
            of_requests(&mut api.requests, &mut self.tally, file);
            of_resources(&mut api.resources, &mut self.tally, file);
        }
        self.apis = apis;
    }
}

fn of_resources(resources: &mut [Resource], tally: &mut Tally, file: &str) {
    for resource in resources {
        keep_valid(&mut resource.options.headers, tally, file);
        of_requests(&mut resource.requests, tally, file);
        of_resources(&mut resource.resources, tally, file);
    }
}

fn of_requests(requests: &mut [Request], tally: &mut Tally, file: &str) {
    for request in requests {
        let before = tally.left.len();
        keep_valid(&mut request.parts.options.headers, tally, file);
        request.comments.extend(tally.left[before..].iter().map(super::Left::comment));
    }
}

fn keep_valid(headers: &mut Vec<(String, Expr)>, tally: &mut Tally, file: &str) {
    headers.retain(|(name, value)| {
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        let is_value = value.as_literal().is_none_or(|value| !value.chars().any(|char| char.is_control() && char != '\t'));
        if !is_name || !is_value {
            let part = if is_name { "value" } else { "name" };
            tally.leave("headers", format!("header `{}`: HTTP cannot send its {part}", name.escape_debug()), file, 1);
        }
        is_name && is_value
    });
}

#[cfg(test)]
mod tests {
    use crate::{Kind, Options, Source, import, write};

    #[test]
    fn headers_that_http_cannot_send_are_named() {
        let text = "GET http://h.test/a\nX-Good: 1\n\"format\": 2\nHTTP 200\n";
        let source = Source::new("a.hurl", ".", text.as_bytes()).unwrap();
        let draft = import(&source, Kind::Hurl, &Options::default()).unwrap();
        let spec = String::from_utf8(write::files(&draft).remove(0).1).unwrap();
        assert!(spec.contains("\"X-Good\": \"1\"") && !spec.contains("format\": \"2"), "{spec}");
        assert_eq!(draft.tally.left.len(), 1, "{:?}", draft.tally.left);
    }
}
