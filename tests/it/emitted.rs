//! Snapshots of the Rust for each construct of the language, for reviewers: `tests/emitted/NAME.snap` has the spec and its Rust.
//! `INSTA_UPDATE=always cargo test --test it emitted` writes them; read the diff before you commit it.

use std::fmt::Write as _;

use insta::{Settings, assert_snapshot};
use quote::ToTokens as _;

use crate::project::{Project, files, root};

/// The text after each spec, so that locations are those of the construct.
const REST: &str = "
api shop { base env.shop.url; healthcheck none; item(id) = GET /items/{id} }
user U { run S }
";

/// The parts of the generated program that a snapshot shows: functions by their name, fields of `PROGRAM` as `.field`.
fn emitted(spec: &str, parts: &[&str]) -> String {
    let project = Project::new()
        .spec("x", format!("{spec}\n{REST}"))
        .env("shop: { url: \"http://127.0.0.1:1\", token: secret, pause: 2s }\n")
        .file("specs/rows.csv", "name,age\nann,31\nbob,45\n")
        .file("specs/cat.png", "cat")
        .profile("x", "clients: 1, duration: 1s");
    let checked = project.check("x").unwrap();
    let errors: Vec<&str> = checked.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.message.as_str()).collect();
    assert!(errors.is_empty() && checked.config.is_empty(), "{errors:?} {:?} in {spec}", checked.config);
    let file = syn::parse_file(&checked.emit().unwrap().main).unwrap();
    let mut shown = String::new();
    for part in parts {
        match part.strip_prefix('.') {
            Some(field) => shown += &field_of_program(&file, field),
            None => {
                let is_it = |item: &&syn::Item| matches!(item, syn::Item::Fn(function) if function.sig.ident == part || function.sig.ident == format!("{part}_"));
                let function = file.items.iter().find(is_it).unwrap_or_else(|| panic!("no function {part} of {spec}"));
                shown += &unparsed(function.clone());
            }
        }
    }
    shown
}

/// A field of the static `PROGRAM`.
fn field_of_program(file: &syn::File, name: &str) -> String {
    let program = file.items.iter().find_map(|item| match item {
        syn::Item::Static(item) if item.ident == "PROGRAM" => Some(&*item.expr),
        _ => None,
    });
    let Some(syn::Expr::Struct(program)) = program else { panic!("no PROGRAM") };
    let field = program.fields.iter().find(|field| field.member.to_token_stream().to_string() == name);
    let value = &field.unwrap_or_else(|| panic!("no field {name}")).expr;
    let name = syn::Ident::new(&name.to_uppercase(), proc_macro2::Span::call_site());
    unparsed(syn::parse_quote!(const #name: _ = #value;))
}

fn unparsed(item: syn::Item) -> String {
    prettyplease::unparse(&syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items: vec![item] })
}

fn check(name: &str, spec: &str, parts: &[&str]) {
    let rust = emitted(spec, parts);
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(root().join("tests/emitted"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let mut shown = String::new();
    for line in spec.lines() {
        let _ = writeln!(shown, "// {line}");
    }
    shown += &rust;
    // The limit is 40 lines, including the head of the file.
    assert!(shown.lines().count() < 37, "{name} is more than one construct:\n{shown}");
    settings.bind(|| assert_snapshot!(name, shown));
}

/// A test for each construct: its name, the shown parts of the program, the spec.
macro_rules! constructs {
    ($($name:ident [$($part:literal)+] $spec:literal)+) => {
        $(#[test]
        fn $name() {
            check(stringify!($name), $spec.trim_matches('\n'), &[$($part),+]);
        })+

        #[test]
        fn no_snapshot_is_left_over() {
            let known = [$(concat!(stringify!($name), ".snap")),+];
            let files = files(&root().join("tests/emitted"));
            let names = files.iter().map(|file| file.file_name().unwrap().to_string_lossy());
            let left: Vec<_> = names.filter(|name| name.ends_with(".snap") && !known.contains(&&**name)).collect();
            assert!(left.is_empty(), "no construct has {left:?}: remove them");
        }
    };
}

#[test]
fn emitted_rust_of_a_spec_stays_small() {
    for spec in files(&root().join("specs")).into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "lt")) {
        let name = spec.file_stem().unwrap().to_string_lossy().into_owned();
        let emitted = crate::project::check(root(), &name).unwrap().emit().unwrap().main;
        let written = std::fs::read(&spec).unwrap().len();
        assert!(emitted.len() < written * 15, "{name}: {written} bytes became {}", emitted.len());
    }
}

#[test]
fn long_blocks_are_emitted_in_parts() {
    let steps: String = (0..700).map(|step| format!("step \"{step}\" {{ shop.item({step}); expect 200 }}\n")).collect();
    for spec in [
        format!("sequence S {{\n{steps}}}"),
        format!("sequence S {{ group \"All\" {{ repeat 2 {{\n{steps}}} }} }}"),
        format!("sequence S {{ if chance(0.5) {{\n{steps}}} else {{\n{steps}}} }}"),
        format!("tasks S {{\n{}}}", steps.replace("step \"", "1 step \"")),
    ] {
        let rust = emitted(&spec, &["s"]);
        let most = rust.split("async {").map(|part| part.matches("u.step(").count()).max();
        assert!(most < Some(30), "rustc needs minutes for {most:?} steps in one `async` block");
    }
}

constructs! {
expect_status ["s"] r#"
sequence S { step "Look" { shop.item(1); expect 200 | 2xx } }
"#
expect_json ["s"] r#"
sequence S { step "Look" { shop.item(1); expect json { id: 1, name: ~ /^a/ } } }
"#
expect_headers ["s"] r#"
sequence S { step "Look" { shop.item(1); expect headers { content_type: "text/html" } } }
"#
expect_text ["s"] r#"
sequence S { step "Look" { shop.item(1); expect not text "error {user.id}" } }
"#
expect_elapsed ["s"] r#"
sequence S { step "Look" { shop.item(1); expect elapsed < 2s } }
"#
expect_condition ["s"] r#"
sequence S { step "Look" { shop.item(1); expect len(json.items) > 0 } }
"#
take_json ["s"] r#"
sequence S { step "Look" { shop.item(1); take id: int = json.id else 0 } }
"#
take_text ["s"] r#"
sequence S { step "Look" { shop.item(1); take id = text ~ /id=(\d+)/ } }
"#
take_html ["s"] r#"
sequence S { step "Look" { shop.item(1); take title = html "h1" else null } }
"#
take_link ["s"] r#"
sequence S { step "Look" { shop.item(1); take more = html "a" @href else null } }
"#
request_that_is_constant ["s"] r#"
sequence S { step "Look" { shop GET /items?sort=name; expect 200 } }
"#
request_of_an_api ["s" "shop_item"] r#"
sequence S { step "Look" { shop.item(user.id); expect 200 } }
"#
request_with_query ["s"] r#"
sequence S { step "Look" { shop GET /items { query { page: user.iteration } }; expect 200 } }
"#
request_with_json ["s"] r#"
sequence S { step "Make" { shop POST /items { json { name: "n{user.id}", tags: [1, 2] } }; expect 201 } }
"#
request_with_form ["s"] r#"
sequence S { step "Log in" { shop POST /login { form { name: "u{user.id}" } }; expect 200 } }
"#
request_with_multipart ["s"] r#"
sequence S { step "Upload" { shop POST /files { multipart { cat: file("cat.png") } }; expect 2xx } }
"#
request_with_headers_and_auth ["s"] r#"
sequence S { step "Look" { shop GET /me { headers { x_user: user.id }; auth bearer(env.shop.token) }; expect 200 } }
"#
variables ["s"] r#"
sequence S { let n = 1; set n = n + 1; log "{n}" }
"#
condition ["s"] r#"
sequence S { if user.id == 0 { log "a" } else { log "b" } }
"#
loop_over_numbers ["s"] r#"
sequence S { for n in 1..3 { log "{n}" } }
"#
loop_over_a_list ["s"] r#"
sequence S { for x in ["a", "b"] { if x == "b" { break }; log x } }
"#
loop_in_parallel ["s"] r#"
sequence S { for n in 1..6 parallel 3 { step "Look" { shop.item(n); expect 200 } } }
"#
parallel ["s"] r#"
sequence S { parallel { run A; run A } }
sequence A { log "a" }
"#
repeat ["s"] r#"
sequence S { repeat 2 { log "a" } }
"#
retry_on_statuses ["s"] r#"
sequence S { retry 2 times on 502 | 4xx { run A } }
sequence A { log "a" }
"#
finally ["s"] r#"
sequence S gives id {
  let id = 1
  if id == 2 { leave }
  finally { log "{id}" }
}
"#
request_with_a_cookie_and_fields ["s"] r#"
sequence S {
  let fields = { a: 1 }
  step "Look" { shop GET /items { headers { "X-Csrf": cookie "csrf" }; query fields }; expect 200 }
}
"#
pattern_with_a_value ["s"] r#"
sequence S { let n = "x"; step "Look" { shop.item(1); expect len(all html "p[name={n}]") == 1 } }
"#
path_from_data ["s"] r#"
sequence S { step "Look" { shop GET /v1{user.id:path}; expect 200 } }
"#
retry ["s"] r#"
sequence S { retry 2 times every 1s { run A } }
sequence A { log "a" }
"#
poll ["s"] r#"
sequence S { let n = 0; poll every 1s up to 5 times until n == 3 { set n = n + 1 } }
"#
group ["s"] r#"
sequence S { group "Checkout" { log "a" } }
"#
wait ["s"] r#"
sequence S { wait 1s..env.shop.pause; log "a" }
"#
wait_between_steps ["s"] r#"
sequence S { wait 1s between steps; step "A" { shop GET /a; expect 200 }; log "b" }
"#
failure ["s"] r#"
sequence S { fail "odd {user.id}" }
"#
leave ["s"] r#"
sequence S { if user.id == 0 { leave }; log "a" }
"#
stop_user ["s"] r#"
sequence S { stop user }
"#
step_that_interrupts_and_is_skipped [".steps"] r#"
sequence S { step "Look" skip interrupt { shop GET /; expect 200 } }
"#
sequence_with_parameters_and_results ["s" "add"] r#"
sequence Add(a, b = 2) gives sum { let sum = a + b }
sequence S { take sum = run Add(1); log "{sum}" }
"#
file_level_variable ["s" ".globals"] r#"
let tag = "load-{test.id}"
sequence S { log tag }
"#
variable_that_a_user_keeps ["s" ".keeps"] r#"
keep turns = 0
sequence S { set turns = turns + 1 }
"#
value_that_becomes_a_credential ["s"] r#"
sequence S { let t = uuid(); set shop.auth = bearer(t) }
"#
take_of_a_secret ["s"] r#"
sequence S { step "Log in" { shop.item(1); take t = json.token } }
"#
secrets_that_are_marked [".secrets" ".data"] r#"
data people from "rows.csv" { secret age }
keep secret me = next(people)
sequence S { log "{me.name}" }
"#
rows_of_data ["s" ".data"] r#"
data rows from "rows.csv" { order random; share unique; where age > 40 }
sequence S { let row = next(rows); log row.name }
"#
before_test_every [".renewals" "before_test_every_1"] r#"
before test every 20m { step "Make" { shop.item(1); take tag = json.id } }
sequence S { log "{tag}" }
"#
before_test [".before_test" "before_test"] r#"
before test { step "Make" { shop.item(1); take tag = json.id } }
sequence S { log "{tag}" }
"#
user_with_start_and_pacing [".users"] r#"
sequence S { log "a" }
user V weight 2 { on start { log "hello" }; run S; wait pacing 5s }
"#
weighted_tasks [".scenarios" "s"] r#"
sequence A { log "a" }
sequence B { log "b" }
tasks S { 1 A; 3 B }
"#
api_options ["mall_options" ".apis"] r#"
api mall { base env.shop.url; healthcheck GET /health; headers { x_app: "ltc" }; timeout 3s }
sequence S { step "Look" { mall GET /; expect 200 } }
"#
}
