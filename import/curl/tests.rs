//! Commands as people write and copy them, and the specs that they become.

use crate::{Kind, Options, Source, import, recognize, write};

/// The spec of a script.
fn spec(script: &str) -> String {
    let source = Source::new("stdin", ".", script.as_bytes()).unwrap();
    assert_eq!(recognize(&source), Ok(Kind::Curl), "{script}");
    let draft = import(&source, Kind::Curl, &Options::default()).unwrap();
    String::from_utf8(write::files(&draft).remove(0).1).unwrap()
}

/// The request that a script becomes, on one line.
fn request(script: &str) -> String {
    let spec = spec(script);
    let api = spec.split("healthcheck none\n").nth(1).unwrap().split("\n}\n").next().unwrap();
    api.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_quoting_style_gives_the_same_request() {
    let expected = r#"post_items() = POST /items { json { a: "it's \"x\"" } }"#;
    for script in [
        r#"curl http://h.test/items -H 'Content-Type: application/json' -d '{"a": "it'\''s \"x\""}'"#,
        r#"curl http://h.test/items -H "Content-Type: application/json" -d "{\"a\": \"it's \\\"x\\\"\"}""#,
        r#"curl http://h.test/items -H $'Content-Type: application/json' --data-raw $'{"a": "it\'s \\"x\\""}'"#,
        "curl http://h.test/items \\\n  -HContent-Type:\\ application/json \\\n  -d @- <<'EOF'\n{\"a\": \"it's \\\"x\\\"\"}\nEOF\n",
        "curl ^\"http://h.test/items^\" ^\n  -H ^\"Content-Type: application/json^\" ^\n  --data-raw ^\"^{^\\^\"a^\\^\": ^\\^\"it's ^\\^\\^\\^\"x^\\^\\^\\^\"^\\^\"^}^\"",
        "curl.exe http://h.test/items `\n  -H 'Content-Type: application/json' `\n  -d '{\\\"a\\\": \\\"it''s \\\\\\\"x\\\\\\\"\\\"}'",
    ] {
        assert_eq!(request(script), expected, "{script}");
    }
}

#[test]
fn data_options_are_joined_as_curl_joins_them() {
    assert_eq!(
        request("curl http://h.test/f -d a=1 -d 'b=x y' --data-urlencode 'c=1&2'"),
        r#"post_f() = POST /f { form { a: "1", b: "x y", c: "1&2" } }"#
    );
    assert_eq!(
        request("curl -G http://h.test/f?z=0 -d a=1 --data-urlencode 'c=1&2'"),
        r#"get_f() = GET /f { query { z: "0", a: "1", c: "1&2" } }"#
    );
    assert_eq!(request(r#"curl http://h.test/f --json '{"a": 1}'"#), r#"post_f() = POST /f { json { a: 1 } }"#);
    assert_eq!(request("curl -T - http://h.test/f < /dev/null -X PUT").split(" {").next(), Some("put_f() = PUT /f"));
}

#[test]
fn forms_keep_their_files_with_name_and_type() {
    assert_eq!(
        request("curl http://h.test/f -F 'a=1' -F 'pic=@no/such.png;type=image/png;filename=x.png' --form-string 'raw=@1'"),
        r#"post_f() = POST /f { multipart { a: "1", pic: file("data/x.png", type: "image/png"), raw: "@1" } }"#
    );
}

#[test]
fn secrets_and_shell_variables_are_read_from_the_environment() {
    let source =
        Source::new("stdin", ".", b"HOST=h.test\ncurl -u ann:s3cr3t https://$HOST/$DIR -H \"X-Api-Key: $KEY\" -b 'sid=abc'").unwrap();
    let draft = import(&source, Kind::Curl, &Options::default()).unwrap();
    let files = write::files(&draft);
    let all: String = files.iter().map(|(_, content)| String::from_utf8_lossy(content).into_owned()).collect();
    assert!(!all.contains("s3cr3t") && !all.contains("sid=abc"), "{all}");
    for part in [
        "auth basic(env.h.user, env.h.password)",
        "GET /{env.variables.dir}",
        "\"X-Api-Key\": env.variables.key",
        "\"Cookie\": env.h.cookie",
        "url: https://h.test",
        "password: ${H_PASSWORD}",
        "key: ${KEY}",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
}

#[test]
fn several_commands_of_one_shape_share_a_request() {
    let spec = spec("curl http://h.test/items/1\ncurl http://h.test/items/2 && curl -d q=x http://h.test/a --next http://h.test/b");
    assert!(spec.contains("get_item(item_id) = GET /items/{item_id}"), "{spec}");
    assert!(self::spec("PS C:\\> curl.exe http://h.test/a").contains("GET /a"));
    assert!(self::spec("T=x; for i in 1 2; do curl --url=http://h.test/a/$i; done").contains("h.get_a(2)"));
    assert!(self::spec("for f in *.json; do curl --url=http://h.test/a/$f; done").contains("GET /a/{env.variables.f}"));
    for call in ["h.get_item(1)", "h.get_item(2)", "h.post_a()", "h.get_b()", "step \"Get item (2)\""] {
        assert!(spec.contains(call), "{call}: {spec}");
    }
}

#[test]
fn options_without_a_counterpart_are_named_and_unknown_ones_refused() {
    let source = Source::new("a.txt", ".", b"\ncurl --proxy http://p:1 --compressed -sSL http://h.test/").unwrap();
    let draft = import(&source, Kind::Curl, &Options::default()).unwrap();
    assert_eq!((draft.tally.left.len(), draft.tally.left[0].line), (1, 2));
    let spec = String::from_utf8(write::files(&draft).remove(0).1).unwrap();
    assert!(spec.contains("# not imported, a.txt:2: `--proxy http://p:1` has no counterpart in ltc"), "{spec}");
    let error = |script: &str| import(&Source::new("a.txt", ".", script.as_bytes()).unwrap(), Kind::Curl, &Options::default()).unwrap_err();
    let unknown = error("\ncurl http://h.test --heeder x");
    assert_eq!((unknown.line, unknown.column, unknown.help.as_deref()), (2, 20, Some("did you mean `--header`?")));
    assert!(error("curl 'http://h.test").message.contains("unclosed"));
    assert!(error("curl -s").message.contains("expected a URL"));
    assert!(error("curl http://h.test -H").message.contains("expected a value"));
    assert!(error("curl ftp://h.test").message.contains("expected `http`"));
}

/// A backtick at the end of a line was taken for PowerShell, so that the first of these commands was lost.
#[test]
fn scripts_with_command_substitution_arrays_and_pipes_are_read() {
    let spec = spec(
        "now=`date +%s`\nHEADERS=(-H 'X-A: 1' # first\n  -H 'X-B: 2')\nHEADERS+=(-X PUT)\ncurl \"${HEADERS[@]}\" -d a=1 http://h.test/one\n\
         echo '{\"n\": 1}' | curl --json @- http://h.test/two\nprintf '%s' \"$TEXT\" | curl -d @- http://h.test/three\n",
    );
    for part in ["PUT /one", "\"X-A\": \"1\", \"X-B\": \"2\"", "POST /two { json { n: 1 } }", "POST /three"] {
        assert!(spec.contains(part), "{part}: {spec}");
    }
    assert!(spec.contains("env.variables.text"), "{spec}");
    assert!(
        self::spec("C:\\Users\\ann>curl -d \"{\"\"a\"\": 1}\" -H \"Content-Type: application/json\" http://h.test/")
            .contains("json { a: 1 }")
    );
    assert_eq!(
        request("curl http://h.test/f -F 'pic=@no/x.png;type=image/png;filename=\"a;b.png\"'"),
        r#"post_f() = POST /f { multipart { pic: file("data/a_b.png", name: "a;b.png", type: "image/png") } }"#
    );
}

/// The inputs of these were lost, or the commands were not found.
#[test]
fn commands_within_scripts_are_found() {
    let login =
        "TOKEN=$(curl -s http://h.test/login -d u=a | jq -r '.data.token')\ncurl http://h.test/me -H \"Authorization: Bearer $TOKEN\"";
    let text = spec(login);
    for part in ["take token = json.data.token", "auth bearer(token)", "h.get_me(token)", "step \"Post login\" interrupt"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    let unread = spec("echo $(curl -s http://h.test/login | jq .id)");
    assert!(unread.contains("take _id = json.id"), "{unread}");
    assert_eq!(request("cat <<EOF | curl http://h.test/f --json @-\n{\"a\": 1}\nEOF\n"), "post_f() = POST /f { json { a: 1 } }");
    for script in [
        "sudo -u www curl http://h.test/f",
        "docker run --rm -e A=1 curlimages/curl:8 -s http://h.test/f",
        "kubectl exec -n shop pod/x -- curl http://h.test/f",
        "timeout 5 /usr/bin/curl http://h.test/f",
    ] {
        assert_eq!(request(script), "get_f() = GET /f", "{script}");
    }
    let looped =
        spec("for id in 7 8; do\n  curl \"http://h.test/items/$id\"\ndone\nfor n in $(seq 2); do curl http://h.test/pages/$n; done\n");
    for part in ["get_item(7)", "get_item(8)", "get_page(1)", "get_page(2)"] {
        assert!(looped.contains(part), "{part} is missing:\n{looped}");
    }
}

#[test]
fn a_file_that_the_shell_prints_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("body.json"), "{\"x\": 1}\n").unwrap();
    for body in ["$(cat body.json)", "`cat body.json`", "$(< body.json)"] {
        let script = format!("curl http://h.test/f -H 'Content-Type: application/json' -d \"{body}\"");
        let source = Source::new("stdin", folder.path(), script.as_bytes()).unwrap();
        let draft = import(&source, Kind::Curl, &Options::default()).unwrap();
        let text = String::from_utf8(write::files(&draft).remove(0).1).unwrap();
        assert!(text.contains("json { x: 1 }"), "{body}:\n{text}");
    }
}

#[test]
fn commands_of_powershell_itself_are_refused_with_a_way_out() {
    let text = "Invoke-WebRequest -Uri \"http://h.test/f\" -Body \"{`\"a`\":1}\"";
    let source = Source::new("stdin", ".", text.as_bytes()).unwrap();
    assert_eq!(recognize(&source), Ok(Kind::Curl));
    let error = import(&source, Kind::Curl, &Options::default()).unwrap_err();
    assert!(error.message.contains("Invoke-WebRequest") && error.help.unwrap().contains("cURL (bash)"));
}

#[test]
fn functions_and_members_of_outputs_with_a_document_are_read() {
    let text = spec(
        "BASE=${BASE:-http://h.test}\napi() { local url=\"$BASE$1\"; shift; curl -s \"$url\" -H \"X-Run: $RANDOM\" \"$@\"; }\n\
         ID=$(curl -s $BASE/items -H 'Content-Type: application/json' -d @- <<EOF | jq -r '.id'\n{ \"a\": 1 }\nEOF\n)\n\
         T=$(curl -s $BASE/t | python3 -c \"import sys, json; print(json.load(sys.stdin)['data']['t'])\")\n\
         api /items/$ID -X DELETE\napi /x -H \"X-T: $T\"\ncurl -X PURGE http://other.test/\n",
    );
    for part in ["json { a: 1 }", "take id = json.id", "take t = json.data.t", "= DELETE /items/{id}", "\"X-T\": t", "random(0, 32767)"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(!text.contains("api other"), "{text}");
}

#[test]
fn commands_of_windows_are_read_as_they_were_meant() {
    // Chrome before 2024, and PowerShell with a program of its own.
    let chrome = "curl \"http://h.test/f\" ^\n  -H \"content-type: application/json\" ^\n  --data-raw \"^{^\\^\"a^\\^\":^\\^\"50^% ^& more^\\^\"^}\"\n";
    assert_eq!(request(chrome), "post_f() = POST /f { json { a: \"50% & more\" } }");
    let power_shell = "curl.exe -X POST 'http://h.test/f' -H 'content-type: application/json' -d '{\\\"a\\\": 1}'";
    assert_eq!(request(power_shell), "post_f() = POST /f { json { a: 1 } }");
}
