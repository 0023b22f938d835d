//! Requests, steps, expectations and takes.

use super::draw::{REGEXES, SELECTORS, TEXTS, WORDS};
use super::writer::{Api, Callee, Reads, Ty, Writer};

impl Writer {
    /// A path with holes.
    fn path(&mut self) -> String {
        let mut path = String::new();
        for _ in 0..=self.draw.below(2) {
            path += self.draw.one_of(&["/a", "/v1", "/%20x", "/a'b", "/é", "/", "/x:y", "/$x"]);
            if self.draw.chance(40) {
                path += &match self.draw.below(4) {
                    0 => format!("/{{{}:05}}", self.hole(Ty::Int, 1)),
                    1 => format!("{{{}:path}}", self.hole(Ty::Str, 1)),
                    2 => format!("/{{{}}}", self.hole(Ty::Any, 1)),
                    _ => format!("/x{{{}}}", self.hole(Ty::Str, 2)),
                };
            }
        }
        if self.draw.chance(25) {
            path += &format!("?q={{{}}}&a=b", self.hole(Ty::Str, 1));
        }
        path
    }

    /// A method and a path, and whether it may have a body.
    fn request_line(&mut self) -> (String, bool) {
        let method = *self.draw.one_of(&[&"GET", &"POST", &"PUT", &"PATCH", &"DELETE", &"HEAD", &"OPTIONS"]);
        let has_body = matches!(method, "POST" | "PUT" | "PATCH");
        let path = match self.draw.below(6) {
            0 => format!("\"x{{{}}}\"", self.hole(Ty::Int, 1)),
            1 => self.draw.one_of(&["\"/x\"", "\"\"", "\"./a?b\"", "\"{env.gen.url}/x\""]).to_owned(),
            _ => self.path(),
        };
        (format!("{method} {path}"), has_body)
    }

    /// The options of an api, a resource, a request or a call.
    pub(super) fn options(&mut self) -> Vec<String> {
        let mut options = Vec::new();
        if self.draw.chance(30) {
            options.push(self.headers());
        }
        if self.draw.chance(20) {
            options.push(format!("auth {}", self.auth(true)));
        }
        if self.draw.chance(15) {
            options.push(format!("timeout {}", self.draw.one_of(&["1s", "250ms", "1h20m", "env.gen.pause"])));
        }
        if self.draw.chance(15) {
            options.push(format!("redirects {}", self.draw.one_of(&["off", "any", "0", "3", "100"])));
        }
        options
    }

    fn headers(&mut self) -> String {
        if self.draw.chance(15) {
            return self.apart(Reads::Body, |writer| format!("headers {}", writer.variable(Ty::Obj).unwrap_or("{}".to_owned())));
        }
        let mut entries = Vec::new();
        for name in ["content_type", "\"X-Odd\"", "x_type", "accept"] {
            if self.draw.chance(40) {
                let value = match self.draw.below(5) {
                    0 => "null".to_owned(),
                    1 => "cookie \"csrf\"".to_owned(),
                    2 => "hex(hmac_sha256(\"key\", body))".to_owned(),
                    3 => self.apart(Reads::Body, |writer| writer.expr(Ty::Int, 2)),
                    _ => self.line_text(),
                };
                entries.push(format!("{name}: {value}"));
            }
        }
        format!("headers {{ {} }}", entries.join(", "))
    }

    fn line_text(&mut self) -> String {
        self.apart(Reads::Body, Self::one_line)
    }

    /// How a request is authorized.
    pub(super) fn auth(&mut self, may_sign: bool) -> String {
        match self.draw.below(6) {
            0 => "none()".trim_end_matches("()").to_owned(),
            1 => format!("basic({}, {})", self.line_text(), self.line_text()),
            2 => format!("header(\"X-Key\", {})", self.line_text()),
            3 if may_sign => "aws(\"s3\", \"eu-west-1\")".to_owned(),
            4 => "bearer(null)".to_owned(),
            _ => format!("bearer({})", self.line_text()),
        }
    }

    fn body(&mut self) -> String {
        match self.draw.below(14) {
            9 => format!("json {}", self.expr(Ty::Str, 2)),
            10 => format!("json {}", self.variable_or(Ty::Any, "[]")),
            11 => self.draw.one_of(&["bytes file(\"data/cat.png\")", "text \"\"\"\n  <a>\n    {env.gen.int}\n  \"\"\""]).to_owned(),
            12 => "graphql \"{ a }\"".to_owned(),
            13 => format!("multipart {{ f: files(\"data/*.png\"), t: {}, n: null }}", self.expr(Ty::Strs, 1)),
            0 => format!("form {}", self.fields()),
            1 => format!("form merge({{}}, {})", self.leaf(Ty::Obj)),
            2 => format!("text {}", self.expr(Ty::Str, 2)),
            3 => format!("bytes {}", self.expr(Ty::Bytes, 2)),
            4 => format!(
                "multipart {{ \"a{}\": {}, file: file(\"data/cat.png\", name: {}) }}",
                self.draw.below(3),
                self.expr(Ty::Str, 2),
                self.line_text()
            ),
            5 => format!("graphql \"\"\"query {{ a(x: \\\"{}\\\") }}\"\"\" {}", self.draw.one_of(WORDS), self.map(1)),
            6 => format!("json [{}, {}]", self.expr(Ty::Any, 2), self.map(1)),
            _ => format!("json {}", self.map(2)),
        }
    }

    fn fields(&mut self) -> String {
        let mut entries = Vec::new();
        for (number, word) in WORDS.iter().enumerate() {
            if self.draw.chance(10) {
                let ty = self.draw.below(Ty::PLAIN.len());
                let value = match self.draw.below(4) {
                    0 => self.draw.one_of(&["null", "absent"]).to_owned(),
                    1 => self.expr(Ty::Strs, 1),
                    _ => self.expr(Ty::PLAIN[ty], 2),
                };
                entries.push(format!("\"{word}{number}\": {value}"));
            }
        }
        format!("{{ {} }}", entries.join(", "))
    }

    /// The braces of a request.
    fn parts(&mut self, has_body: bool, may_expect: bool) -> String {
        let mut parts = self.options();
        if self.draw.chance(25) {
            let query = if self.draw.chance(30) { self.leaf(Ty::Obj) } else { self.fields() };
            parts.push(format!("query {query}"));
        }
        if has_body && self.draw.chance(80) {
            parts.push(self.body());
        }
        if may_expect && self.draw.chance(20) {
            parts.push(self.expect_body());
        }
        if parts.is_empty() { String::new() } else { format!(" {{\n{}\n}}", parts.join(self.draw.one_of(&["\n", "; "]))) }
    }

    /// A named request of an api.
    pub(super) fn request_def(&mut self, prefix: &str, taken: &mut std::collections::HashSet<String>) -> Callee {
        self.func = super::writer::Func::default();
        self.has_user = true;
        let name = Self::new_name(&mut self.draw, taken);
        let (written, params) = self.params();
        let (line, has_body) = self.request_line();
        let parts = self.parts(has_body, true);
        self.line(&format!("{name}({written}) = {line}{parts}"));
        self.has_user = false;
        Callee { name: format!("{prefix}{name}"), params, gives: Vec::new() }
    }

    /// A step, with the variables that it takes.
    pub(super) fn step(&mut self) {
        let interrupts = self.func.interrupts || self.draw.chance(50);
        let flags = format!("{}{}", if self.draw.chance(15) { " skip" } else { "" }, if interrupts { " interrupt" } else { "" });
        let title = format!("{}{}", self.draw.one_of(TEXTS), self.draw.one_of(&["A", "Look", "Pay / x"]));
        let mut lines = Vec::new();
        if self.draw.chance(15) {
            lines.push(format!("log {}", self.expr(Ty::Str, 2)));
        }
        if self.draw.chance(15) {
            let (name, ty) = (self.local_name(), self.any_ty());
            let value = self.expr(ty, 2);
            lines.push(format!("let {name}: {} = {value}", ty.word()));
            self.declare(name, ty, true);
        }
        lines.push(self.exchange());
        if self.draw.chance(70) {
            lines.push(format!("expect {}", self.draw.one_of(&["200", "200 | 304", "2xx", "1xx | 404 | 5xx"])));
        }
        for _ in 0..self.draw.below(3) {
            lines.push(self.expect_body());
        }
        let mut taken = Vec::new();
        for _ in 0..self.draw.below(3) {
            self.take(interrupts, &mut lines, &mut taken);
        }
        let (open, separator, close) = if self.draw.chance(30) { ("{ ", "; ", " }") } else { ("{\n", "\n", "\n}") };
        self.line(&format!("step \"{title}\"{flags} {open}{}{close}", lines.join(separator)));
        for (name, ty) in taken {
            self.declare(name, ty, true);
        }
    }

    /// The request of a step.
    fn exchange(&mut self) -> String {
        let at = self.draw.below(self.apis.len());
        let Api { name, requests } = self.apis[at].clone();
        if self.draw.chance(20)
            && let Some(form) = self.variable(Ty::Form)
        {
            return format!("{name} submit {form} {{ form {} }}", self.fields());
        }
        if self.draw.chance(50) && !requests.is_empty() {
            let request = &requests[self.draw.below(requests.len())];
            let args = self.args(request);
            let parts = if self.draw.chance(25) { self.parts(true, false) } else { String::new() };
            return format!("{name}.{}({args}){parts}", request.name);
        }
        let (line, has_body) = self.request_line();
        format!("{name} {line}{}", self.parts(has_body, false))
    }

    /// An expectation of anything but the status.
    fn expect_body(&mut self) -> String {
        if self.draw.chance(50) {
            return self.apart(Reads::Response, Self::expectation);
        }
        self.apart(Reads::Response, |writer| match writer.draw.below(8) {
            0 => format!("expect {}text {}", writer.draw.one_of(&["", "not "]), writer.holes(1)),
            1 => format!("expect elapsed < {}", writer.draw.one_of(&["1s", "500ms", "env.gen.pause"])),
            2 => format!("expect headers {{ content_type: {}, x_none: absent }}", writer.matcher(0)),
            3 => format!(
                "expect len(all html \"{}\") {} {}",
                writer.draw.one_of(SELECTORS),
                writer.draw.one_of(&["==", ">"]),
                writer.expr(Ty::Int, 1)
            ),
            4 => format!("expect {}", writer.expr(Ty::Bool, 2)),
            5 => format!("expect json [{}, {}, ..]", writer.matcher(1), writer.matcher(1)),
            _ => format!("expect json {}{}", writer.draw.one_of(&["", "exactly "]), writer.object_matcher(2)),
        })
    }

    fn object_matcher(&mut self, d: usize) -> String {
        let mut entries = Vec::new();
        for word in WORDS {
            if self.draw.chance(8) {
                entries.push(format!("\"{word}\": {}", self.matcher(d)));
            }
        }
        format!("{{ {} }}", entries.join(", "))
    }

    pub(super) fn matcher(&mut self, d: usize) -> String {
        if d > 0 && self.draw.chance(40) {
            return match self.draw.below(4) {
                0 => format!("[{}, ..]", self.matcher(d - 1)),
                1 => format!("each {}", self.object_matcher(d - 1)),
                2 => format!("{} | {}", self.matcher(0), self.matcher(0)),
                _ => self.object_matcher(d - 1),
            };
        }
        match self.draw.below(9) {
            0 => self.draw.one_of(&["string", "int", "number", "bool", "list", "object", "_", "absent", "null"]).to_owned(),
            1 => format!("{} {}", self.draw.one_of(&[">", ">=", "<", "<=", "==", "!="]), self.expr(Ty::Int, 1)),
            2 => format!("{} {}", self.draw.one_of(&["~", "!~"]), self.draw.one_of(REGEXES)),
            3 => format!("== {}", self.expr(Ty::Float, 0)),
            4 => self.texts(),
            5 => self.draw.one_of(&["1", "0.5", "(-1)", "18446744073709551615", "true", "1.10"]).to_owned(),
            _ => {
                let ty = self.draw.below(Ty::PLAIN.len());
                let value = self.expr(Ty::PLAIN[ty], 1);
                if value.starts_with("one_of") { format!("({value})") } else { value }
            }
        }
    }

    fn take(&mut self, interrupts: bool, lines: &mut Vec<String>, taken: &mut Vec<(String, Ty)>) {
        let name = self.local_name();
        if self.draw.chance(40) {
            let (declared, source, ty) = self.captured();
            lines.push(format!("take {name}{declared} = {source}"));
            taken.extend(ty.filter(|_| interrupts).map(|ty| (name, ty)));
            return;
        }
        let (source, mut ty) = match self.draw.below(8) {
            0 => {
                let regex = self.draw.one_of(REGEXES);
                let ty = if regex.contains("?<") { Ty::Obj } else { Ty::Str };
                (format!("{} ~ {regex}", self.draw.one_of(&["text", "json.a", "url", "header \"X\""])), ty)
            }
            1 => ("any json \"$.items[*].id\"".to_owned(), Ty::Any),
            2 => (format!("all html \"{}\" @href", self.draw.one_of(SELECTORS)), Ty::Strs),
            3 if interrupts => ("form \"form\"".to_owned(), Ty::Form),
            _ => self.apart(Reads::Response, Self::source),
        };
        let mut declared = String::new();
        if matches!(ty, Ty::Str) && self.draw.chance(30) {
            ty = Ty::Int;
            declared = ": int".to_owned();
        }
        let fallback = match ty {
            Ty::Form => None,
            Ty::Int => Some("0"),
            Ty::Str => Some("\"\""),
            Ty::Strs | Ty::Obj => None,
            _ => Some("null"),
        };
        let has_fallback = self.draw.chance(40) && fallback.is_some();
        let end = fallback.filter(|_| has_fallback).map(|value| format!(" else {value}")).unwrap_or_default();
        lines.push(format!("take {name}{declared} = {source}{end}"));
        if interrupts || has_fallback {
            taken.push((name, if has_fallback && fallback == Some("null") { Ty::Any } else { ty }));
        }
    }
}
