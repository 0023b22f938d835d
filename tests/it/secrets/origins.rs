//! The compiler follows each credential to the variables and columns that hold it.

use crate::project::Project;

/// The variables and columns of a spec that hold secrets: `keep token`, `take t.value`, `column people.name`.
fn secrets_of(spec: &str) -> Vec<String> {
    let rest = "api shop { base env.shop.url; healthcheck none; login(key, word) = POST /login { json { user: key, password: word } } }\nuser U { run S }\n";
    let project = Project::new()
        .spec("x", format!("{spec}\n{rest}"))
        .env("shop: { url: 'http://127.0.0.1:1', key: '${KEY}' }\n")
        .file("specs/rows.csv", "name,word,pin\nanna,abcd,1234\n")
        .profile("x", "clients: 1, duration: 1s");
    let checked = project.check("x").unwrap();
    let errors: Vec<&str> = checked.diagnostics.iter().filter(|found| found.is_error()).map(|found| found.message.as_str()).collect();
    assert!(errors.is_empty(), "{errors:?} in {spec}");
    let program = checked.program.unwrap();
    let path = |kind: &str, name: &str, members: &[String]| format!("{kind} {}", [&[name.to_owned()], members].concat().join("."));
    let mut found: Vec<String> = program
        .secrets
        .iter()
        .map(|(holder, members)| match holder {
            ltc::model::SecretHolder::Keep(id) => path("keep", &program.keeps[id.0].name, members),
            ltc::model::SecretHolder::Global(id) => path("let", &program.globals[id.0].name, members),
            ltc::model::SecretHolder::Shared(id) => path("shared", &program.shared[id.0], members),
        })
        .collect();
    let routines = program.before_test.iter().map(|routine| &routine.frame);
    let frames = program.sequences.iter().map(|sequence| &sequence.frame).chain(routines);
    for frame in frames {
        found.extend(frame.secrets.iter().map(|(local, members)| path("local", &frame.locals[local.0].name, members)));
    }
    for data in &program.data {
        found.extend(data.secrets.iter().map(|column| format!("column {}.{column}", data.name)));
    }
    found
}

#[test]
fn credentials_are_followed_to_their_origin() {
    let data = "data people from \"rows.csv\"\n";
    for (spec, expected) in [
        // What is marked.
        ("keep secret pin = \"\"\nsequence S { log \"{pin}\" }", &["keep pin"][..]),
        (
            "data people from \"rows.csv\" { secret pin, \"name\" }\nsequence S { log \"{next(people).pin}\" }",
            &["column people.name", "column people.pin"],
        ),
        // From `auth`, through variables, members, texts and calls.
        (
            "sequence S { step \"A\" interrupt { shop GET /a; take t = json.ticket }; let u = \"x {t}\"; set shop.auth = bearer(u) }",
            &["local t", "local u"],
        ),
        ("keep me = null\nsequence S { step \"A\" { shop GET /a { auth basic(me.name, me.word) } } }", &["keep me.word"]),
        (
            "sequence T gives t { step \"A\" interrupt { shop GET /a; take t = json.x } }\nsequence S { take u = run T(); set shop.auth = header(\"X\", u) }",
            &["local t", "local u"],
        ),
        (
            "before test { step \"A\" interrupt { shop GET /a; take t = json.x } }\nsequence S { step \"B\" { shop GET /b { auth bearer(t) } } }",
            &["shared t", "local t"],
        ),
        ("let k = uuid()\nsequence S { step \"A\" { shop GET /a { auth bearer(jwt(\"HS256\", k, { id: user.id })) } } }", &["let k"]),
        // From the names of members, headers and sources.
        (
            "sequence S { step \"A\" interrupt { shop GET /a; take t = json.data.access_token; take c = cookie \"sid\" }; log \"{t}{c}\" }",
            &["local t", "local c"],
        ),
        (
            "sequence S { step \"A\" interrupt { shop GET /a; take t = json \"$.data['api_key']\"; take n = json.name }; log \"{t}{n}\" }",
            &["local t"],
        ),
        ("keep w = \"abcd\"\nsequence S { step \"A\" { shop.login(\"me\", w) } }", &["keep w"]),
        ("keep w = \"abcd\"\nsequence S { step \"A\" { shop.login(w, \"me\") } }", &[]),
        // A loop through the members of a value ends.
        ("keep k = null\nsequence S { set k = k.next; step \"A\" { shop GET /a { auth bearer(k.next) } } }", &["keep k.next"]),
    ] {
        assert_eq!(secrets_of(spec), expected, "{spec}");
    }
    let drawn = format!("{data}keep me = next(people)\nsequence S {{ step \"A\" {{ shop.login(me.name, me.word) }} }}");
    assert_eq!(secrets_of(&drawn), ["keep me.word", "column people.word"]);
    let looped = format!("{data}sequence S {{ for one in people.all {{ step \"A\" {{ shop.login(one.name, one.pin) }} }} }}");
    assert_eq!(secrets_of(&looped), ["local one.pin", "column people.pin"]);
}
