//! `self.client`: requests of Locust's users.

use crate::script::{Arguments, Run, Sent, Value};

impl Run<'_> {
    pub(crate) fn client(&mut self, method: &str, arguments: &Arguments) -> Value {
        match method {
            "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "request" => {
                let sent = self.client_arguments(method, arguments);
                self.send(sent)
            }
            // `rest` of FastHttpUser: a response that is parsed immediately.
            "rest" | "rest_" => {
                let sent = self.client_arguments("request", arguments);
                self.send(sent)
            }
            "headers.update" => {
                self.client_headers(&arguments.at(0));
                Value::Undefined
            }
            "cookies.clear" => {
                self.reset();
                Value::Undefined
            }
            "close" | "get_adapter" | "mount" => Value::native("skip:settings"),
            _ => Value::unknown(format!("client.{method}")),
        }
    }

    /// `requests.post(url)`: a request that Locust does not count, so it is no part of the statistics.
    pub(crate) fn outside_client(&mut self, method: &str, arguments: &Arguments) -> Value {
        match method {
            "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "request" => {
                let (api, host) = (self.last_api.clone(), self.host.take());
                let sent = self.client_arguments(method, arguments);
                let response = self.send(sent);
                // The user's own client goes on with its own host.
                (self.last_api, self.host) = (api, host);
                if let Value::Response(steps) = &response {
                    for number in steps.iter() {
                        if let Some(step) = self.steps.get_mut(*number) {
                            step.skip = true;
                        }
                    }
                }
                response
            }
            "Session" | "session" | "Client" => Value::native("requests"),
            _ => Value::unknown(format!("requests.{method}")),
        }
    }

    /// `self.client.headers.update({…})`: headers of all further requests. `Authorization` is the user's auth.
    pub(crate) fn client_headers(&mut self, headers: &Value) {
        let Value::Map(map) = headers else {
            return self.leave("settings of the client", "client.headers: set them in the api");
        };
        let members = map.borrow().clone();
        for (name, value) in members {
            let is_auth = name.eq_ignore_ascii_case("authorization");
            if is_auth && self.set_auth(&value).is_some() {
                continue;
            }
            match value.literal().filter(|_| !is_auth) {
                Some(text) => {
                    self.usual.headers.insert(name, text);
                }
                None => self.leave("settings of the client", &format!("client.headers: `{name}`: set it in the api")),
            }
        }
    }

    /// Converts the arguments of `requests`.
    fn client_arguments(&mut self, method: &str, arguments: &Arguments) -> Sent {
        let (method, offset) = match method {
            "request" => (arguments.get("method", 0).literal().unwrap_or_default(), 1),
            other => (other.to_owned(), 0),
        };
        let named = |name: &str| arguments.named(name).unwrap_or(Value::Undefined);
        let by_position = |index: usize| arguments.at(offset + index);
        let is_get = matches!(method.as_str(), "get" | "head" | "options" | "delete");
        let data = arguments.named("data").unwrap_or_else(|| if is_get { Value::Undefined } else { by_position(1) });
        let json = arguments.named("json").unwrap_or_else(|| if is_get { Value::Undefined } else { by_position(2) });
        let seconds = match named("timeout") {
            Value::List(pair) => pair.borrow().last().and_then(Value::as_number),
            other => other.as_number(),
        };
        Sent {
            method,
            url: arguments.named("url").or_else(|| arguments.named("path")).unwrap_or_else(|| by_position(0)),
            query: named("params"),
            headers: named("headers"),
            json,
            data,
            files: named("files"),
            cookies: named("cookies"),
            auth: named("auth"),
            name: named("name"),
            timeout_ms: seconds.map(|seconds| seconds * 1000.0),
            redirects: (self.truth(&named("allow_redirects")) == Some(false) && arguments.named("allow_redirects").is_some()).then_some(0),
            statuses: Vec::new(),
            insecure: self.truth(&named("verify")) == Some(false) && arguments.named("verify").is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::spec;

    #[test]
    fn requests_that_locust_does_not_count_are_steps_outside_of_the_statistics() {
        let (spec, summary) = spec(
            "import requests\nfrom locust import HttpUser, task\n\nclass Visitor(HttpUser):\n    host = 'http://localhost:8080'\n\n    def on_start(self):\n\
             \x20       token = requests.post('https://id.test/token', data={'grant': 'x'}).json()['access']\n\
             \x20       self.client.headers.update({'Authorization': f'Bearer {token}'})\n\n\
             \x20   @task\n    def look(self):\n        self.client.get('/a')\n",
        );
        assert!(spec.contains("step \"Post token\" skip interrupt") && spec.contains("id.post_token()"), "{spec}");
        assert!(spec.contains("set local.auth = bearer(access)"), "{spec}");
        assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}");
    }

    #[test]
    fn context_managers_of_a_script_run_the_block_where_they_yield() {
        let (spec, summary) = spec(
            "from contextlib import contextmanager\nfrom locust import FastHttpUser, task\n\nclass Checked(FastHttpUser):\n    abstract = True\n\n\
             \x20   @contextmanager\n    def rest(self, method, url, **kwargs):\n        with super().rest(method, url, headers={'x-own': 'a'}, **kwargs) as resp:\n\
             \x20           if resp.js['state'] != 'ok':\n                resp.failure('state')\n            yield resp\n\n\
             class Visitor(Checked):\n    host = 'http://localhost:8080'\n\n    @task\n    def look(self):\n\
             \x20       with self.rest('GET', '/a') as resp:\n            assert resp.js['id'] == 7\n        self.client.get('/b')\n",
        );
        assert!(spec.contains("expect json { state: \"ok\", id: 7 }") && spec.contains("\"x-own\": \"a\""), "{spec}");
        assert!(spec.contains("GET /b") && !summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}\n{spec}");
    }

    #[test]
    fn requests_of_the_module_are_sent_before_the_test() {
        let (spec, summary) = spec(
            "import requests, random, os\nfrom faker import Faker\nfrom locust import FastHttpUser, task, between\nfrom common import Mixin\n\nfake = Faker()\n\
             TOKEN = requests.post('http://id.test/token', data={'user': os.environ['APP_USER']}).json()['access_token']\n\
             HEADERS = {'Authorization': 'Bearer ' + TOKEN}\n\nclass Visitor(Mixin, FastHttpUser):\n    host = 'http://localhost:8080'\n\
             \x20   default_headers = {'X-Api-Version': '3'}\n    network_timeout = 10.0\n    insecure = True\n\
             \x20   wait_time = between(int(os.getenv('LEAST', '1')), 3)\n\n    @task\n    def look(self):\n\
             \x20       self.client.post('/a', json={'id': str(random.randint(1, 9)), 'who': fake.name()}, headers=HEADERS, name='/a/{id}')\n\
             \x20       self.client.post('/b', self.client.get('/token').json())\n",
        );
        for part in [
            "before test {",
            "take access_token = json.access_token\n",
            "auth bearer(access_token)",
            "\"X-Api-Version\": \"3\"",
            "timeout 10s",
            "string(random(1, 9))",
            "fake.name()",
            "step \"/a/:id\"",
        ] {
            assert!(spec.contains(part), "{part} is missing:\n{spec}");
        }
        let left: Vec<&String> = summary.iter().filter(|line| line.contains("shop.py:")).collect();
        assert!(matches!(left.as_slice(), [only] if only.contains("a form with the members of a response")), "{summary:?}");
    }

    #[test]
    fn rows_of_files_with_other_delimiters_have_their_columns() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("users.csv"), "name;pass\nann;x\n").unwrap();
        let script = "import csv\nfrom locust import HttpUser, task\n\nusers = list(csv.DictReader(open('users.csv'), delimiter=';'))\n\n\
                      class Visitor(HttpUser):\n    @task\n    def look(self):\n        user = next(iter(users))\n        self.client.get('/' + user['name'])\n";
        let source = crate::Source::new("a.py", folder.path(), script.as_bytes()).unwrap();
        let draft = crate::import(&source, crate::Kind::Locust, &crate::Options::default()).unwrap();
        let files = crate::write::files(&draft);
        let data = files.iter().find(|(path, _)| path.ends_with(".csv")).map(|(_, content)| String::from_utf8_lossy(content).into_owned());
        assert_eq!(data.as_deref(), Some("name,pass\nann,x\n"));
    }
}
