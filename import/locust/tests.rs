//! Small locustfiles, and the specs that they become.

use super::*;
use crate::write;

pub(super) fn spec(script: &str) -> (String, Vec<String>) {
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

/// `CSVReader` gives lists without names; its file is not there, so that the columns are those that the script reads.
#[test]
fn rows_that_are_read_by_number_have_names_of_columns() {
    let (spec, _) = spec(
        "from locust_plugins.csvreader import CSVReader\nfrom locust_plugins.users.resource import HttpUserWithResources\nfrom locust import task\n\n\
         readers = CSVReader('gone.csv')\n\nclass Visitor(HttpUserWithResources):\n    host = 'http://localhost:8080'\n\n    @task\n    def index(self):\n\
         \x20       customer = next(readers)\n        self.client.get(f'/?ssn={customer[1]}')\n",
    );
    assert!(spec.contains("local.home(customer.column_1)") && spec.contains("user Visitor"), "{spec}");
}

const LOCUSTFILE: &str = r#"
from locust import between, seq_task, TaskSequence, Locust

from framework.generator.asserter import LocustAsserter
from framework.generator.expected import ExpectedResponse, rextract_data
from framework.api.Shop.api import ShopAPIClient
from config.test_config_reader import env_config, datapool


class ShopLocust(Locust):
    def __init__(self):
        super().__init__()
        self.client = ShopAPIClient(config=env_config, creds=env_config.auto_system)


class Buy(TaskSequence):
    def __init__(self, *args, **kwargs):
        super(Buy, self).__init__(*args, **kwargs)
        self.cart_id = None
        self.def_exp = ExpectedResponse()

    @seq_task(1)
    def create(self):
        exp = ExpectedResponse(code=201, json={'country_code': 'US'})
        with LocustAsserter(expected=exp, name='Create cart', interrupt_flow=True, skip_transaction=True) as transaction:
            transaction.response = self.client.cart.create(owner=datapool['patient']['PID'])
        self.cart_id = rextract_data(resp=transaction.response, json_item='properties.id')

    @seq_task(2)
    def read(self):
        with LocustAsserter(expected=ExpectedResponse(text='Cart'), name='Get cart') as transaction:
            transaction.response = self.client.cart.get(self.cart_id)
        self.client.change_client(creds=env_config.us_doctor)


class ShopUser(ShopLocust):
    task_set = Buy
    wait_time = between(0.1, 0.2)
"#;

const API: &str = "from framework.api.Base import BaseAPI\nfrom framework.api.Shop.resources import Cart\n\n\
                   class ShopAPIClient(BaseAPI):\n    config_section = 'shop_api'\n    resources = (Cart,)\n";

const RESOURCES: &str = "from framework.api.Base import BaseResource\n\n\nclass Cart(BaseResource):\n    name = 'cart'\n\n\
                         \x20   def create(self, owner):\n        return self.api.client.post('carts', json={'owner': owner}).response\n\n\
                         \x20   def get(self, cart_id):\n        return self.api.client.get(f'carts/{cart_id}').response\n";

const PROFILE: &str = "test_header:\n  name: BuyShop\n  description: Buy things\n  env: cs1\nprofile:\n  runner:\n    clients: 50\n    hatch_rate: 5\n    duration: 3m\n\
                       \x20 test:\n    locustfile: tests/Shop/locustfile.py\n  logging:\n    loglevel: INFO\n";

#[test]
fn framework_of_api_clients_and_asserters_becomes_steps_and_keeps_its_profile() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        ("tests/Shop/locustfile.py", LOCUSTFILE),
        ("tests/Shop/profile.yml", PROFILE),
        ("framework/api/Shop/api.py", API),
        ("framework/api/Shop/resources.py", RESOURCES),
    ] {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let source = Source::new("locustfile.py", folder.path().join("tests/Shop"), LOCUSTFILE.as_bytes()).unwrap();
    let draft = crate::import(&source, crate::Kind::Locust, &Options::default()).unwrap();
    let files = write::files(&draft);
    let all: String = files.iter().map(|(_, content)| String::from_utf8(content.clone()).unwrap()).collect();
    for part in [
        "step \"Create cart\" skip interrupt",
        "expect 201",
        "expect json { countryCode: \"US\" }",
        "= json.properties.id",
        "step \"Get cart\"",
        "expect text \"Cart\"",
        "POST /carts",
        "auth bearer(env.auto_system.token)",
        ".auth = bearer(env.us_doctor.token)",
        "wait 100ms..200ms",
        "${SHOP_API_URL}",
        "hatch_rate: 5",
        "description: Buy things",
    ] {
        assert!(all.contains(part), "{part} is missing:\n{all}");
    }
    assert!(draft.tally.left.is_empty(), "{:?}", draft.tally.left);
}

/// The framework converts the keys of expected JSON and headers to camelCase, and extracts values from headers and by patterns, too.
#[test]
fn framework_expects_headers_and_extracts_by_patterns() {
    let script = LOCUSTFILE
        .replace("ExpectedResponse(text='Cart')", "ExpectedResponse(code=200, header={'request_id': 'r-1', 'Server': 'shop'})")
        .replace(
            "json_item='properties.id')",
            "headers_key='Location')\n        self.version = rextract_data(resp=transaction.response, reg_exp='v[0-9]+')",
        )
        .replace("self.client.cart.get(self.cart_id)", "self.client.cart.get(self.cart_id + self.version)");
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in
        [("locustfile.py", script.as_str()), ("framework/api/Shop/api.py", API), ("framework/api/Shop/resources.py", RESOURCES)]
    {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let source = Source::new("locustfile.py", folder.path(), script.as_bytes()).unwrap();
    let draft = crate::import(&source, crate::Kind::Locust, &Options::default()).unwrap();
    let spec =
        write::files(&draft).into_iter().find(|(path, _)| path.ends_with(".lt")).map(|(_, content)| String::from_utf8(content).unwrap());
    let spec = spec.unwrap();
    for part in ["\"requestId\": \"r-1\"", "\"Server\": \"shop\"", "= header \"Location\"", "= text ~ /(v[0-9]+)/"] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
    assert!(draft.tally.left.is_empty(), "{:?}", draft.tally.left);
}

#[test]
fn nested_task_sets_of_a_sequence_are_imported_or_named() {
    let (spec, summary) = spec(
        "from locust import HttpUser, SequentialTaskSet, TaskSet, task\n\nclass Flow(SequentialTaskSet):\n    @task\n    def a(self):\n\
         \x20       self.client.get('/a')\n\n    @task\n    class Steps(SequentialTaskSet):\n        @task\n        def b(self):\n\
         \x20           self.client.get('/b')\n\n    @task\n    class Some(TaskSet):\n        @task\n        def c(self):\n            self.client.get('/c')\n\n\
         class Web(HttpUser):\n    host = 'http://localhost'\n    fixed_count = 2\n    tasks = [Flow]\n",
    );
    assert!(spec.contains("GET /a") && spec.contains("GET /b") && !spec.contains("GET /c"), "{spec}");
    let said = summary.join("\n");
    assert!(said.contains("class Some: tasks drawn at random") && said.contains("Web.fixed_count: write the number"), "{said}");
}

#[test]
fn headers_of_the_client_are_sent_with_all_further_requests() {
    let (spec, summary) = spec(
        "from locust import HttpUser, task\n\nclass Visitor(HttpUser):\n    host = 'http://localhost'\n\n    def on_start(self):\n\
         \x20       token = self.client.post('/login').json()['token']\n\
         \x20       self.client.headers = {'Authorization': f'Bearer {token}', 'X-Shop': 'main', 'X-Run': token}\n\n\
         \x20   @task\n    def me(self):\n        self.client.get('/me')\n",
    );
    let said = summary.join("\n");
    assert!(spec.contains(".auth = bearer(token)") && spec.contains("\"X-Shop\": \"main\""), "{spec}");
    assert!(said.contains("`X-Run`: set it in the api"), "{said}");
}

/// Each of these requests was lost without a word.
#[test]
fn nothing_of_a_locustfile_is_lost_without_a_note() {
    let (spec, summary) = spec(
        "from locust import FastHttpUser, task, between\nimport random, string\n\nWORDS = []\nwith open('words.txt') as f:\n\
         \x20   WORDS = [word for line in f if (word := line.strip())]\n\nclass Visitor(FastHttpUser):\n    host = 'http://localhost'\n    known = False\n\n\
         \x20   def session(self):\n        with self.rest('GET', '/me') as resp:\n            if resp.status_code == 200:\n                return True\n\
         \x20           elif resp.status_code == 401:\n                resp.success()\n                return False\n            resp.failure('no')\n            return False\n\n\
         \x20   def links(self, js):\n        out = []\n        for at, item in strange(js):\n            out.append(item)\n        return out\n\n\
         \x20   @task\n    def flow(self):\n        if not self.session():\n            if not self.known:\n                self.client.post('/register')\n                self.known = True\n\
         \x20           else:\n                self.client.post('/login')\n        for link in self.links(self.rest('GET', '/links').js):\n            self.client.delete(f'/links/{link}')\n\n\
         \x20   @task\n    def other(self):\n        self.client.get(f'/words/{random.choice(WORDS)}')\n        with self.rest('GET', f'/odd/{Odd()}') as resp:\n            pass\n",
    );
    let said = summary.join("\n");
    for part in ["expect 2xx | 401", "POST /register", "POST /login", "keep known = false", "if not known", "GET /words/"] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}\n{said}");
    }
    for part in ["for at, item in strange(js)", "self.client.delete(f'/links/{link}')", "with self.rest('GET', f'/odd/{Odd()}')"] {
        assert!(said.contains(part), "{part} is missing:\n{said}\n{spec}");
    }
}

/// The requests of these tasks were lost without a word, and a test of a type was always false.
#[test]
fn tasks_that_depend_on_lost_values_are_named() {
    let (text, summary) = spec(
        "from locust import HttpUser, task\nfrom uuid import uuid4\n\nclass Visitor(HttpUser):\n    host = 'http://localhost'\n\n\
         \x20   def on_start(self):\n        self.ids = []\n\n    @task\n    def search(self):\n        r = self.client.get('/search')\n\
         \x20       if odd(r):\n            self.ids = [1, 2]\n\n    @task\n    def detail(self):\n        if self.ids:\n            self.client.get(f'/items/{self.ids[0]}')\n\n\
         \x20   @task\n    def create(self):\n        self.client.post('/items', json={'title': f'new-{uuid4().hex[:8]}'})\n        data = self.client.get('/list').json()\n\
         \x20       if isinstance(data, list) and len(data) > 0:\n            self.client.get(f\"/items/{data[0]['id']}\")\n",
    );
    let said = summary.join("\n");
    assert!(text.contains("replace(uuid(), \"-\", \"\")[0..7]"), "{text}");
    assert!(text.contains("GET /items/") && !text.contains("== \"list\""), "{text}");
    for part in ["task `detail`", "the type is not tested"] {
        assert!(said.contains(part), "{part} is missing:\n{said}\n{text}");
    }
}

/// Arguments by position, several statuses, nested members, the order of `seq_task`, the health check and made files were lost.
#[test]
fn framework_reads_every_form_of_expectations_and_its_health_check() {
    let script = LOCUSTFILE
        .replace(
            "ExpectedResponse(code=201, json={'country_code': 'US'})",
            "ExpectedResponse([200, 201], json={'home_address': {'zip_code': '1'}})",
        )
        .replace("expected=ExpectedResponse(text='Cart'), name='Get cart'", "ExpectedResponse(200, None, None, 'Cart'), 'Get cart', True")
        .replace("@seq_task(1)", "@seq_task(3)")
        .replace(
            "from locust import between, seq_task, TaskSequence, Locust",
            "from locust import between, Locust\nfrom framework.generator.sequence import seq_task, TaskSequence\nfrom framework.generator.files import make_file_with_size",
        )
        .replace("owner=datapool['patient']['PID']", "owner=make_file_with_size('big.txt', 2048)");
    let api = format!("{API}\n    def healthcheck(self):\n        return self.client.get('version').response\n");
    let resources = RESOURCES.replace("json={'owner': owner}", "files={'file': owner}");
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in
        [("locustfile.py", script.as_str()), ("framework/api/Shop/api.py", &api), ("framework/api/Shop/resources.py", &resources)]
    {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let source = Source::new("locustfile.py", folder.path(), script.as_bytes()).unwrap();
    let draft = crate::import(&source, crate::Kind::Locust, &Options::default()).unwrap();
    let files = write::files(&draft);
    let spec =
        files.iter().find(|(path, _)| path.ends_with(".lt")).map(|(_, content)| String::from_utf8(content.clone()).unwrap()).unwrap();
    for part in [
        "healthcheck GET /version",
        "expect 200 | 201",
        "expect json { homeAddress: { zipCode: \"1\" } }",
        "step \"Get cart\" interrupt",
        "expect text \"Cart\"",
        "file(\"data/big.txt\")",
    ] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
    assert!(spec.find("step \"Get cart\"") < spec.find("step \"Create cart\""), "{spec}");
    assert!(files.iter().any(|(path, content)| path.ends_with("big.txt") && content.len() == 2048));
}

#[test]
fn parts_of_a_body_keep_their_names_and_content_types() {
    let (spec, summary) = spec(
        "from locust import HttpUser, task\n\nclass Visitor(HttpUser):\n    host = 'http://localhost:8080'\n\n    @task\n    def upload(self):\n\
         \x20       self.client.post('/files', files={'photo': ('cat.png', open('gone/1.bin', 'rb'), 'image/png'), 'meta': (None, '{}', 'application/json')})\n",
    );
    assert!(spec.contains("photo: file(\"data/cat.png\", type: \"image/png\")"), "{spec}");
    assert!(spec.contains("meta: \"{{}}\""), "{spec}");
    let named =
        summary.iter().any(|line| line.contains("shop.py:8: field `meta` of the body: the content type application/json of a text"));
    assert!(named, "{summary:?}");
}

/// The profile that an import writes beside a locustfile with this `profile.yml`, and the parts that are named.
fn with_profile(profile: &str) -> (String, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let script = "from locust import HttpUser, task\n\nclass Visitor(HttpUser):\n    host = 'http://localhost:8080'\n\n    @task\n    def home(self):\n        self.client.get('/')\n";
    std::fs::write(folder.path().join("profile.yml"), profile).unwrap();
    let source = Source::new("locustfile.py", folder.path(), script.as_bytes()).unwrap();
    let draft = crate::import(&source, crate::Kind::Locust, &Options::default()).unwrap();
    let files = write::files(&draft);
    let (_, written) = files.iter().find(|(path, _)| path.ends_with(".profile.yml")).unwrap();
    let left = draft.tally.left.iter().map(|left| format!("{}:{}: {}", left.file, left.line, left.what)).collect();
    (String::from_utf8(written.clone()).unwrap(), left)
}

#[test]
fn profile_of_the_framework_keeps_its_regions_and_what_is_valid() {
    let (written, left) = with_profile(PROFILE);
    assert!(written.contains("clients: 50") && !written.contains("location"), "{written}");
    assert!(left.is_empty(), "{left:?}");

    let (written, left) = with_profile(
        "test_header:\n  name: Home\n  location: [us-west-2, eu-central-1]\nprofile:\n  runner:\n    clients: many\n    hatch_rate: 5\n    duration: 3m\n",
    );
    for part in ["- us-west-2\n", "- eu-central-1\n", "hatch_rate: 5", "duration: 3m"] {
        assert!(written.contains(part), "{part} is missing:\n{written}");
    }
    assert!(!written.contains("many"), "{written}");
    assert!(left.iter().any(|line| line.starts_with("profile.yml:6: clients: ")), "{left:?}");

    let (written, left) = with_profile("test_header: {\nprofile: [\n");
    assert!(written.contains("clients: 1"), "{written}");
    assert!(left.iter().any(|line| line.contains("profile.yml is not YAML")), "{left:?}");
}

#[test]
fn statuses_that_a_script_marks_as_successful_are_expected() {
    let (spec, summary) = spec(
        "from locust import HttpUser, task\n\nclass Visitor(HttpUser):\n    host = 'http://localhost:8080'\n\n\
         \x20   @task\n    def all(self):\n        r = self.client.get('/all', catch_response=True)\n        if r.status_code == 200:\n            r.success()\n\
         \x20       elif r.status_code in (404, 410):\n            r.success()\n        elif r.status_code == 500:\n            r.failure('server')\n\
         \x20       else:\n            r.failure('status')\n\n\
         \x20   @task\n    def more(self):\n        with self.client.get('/more', catch_response=True) as r:\n            if r.status_code == 200:\n                r.success()\n\
         \x20           elif r.status_code == 404:\n                r.success()\n",
    );
    assert!(spec.contains("expect 200 | 404 | 410") && spec.contains("expect 2xx | 404"), "{spec}");
    assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}");
}

#[test]
fn members_that_may_be_missing_are_told_from_those_that_are_null() {
    let (spec, summary) = spec(
        "from locust import FastHttpUser, task\nfrom locust.user.wait_time import constant\n\nclass Visitor(FastHttpUser):\n    host = 'http://localhost:8080'\n\
         \x20   wait_time = constant(2)\n\n    @task\n    def look(self):\n        with self.rest('GET', '/x') as r:\n\
         \x20           if error := r.js.get('error'):\n                r.failure(error)\n            elif message := r.js.get('message'):\n\
         \x20               if message != 'Welcome':\n                    r.failure('message')\n\
         \x20           if not r.js['success']:\n                r.failure('no success')\n            if not r.js['id']:\n                r.failure('no id')\n",
    );
    assert!(spec.contains("expect json { error: absent | null, message: \"Welcome\", success: true, id: != null }"), "{spec}");
    assert!(spec.contains("wait 2s"), "{spec}");
    assert!(summary.iter().any(|line| line.contains("the expectations in it always apply")), "{summary:?}");
}

#[test]
fn comprehensions_over_a_response_are_json_paths() {
    let (spec, summary) = spec(
        "from locust import HttpUser, task\n\nclass Visitor(HttpUser):\n    host = 'http://localhost:8080'\n\n    @task\n    def buy(self):\n\
         \x20       items = self.client.get('/items').json()\n\
         \x20       ids = [item['id'] for item in items if item['price'] > 3 and item.get('stock')]\n\
         \x20       for one in ids:\n            self.client.get(f'/items/{one}', name='item')\n\
         \x20       first = next((item for item in items if item['kind'] == 'mug'), None)\n\
         \x20       total = sum(item['price'] for item in items)\n\
         \x20       self.client.post('/cart', json={'first': first['id'], 'total': total, 'names': [item['name'] for item in items]})\n",
    );
    for part in [
        "json \"$[?@.price > 3 && @.stock != null && @.stock != false].id\"",
        "for one in",
        "first(",
        "sum(",
        "json \"$[*].price\"",
        "json \"$[*].name\"",
        "json \"$[?@.kind == 'mug']\"",
    ] {
        assert!(spec.contains(part), "{part} is missing:\n{spec}");
    }
    assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}");
}

#[test]
fn clients_of_other_hosts_have_their_own_api() {
    let (spec, summary) = spec(
        "from locust import HttpUser, task\nfrom locust.clients import HttpSession\n\nclass Visitor(HttpUser):\n    host = 'http://localhost:8080'\n\n\
         \x20   def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n\
         \x20       self.other = HttpSession(base_url='https://stats.test', request_event=self.client.request_event, user=self)\n\n\
         \x20   @task\n    def look(self):\n        self.client.get('/a')\n        self.other.get('/b')\n        self.client.get('/c')\n",
    );
    assert!(spec.contains("api stats") && spec.contains("stats.get_b()") && spec.contains("local.get_c()"), "{spec}");
    assert!(!summary.iter().any(|line| line.starts_with("not imported")), "{summary:?}");
}

/// Each branch costs the same, however many variables there are: this took minutes while each compared all of them.
#[test]
fn a_thousand_branches_among_two_thousand_variables_are_imported_at_once() {
    let branch = "        r = self.client.post('/r', json={'n': 1})\n        idN = r.json()['id']\n        if r.status_code == 200:\n\
        \x20           moreN = idN\n            self.client.get(f'/r/{moreN}')\n";
    let branches: String = (0..1000).map(|n: usize| branch.replace('N', &n.to_string())).collect();
    let head = "from locust import HttpUser, task\nclass U(HttpUser):\n    @task\n    def t(self):\n";
    let (_, summary) = spec(&format!("{head}{branches}"));
    assert!(summary[0].starts_with("imported: 2000 requests, "), "{summary:?}");
}
