//! Small locustfiles as specs.

use super::*;
use crate::write;

fn spec(script: &str) -> (String, Vec<String>) {
    let source = Source::new("shop.py", ".", script.as_bytes()).unwrap();
    let draft = crate::import(&source, crate::Kind::Locust, &Options::default()).unwrap();
    let files = write::files(&draft);
    let text = files.iter().find(|(path, _)| path.ends_with(".lt")).map(|(_, content)| String::from_utf8(content.clone()).unwrap());
    (text.unwrap(), crate::summary(&draft.tally))
}

#[test]
fn users_have_weighted_tasks_waits_and_a_start() {
    let (spec, summary) = spec(
        "from locust import HttpUser, task, between\nimport random\n\nclass Visitor(HttpUser):\n    wait_time = between(1, 3)\n    host = 'http://localhost:8080'\n\n\
         \x20   def on_start(self):\n        r = self.client.post('/login', json={'name': 'ann'})\n        self.token = r.json()['token']\n\n\
         \x20   @task(3)\n    def browse(self):\n        self.client.get(f'/items/{random.randint(1, 9)}', name='/items/[id]')\n\n\
         \x20   @task\n    def me(self):\n        with self.client.get('/me', headers={'Authorization': 'Bearer ' + self.token}, catch_response=True) as response:\n\
         \x20           if response.status_code != 200:\n                response.failure('no')\n            elif 'ann' not in response.text:\n                response.failure('who')\n",
    );
    for part in [
        "keep token = null",
        "set token =",
        "3 Browse",
        "1 Me",
        "wait 1s..3s",
        "step \"/items/[id]\"",
        "random(1, 9)",
        "expect 200",
        "expect text \"ann\"",
        "auth bearer(token)",
    ] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
    assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}");
}
