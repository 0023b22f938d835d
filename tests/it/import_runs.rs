//! An imported spec of every kind is built and run against a server: it sends the requests in the file, and its expectations hold.
//! (Recordings run in `import_replay`.)

use std::fs;

use crate::command::Run;
use crate::echo::Echo;
use crate::project::{Project, ltc};

/// Imports a file, builds the result, and runs every scenario once. `SERVER` in the file is replaced with the server's address.
fn runs(server: &Echo, name: &str, text: &str, secrets: &[(&str, &str)]) {
    let project = Project::new().file(name, text.replace("SERVER", &server.addr.to_string()));
    project.ltc(&["import", name, "--name", "imported"]).exits(0);
    let folder = project.path().join("imported");
    ltc(&folder, &["fmt", "--check"]).exits(0);
    ltc(&folder, &["build", "specs/imported.lt", "-o", "test"]).exits(0);
    let run = Run::new(folder.join("test"), &folder).args(&["--debug"]);
    let output = secrets.iter().fold(run, |run, (name, value)| run.env(name, value)).output();
    assert_eq!(output.code, Some(0), "{output}\n{}", fs::read_to_string(folder.join("specs/imported.lt")).unwrap());
}

/// Asserts that the server received a request with this method and target, whose body contains a text.
fn got(server: &Echo, method: &str, target: &str, body: &str) {
    let seen = server.seen();
    let found =
        seen.iter().any(|seen| seen.method == method && seen.target == target && String::from_utf8_lossy(&seen.body).contains(body));
    assert!(found, "{method} {target} {body}: {seen:#?}");
}

const OPENAPI: &str = r#"{
  "openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "http://SERVER"}],
  "paths": {"/items": {"post": {"operationId": "createItem", "requestBody": {"content": {"application/json": {"example": {"name": "mug"}}}},
    "responses": {"200": {"description": "ok"}}}}}
}"#;

const POSTMAN: &str = r#"{
  "info": {"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},
  "item": [{"name": "Create", "request": {"method": "POST", "url": "http://SERVER/items", "header": [],
    "body": {"mode": "raw", "raw": "{\"name\": \"mug\"}", "options": {"raw": {"language": "json"}}}},
    "event": [{"listen": "test", "script": {"exec": ["pm.test('ok', () => { pm.expect(pm.response.json().json.name).to.eql('mug'); });"]}}]}]
}"#;

const CURL: &str = "curl 'http://SERVER/items' -H 'Content-Type: application/json' -d '{\"name\": \"mug\"}'\n";

const HURL: &str = "POST http://SERVER/items\n{\"name\": \"mug\"}\nHTTP 200\n[Captures]\nname: jsonpath \"$.json.name\"\n\n\
                    GET http://SERVER/items/{{name}}\nHTTP 200\n";

const K6: &str = r#"
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { randomIntBetween } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

const BASE = __ENV.BASE_URL || 'http://SERVER';
export const options = { vus: 2, duration: '5s', thresholds: { http_req_failed: ['rate<0.01'], http_req_duration: ['p(95)<5000'] } };

export function setup() {
  const res = http.post(`${BASE}/login`, JSON.stringify({ token: 'abc-def' }), { headers: { 'Content-Type': 'application/json' } });
  return { token: res.json('json.token') };
}

function create(name, token) {
  const res = http.post(`${BASE}/items`, JSON.stringify({ name, n: randomIntBetween(3, 3) }), {
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
  });
  check(res, { 'is created': (r) => r.status === 200, 'has its name': (r) => r.json().json.name === name });
  return res.json('json.n');
}

export default function (data) {
  group('items', () => {
    const n = create('mug', data.token);
    for (let i = 0; i < 2; i++) {
      http.get(`${BASE}/items/${n}?page=${i}`);
    }
    if (n > 5) {
      http.del(`${BASE}/items/${n}`);
    } else {
      http.put(`${BASE}/items/${n}`, JSON.stringify({ done: true }), { headers: { 'Content-Type': 'application/json' } });
    }
  });
  sleep(0.01);
}
"#;

const LOCUST: &str = r#"
import random
from locust import HttpUser, TaskSet, SequentialTaskSet, task, constant


class Flow(SequentialTaskSet):
    @task
    def create(self):
        with self.client.post("/items", json={"name": "mug", "ids": [7]}, catch_response=True) as response:
            if response.status_code != 200:
                response.failure("not created")
            elif response.json()["json"]["name"] != "mug":
                response.failure("another name")
        self.item = response.json()["json"]["ids"][0]

    @task
    def read(self):
        for page in range(2):
            self.client.get(f"/items/{self.item}", params={"page": page}, name="/items/[id]")
        self.interrupt()


class Visitor(HttpUser):
    host = "http://SERVER"
    wait_time = constant(0.01)
    tasks = {Flow: 2}

    def on_start(self):
        token = self.client.post("/login", json={"token": "abc-def"}).json()["json"]["token"]
        self.client.headers.update({"Authorization": f"Bearer {token}"})

    @task(1)
    def home(self):
        self.client.get("/", headers={"X-Lucky": str(random.randint(4, 4))})
"#;

#[test]
fn imported_specs_of_descriptions_and_commands_run() {
    for (name, text) in [("shop.openapi.json", OPENAPI), ("shop.postman_collection.json", POSTMAN), ("shop.sh", CURL), ("shop.hurl", HURL)]
    {
        let server = Echo::start();
        runs(&server, name, text, &[]);
        got(&server, "POST", "/items", "mug");
    }
}

#[test]
fn imported_k6_script_runs_and_sends_what_the_script_sends() {
    let server = Echo::start();
    runs(&server, "shop.js", K6, &[("LOCAL_TOKEN", "abc-def")]);
    got(&server, "POST", "/items", "{\"name\":\"mug\",\"n\":3}");
    got(&server, "GET", "/items/3?page=0", "");
    got(&server, "GET", "/items/3?page=1", "");
    got(&server, "PUT", "/items/3", "true");
    let mut created = server.seen().into_iter().filter(|seen| seen.method == "POST" && seen.target == "/items");
    assert!(created.all(|seen| seen.header("Authorization") == Some("Bearer abc-def")), "{:#?}", server.seen());
}

#[test]
fn imported_locustfile_runs_and_sends_what_its_tasks_send() {
    let server = Echo::start();
    runs(&server, "shop.py", LOCUST, &[("LOCAL_TOKEN", "abc-def")]);
    got(&server, "POST", "/login", "abc-def");
    got(&server, "GET", "/items/7?page=1", "");
    assert!(server.of("/items").iter().all(|seen| seen.header("Authorization") == Some("Bearer abc-def")), "{:#?}", server.seen());
    assert!(server.of("/").iter().any(|seen| seen.header("X-Lucky") == Some("4")), "{:#?}", server.seen());
}
