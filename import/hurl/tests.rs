//! Hurl files, and the specs that they become.

use crate::draft::Draft;
use crate::{Kind, Options, Source, import, recognize, write};

fn read(text: &str) -> (String, Draft) {
    let source = Source::new("a.hurl", ".", text.as_bytes()).unwrap();
    assert_eq!(recognize(&source), Ok(Kind::Hurl));
    let draft = import(&source, Kind::Hurl, &Options::default()).unwrap();
    (String::from_utf8(write::files(&draft).remove(0).1).unwrap(), draft)
}

fn has(spec: &str, parts: &[&str]) {
    for part in parts {
        assert!(spec.contains(part), "{part}\n{spec}");
    }
}

/// Hurl captures before it asserts.
#[test]
fn assertions_read_what_the_same_response_captures() {
    let (spec, _) = read(
        "GET {{host}}/items\nHTTP 200\n[Captures]\nname: header \"X-Name\" regex \"Hello (.*)!\"\nid: jsonpath \"$.id\"\nsame: variable \"id\"\nraw: bytes\n\
         [Asserts]\nvariable \"name\" == \"Bob\"\nvariable \"id\" == 7\nvariable \"id\" exists\nvariable \"raw\" startsWith hex,7b;\nvariable \"other\" not exists\n",
    );
    has(
        &spec,
        &["expect json.id == 7", "take name = header \"X-Name\" ~ /Hello (.*)!/\n", "expect name == \"Bob\"", "take _id = json.id\n"],
    );
    has(&spec, &["`raw` was not imported", "`other`, which nothing sets"]);
    assert!(spec.find("take name").unwrap() < spec.find("expect name").unwrap(), "{spec}");
    assert!(!spec.contains("env.variables") && !spec.contains("!= null"), "{spec}");
}

#[test]
fn entries_become_steps_with_captures_and_options() {
    let (spec, _) = read(
        "# A shop\nPOST {{host}}/login\n[Options]\nvariable: name=ann\nretry: 3\nretry-interval: 200ms\ndelay: 1s\n[Form]\nuser: {{name}}\npassword: s3cr3t\nHTTP 200\nX-Kind: a\n\
         [Captures]\ntoken: jsonpath \"$.session.token\"\nid: regex /id=(\\d+)/\nfirst: jsonpath \"$.items\" nth 0\n\n\
         GET {{host}}/items/{{id}}?x=1\nAuthorization: Bearer {{token}}\n[Query]\nq: a b\n[Options]\nlocation: true\nHTTP *\n\n\
         PUT {{host}}/items\n{\"id\": {{id}}, \"name\": \"x {{name}}\", \"first\": \"{{first}}\"}\nHTTP/1.1 204 # done\n",
    );
    has(
        &spec,
        &[
            "base env.api.url",
            "cookies on",
            "let name = \"ann\"",
            "  wait 1s\n",
            "retry 3 times every 200ms {",
            "form { user: name, password: env.api.password }",
            "expect 200\n",
            "expect headers { \"X-Kind\": \"a\" }",
            "take token = json.session.token",
            "take id = text ~ /id=(\\d+)/",
            "take first = json.items[0]",
            "auth bearer(token)",
            "GET /items/{id} {",
            "query { x: \"1\", q: \"a b\" }",
            "expect status > 0",
            "json { id, name: \"x {name}\", first",
            "expect 204",
            "sequence Requests interrupt {",
        ],
    );
}

#[test]
fn asserts_become_expectations() {
    let (spec, draft) = read(
        "GET http://h.test/a\nHTTP 200\n[Asserts]\njsonpath \"$.a.b\" == \"x\"\njsonpath \"$.a.n\" isInteger\njsonpath \"$.items\" count == 2\njsonpath \"$.items[*].id\" contains 7 # c\n\
         jsonpath \"$.gone\" not exists\nheader \"Content-Type\" contains \"json\"\nheader \"X\" matches /^a\\/b/\nbody contains \"part\"\nbody not contains \"err\"\nduration < 500\n\
         jsonpath \"$.m\" regex /Hello (.*)!/ == \"B.b\"\nxpath \"string(//title)\" == \"T\"\nxpath \"count(//li)\" > 0\ncookie \"sid\" exists\nurl endsWith \"/a\"\nstatus < 300\n\
         jsonpath \"$.id\" toInt >= 3\ncertificate \"Subject\" == \"x\"\n`text`\n",
    );
    has(
        &spec,
        &[
            "expect json { a: { b: \"x\", n: int } }",
            "expect len(json.items) == 2",
            "expect contains(json \"$.items[*].id\", 7)",
            "expect json { gone: absent }",
            "expect contains(header \"Content-Type\", \"json\")",
            "expect headers { \"X\": ~ /^a\\/b/ }",
            "expect text \"part\"",
            "expect not text \"err\"",
            "expect elapsed < 500ms",
            "expect json.m ~ /Hello B\\.b!/",
            "expect html \"title\" == \"T\"",
            "expect html \"li\" != null",
            "expect cookie \"sid\" != null",
            "expect ends_with(url, \"/a\")",
            "expect status < 300",
            "expect int(json.id) >= 3",
            "# not imported, a.hurl:21: the query `certificate`",
            "expect text == \"text\"",
        ],
    );
    assert_eq!((draft.tally.carried["expectations"], draft.tally.left.len()), (19, 1));
}

#[test]
fn bodies_keep_their_kind() {
    let (spec, draft) = read(
        "POST http://h.test/g\n```graphql\nquery Q($a: Int) { x }\n\nvariables {\n  \"a\": 1\n}\n```\nHTTP 200\n\nPOST http://h.test/t\nContent-Type: text/csv\n```\na,b\n1,2\n```\nHTTP 200\n\n\
         POST http://h.test/x\n<a>\n <b/>\n</a>\nHTTP 200\n\nPOST http://h.test/m\n[Multipart]\nf: file,no/such.png; image/png\nHTTP 200\n\nPOST http://h.test/b\nbase64,AQ\nI=;\nHTTP/* 200\n[Asserts]\nsha256 == hex,00;\n\nPOST http://h.test/s\n[Options]\nskip: true\nHTTP 200\n",
    );
    has(
        &spec,
        &[
            "graphql \"\"\"",
            "{ a: 1 }",
            "\"Content-Type\": \"text/csv\"",
            "application/xml",
            "file(\"data/such.png\", type: \"image/png\")",
            "bytes base64_decode(\"AQI=\")",
            "# skipped, a.hurl:",
        ],
    );
    assert_eq!(draft.tally.carried["requests"], 5);
}

#[test]
fn broken_files_are_refused_with_a_location() {
    let error = |text: &str| import(&Source::new("a.hurl", ".", text.as_bytes()).unwrap(), Kind::Hurl, &Options::default()).unwrap_err();
    let found = error("GET http://h.test\nHTTP 200\n[Assert]\n");
    assert_eq!((found.line, found.help.is_some()), (3, true));
    assert!(error("hello").message.contains("expected a request"));
    assert!(error("POST http://h.test\n{\"a\": 1\n").message.contains("unclosed JSON"));
    assert!(error("GET http://h.test\nHTTP ok\n").message.contains("expected a number"));
}

/// The first spec did not check, and the captures of the second were lost.
#[test]
fn filters_of_paths_yield_single_values_and_unread_captures_stay() {
    let (spec, draft) = read(
        "GET http://h.test/a\nHTTP 200\n[Captures]\nloc: header \"Location\" replace \"http\" \"https\"\nn: jsonpath \"$.items\" count\n\
         [Asserts]\njsonpath \"$.items[?(@.id == 3)].name\" == \"x\"\njsonpath \"$..tag\" startsWith \"a\"\njsonpath \"$..id\" count == 2\n",
    );
    has(
        &spec,
        &[
            "expect (json \"$.items[?(@.id == 3)].name\")[0] == \"x\"",
            "starts_with((json \"$..tag\")[0], \"a\")",
            "len(json \"$..id\") == 2",
            "take _loc = header \"Location\"",
            "take _n = json.items",
        ],
    );
    assert_eq!(draft.tally.carried["captures"], 2);
}

#[test]
fn bodies_that_are_texts_are_compared_and_headers_and_nodes_counted() {
    let (spec, draft) = read(
        "GET http://h.test/a\nHTTP 200\n[Captures]\nx: jsonpath \"$.x\"\n[Asserts]\njsonpath \"$.file\" base64Decode decode \"UTF-8\" == \"a\"\n\
         header \"Set-Cookie\" count == 2\nxpath \"(//p)[1]\" == \"b\"\nbody matches /x+/\nheader \"Set-Cookie\" nth 0 == \"c\"\n\
         xpath \"count(//li)\" >= 4\nxpath \"//a\" count == 3\nxpath \"boolean(count(//b))\" == true\nxpath \"boolean(//i)\" == false\nbody htmlUnescape contains \"/a?b\"\nbody htmlUnescape contains \"a & b\"\nbase64,TG9yZW0=;\n",
    );
    has(
        &spec,
        &[
            "text(base64_decode(json.file)) == \"a\"",
            "html \"p\" == \"b\"",
            "text == \"Lorem\"",
            "take _x = json.x",
            "len(all header \"Set-Cookie\") == 2",
            "(all header \"Set-Cookie\")[0] == \"c\"",
            "len(all html \"li\") >= 4",
            "len(all html \"a\") == 3",
            "html \"b\" != null",
            "html \"i\" == null",
            "expect text \"/a?b\"",
        ],
    );
    assert!(matches!(draft.tally.left.as_slice(), [only] if only.what.contains("htmlUnescape")), "{:?}", draft.tally.left);
}

/// `expect 999` is no expectation of the language.
#[test]
fn status_that_no_response_has_is_compared() {
    let (spec, _) = read("GET {{host}}/items\nHTTP *\n[Asserts]\nstatus == 999\n\nGET {{host}}/more\nHTTP 204\n");
    has(&spec, &["expect status == 999", "expect 204"]);
}
