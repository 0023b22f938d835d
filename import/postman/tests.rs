//! Whole collections, and the specs that they become.

use crate::{Options, Source, import, recognize, summary, write};

fn imported(collection: &str) -> (String, String, Vec<String>) {
    let source = Source::new("shop.postman_collection.json", "none", collection.as_bytes()).unwrap();
    let draft = import(&source, recognize(&source).unwrap(), &Options::default()).unwrap();
    let files = write::files(&draft);
    let text = |ending: &str| {
        let (_, content) = files.iter().find(|(path, _)| path.ends_with(ending)).unwrap();
        String::from_utf8(content.clone()).unwrap()
    };
    (text("shop.lt"), text("imported.yml"), summary(&draft.tally))
}

/// A collection of these items, with `more` members.
fn collection(items: &str, more: &str) -> String {
    format!(
        r#"{{"info": {{"name": "Shop", "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"}}{more}, "item": [{items}]}}"#
    )
}

/// A request with a test script.
fn tested(url: &str, script: &[&str]) -> String {
    let lines = serde_json::to_string(script).unwrap();
    format!(
        r#"{{"name": "One", "request": {{"method": "GET", "url": "{url}"}}, "event": [{{"listen": "test", "script": {{"exec": {lines}}}}}]}}"#
    )
}

/// The lines of the only step after its request.
fn step(script: &[&str]) -> Vec<String> {
    let (spec, _, _) = imported(&collection(&tested("{{url}}/x", script), ""));
    let lines = spec.lines().skip_while(|line| !line.starts_with("  step")).skip(1).take_while(|line| *line != "  }");
    lines.map(|line| line.trim().to_owned()).filter(|line| line != "shop.one()").collect()
}

#[test]
fn headers_that_scripts_add_belong_to_the_requests() {
    let script = |lines: &[&str]| {
        format!(r#", "event": [{{"listen": "prerequest", "script": {{"exec": {}}}}}]"#, serde_json::to_string(lines).unwrap())
    };
    let request = |name: &str, more: &str| {
        format!(
            r#"{{"name": "{name}", "request": {{"method": "GET", "header": [{{"key": "X-Mode", "value": "a"}}], "url": "{{{{url}}}}/{name}"}}{more}}}"#
        )
    };
    let own = script(&[
        "pm.request.headers.upsert({ key: 'x-mode', value: 'b' });",
        "pm.request.headers.add('X-Time: ' + Date.now());",
        "pm.request.headers.remove('X-Mode');",
    ]);
    let all = script(&[
        "const token = pm.environment.get('token');",
        "pm.request.headers.add({ key: 'Authorization', value: `Bearer ${token}` });",
        "pm.request.headers.add({ key: 'X-Trace', value: pm.variables.replaceIn('{{$guid}}') });",
        "pm.request.addHeader({ key: 'X-Count', value: 3 });",
    ]);
    let more =
        format!(r#"{all}, "variable": [{{"key": "url", "value": "https://a.example.com"}}, {{"key": "token", "value": "secret-token"}}]"#);
    let (spec, _, summary) = imported(&collection(&[request("one", ""), request("two", &own)].join(","), &more));
    for part in ["auth bearer(env.shop.token)", "\"X-Trace\": uuid()", "\"X-Count\": \"3\"", "\"X-Mode\": \"a\"", "\"x-mode\": \"b\""] {
        assert!(spec.contains(part), "{part}\nis not in\n{spec}");
    }
    assert!(summary.iter().any(|line| line.starts_with("not imported: 2 statements of scripts")), "{summary:?}\n{spec}");
}

#[test]
fn folders_become_sequences_and_ids_travel_in_variables() {
    let create = r#"{"name": "Create", "request": {"method": "POST", "header": [{"key": "Content-Type", "value": "application/json"}],
        "body": {"mode": "raw", "raw": "{\"name\": \"{{$randomFirstName}}\", \"shop\": {{shop}}}"}, "url": {"raw": "{{url}}/pets"}},
        "event": [{"listen": "test", "script": {"exec": ["pm.test('ok', () => pm.response.to.have.status(201));",
        "pm.environment.set('petId', pm.response.json().data.id);"]}}]}"#;
    let read = r#"{"name": "Read", "request": {"method": "GET", "url": {"raw": "{{url}}/pets/:id?full=true", "variable": [{"key": "id", "value": "{{petId}}"}]}}}"#;
    let more = r#", "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]}, "variable": [{"key": "url", "value": "https://a.example.com"}, {"key": "shop", "value": "7"}]"#;
    let items = format!(r#"{{"name": "01. Pets", "item": [{create}, {read}]}}, {{"name": "More", "item": [{read}]}}"#);
    let (spec, env, _) = imported(&collection(&items, more));
    for part in [
        "  auth bearer(env.shop.token)\n",
        "    create() = POST /pets { json { name: fake.first_name(), shop: env.shop.shop } }\n",
        "    read(pet_id) = GET /pets/{pet_id} { query { full: \"true\" } }\n",
        "keep pet_id = null\n",
        "sequence Pets {\n  step \"Create\" {\n    shop.pets.create()\n    expect 201\n    set pet_id = json.data.id\n",
        "sequence Shop {\n  run Pets\n  run More\n}\n",
    ] {
        assert!(spec.contains(part), "{part}\nis not in\n{spec}");
    }
    for part in ["  url: https://a.example.com\n", "  shop: 7\n", "  token: ${SHOP_TOKEN}\n"] {
        assert!(env.contains(part), "{part}\nis not in\n{env}");
    }
}

#[test]
fn tests_in_the_words_of_chai_become_expectations() {
    let script = [
        "const body = pm.response.json();",
        "pm.test('all', function () {",
        "  pm.response.to.have.status(200);",
        "  pm.expect(body.id).to.be.a('number');",
        "  pm.expect(body.items).to.be.an('array').that.is.not.empty;",
        "  pm.expect(body.items[0].name).to.eql('Ann');",
        "  pm.expect(body).to.have.property('total', 3);",
        "  pm.expect(body.kind).to.be.oneOf(['a', 'b']);",
        "  pm.expect(body.items.length).to.be.above(2);",
        "  pm.expect(pm.response.responseTime).to.be.below(200);",
        "  pm.expect(pm.response.text()).to.include('x');",
        "  pm.expect(pm.response.headers.get('X-A')).to.match(/^a\\/b$/i);",
        "  pm.expect(body.gone).to.be.undefined;",
        "  body.items.forEach(item => pm.expect(item.id).to.exist);",
        "});",
    ];
    assert_eq!(
        step(&script),
        [
            "expect 200",
            "expect json { id: number, items: [{ name: \"Ann\" }, ..], total: 3, kind: \"a\" | \"b\", gone: absent }",
            "expect json { items: each { id: _ } }",
            "expect len(json.items) > 0",
            "expect len(json.items) > 2",
            "expect elapsed < 200ms",
            "expect text \"x\"",
            "expect headers { \"X-A\": ~ /(?i)^a\\/b$/ }",
        ]
    );
}

#[test]
fn tests_in_the_old_form_become_expectations() {
    let script = [
        "var body = JSON.parse(responseBody);",
        "tests['code'] = responseCode.code === 200 || responseCode.code === 201;",
        "tests['has'] = responseBody.has('x') && !responseBody.includes('y');",
        "tests['id'] = body.id > 3;",
        "tests['in'] = 'a' in body.args;",
        "tests['type'] = typeof body.n === 'string';",
    ];
    assert_eq!(
        step(&script),
        ["expect 200 | 201", "expect json { id: > 3, args: { a: _ }, n: string }", "expect text \"x\"", "expect not text \"y\""]
    );
}

#[test]
fn statements_without_a_counterpart_are_reported_with_their_line() {
    let (spec, _, lines) = imported(&collection(&tested("{{url}}/x", &["postman.setNextRequest('x');", "console.log('x');"]), ""));
    assert!(spec.contains("# not imported, shop.postman_collection.json:1: postman.setNextRequest('x');"), "{spec}");
    assert!(lines.contains(&"not imported: 1 statement of scripts".to_owned()), "{lines:?}");
    // A branch that does not run if the expectations hold.
    let script = [
        "if (pm.response.code === 200) { pm.environment.set('id', pm.response.json().id); } else {",
        "pm.expect.fail('no'); tests['ok'] = false; pm.expect(1).to.equal(2); console.log('no'); postman.setNextRequest(null); }",
    ];
    let (spec, _, lines) = imported(&collection(&tested("{{url}}/x", &script), ""));
    assert!(spec.contains("json:1: postman.setNextRequest(null);") && spec.contains("expect 200"), "{spec}");
    assert!(lines.contains(&"not imported: 1 statement of scripts".to_owned()), "{lines:?}");
}

#[test]
fn times_of_moment_are_times_of_the_language() {
    let item = r#"{"name": "One", "request": {"method": "GET", "url": "{{url}}/x?from={{from}}&to={{to}}"}, "event": [{"listen": "prerequest",
        "script": {"exec": ["const from = moment().add(1, 'd').format('YYYY-MM-DD');", "pm.environment.set('from', from);",
        "pm.environment.set('to', moment(from).add(2, 'weeks').format('YYYY-MM-DD'));"]}}]}"#;
    let (spec, _, _) = imported(&collection(item, ""));
    for part in [
        "  let from = format_time(now() + 1d, \"%Y-%m-%d\")\n",
        "  let to = format_time(now() + 1d + 14d, \"%Y-%m-%d\")\n",
        "    shop.one(from, to)\n",
    ] {
        assert!(spec.contains(part), "{part}\nis not in\n{spec}");
    }
}

#[test]
fn request_of_a_script_becomes_a_separate_step() {
    let login = r#"{"name": "Me", "request": {"method": "GET", "url": "{{url}}/me", "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{token}}"}]}},
        "event": [{"listen": "prerequest", "script": {"exec": ["pm.sendRequest({ url: pm.environment.get('url') + '/login', method: 'POST',",
        "header: ['Accept: application/json'], body: { mode: 'urlencoded', urlencoded: [{ key: 'user', value: 'ann' }] } },",
        "(err, res) => { if (err) { console.log(err); } else { pm.environment.set('token', res.json().access_token); } });"]}}]}"#;
    let (spec, _, lines) = imported(&collection(login, ""));
    let spec = spec.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        "post_login() = POST /login { headers { \"Accept\": \"application/json\" } form { user: \"ann\" } }",
        "me() = GET /me { auth bearer(token) }",
        "set token = json.access_token }",
    ] {
        assert!(spec.contains(part), "{part}\nis not in\n{spec}");
    }
    assert!(!lines.iter().any(|line| line.starts_with("not imported")), "{lines:?}");
}

#[test]
fn file_that_is_not_a_collection_is_rejected_with_a_fix() {
    let error = |text: &str| {
        let source = Source::new("a.json", "none", text.as_bytes()).unwrap();
        import(&source, crate::Kind::Postman, &Options::default()).unwrap_err()
    };
    assert!(error(r#"{"name": "e", "values": []}"#).message.contains("environment"));
    assert!(error(r#"{"name": "e", "requests": []}"#).message.contains("format 1"));
    assert!(error(r#"{"info": {}, "item": []}"#).message.contains("no request"));
    let broken = error("{\n\"item\": [\n");
    assert!(broken.line >= 2 && broken.help.is_some(), "{broken:?}");
}

#[test]
fn variable_that_a_script_sets_to_itself_is_not_assigned() {
    let item = r#"{"name": "One", "request": {"method": "GET", "url": "{{url}}/u/{{account}}"}, "event": [{"listen": "prerequest", "script": {"exec":
        ["let account = pm.iterationData.get('account');", "pm.collectionVariables.set('account', account);"]}}]}"#;
    let (spec, _, _) = imported(&collection(item, ""));
    assert!(!spec.contains("let account") && !spec.contains("set account") && spec.contains("keep account = null"), "{spec}");
}

#[test]
fn branches_that_only_test_for_a_member_are_imported() {
    let lines = step(&[
        "let body = {};",
        "try { body = pm.response.json(); } catch (error) {}",
        "if (body?.id) { pm.environment.set('id', body.id); } else { console.log('none'); }",
        "if (body && body.state !== undefined) { pm.test('state', () => pm.expect(body.state).to.eql('open')); }",
        "if (body.total > 7) { pm.environment.set('more', 1); }",
    ]);
    let all = lines.join("\n");
    assert!(all.contains("state: \"open\"") && all.contains("# not imported"), "{all}");
    assert_eq!(all.matches("# not imported").count(), 1, "{all}");
}

/// These lines made gigabytes.
#[test]
fn values_that_grow_without_end_are_not_followed() {
    for line in ["s = s + s;", "s = `${s}${s}`;", "s = [s, s];", "s = { a: s, b: s };", "s = s.concat(s);"] {
        let lines = ["let s = 'aaaaaaaaaaaaaaaa' + pm.environment.get('a');"].into_iter().chain(std::iter::repeat_n(line, 60));
        let all = step(&lines.chain(["pm.environment.set('s', s);"]).collect::<Vec<_>>()).join("\n");
        assert!(all.len() < 10_000_000, "{line}");
    }
}
