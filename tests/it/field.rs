//! Specs as users of other tools would write them, and malformed files, checked by the whole front of the compiler.

use std::path::PathBuf;

use ltc::diagnostic::{Code, Diagnostic};

use crate::project::{Project, check, files, root};

fn shown(diagnostics: &[Diagnostic]) -> Vec<String> {
    let help = |d: &Diagnostic| d.help.clone().unwrap_or_default();
    diagnostics.iter().map(|d| format!("{} {:?} {} ({})", d.code.as_str(), d.labels[0].0, d.message, help(d))).collect()
}

/// Load tests as users of k6, Artillery, Locust, Gatling, Goose and Hurl write them have no errors or warnings.
#[test]
fn field_specs_have_no_errors_or_warnings() {
    let project = root().join("tests/specs/field");
    let has_profile = |path: &PathBuf| path.extension().is_some_and(|e| e == "lt") && path.with_extension("profile.yml").is_file();
    let found: Vec<PathBuf> = files(&project.join("specs")).into_iter().filter(has_profile).collect();
    assert!(found.len() >= 10, "{found:?}");
    for spec in found {
        let name = spec.file_stem().unwrap().to_string_lossy().into_owned();
        let checked = check(&project, &name).unwrap();
        assert!(
            checked.config.is_empty() && checked.diagnostics.is_empty(),
            "{name}: {:?} {:#?}",
            checked.config,
            shown(&checked.diagnostics)
        );
        let emitted = checked.emit().unwrap();
        assert!(syn::parse_file(&emitted.main).is_ok(), "{name}");
    }
}

const HEAD: &str = "api shop { base \"http://127.0.0.1:1\"; healthcheck none; item(id) = GET /items/{id} }\nuser U { run S; wait 1s }\n";
const SEQUENCE: &str = "sequence S { step \"A\" { shop.item(1); expect 200 } }\n";

/// The diagnostics of `specs/x.lt`.
fn diagnostics_in(project: &Project) -> Result<Vec<String>, String> {
    project.check("x").map(|checked| shown(&checked.diagnostics))
}

fn diagnostics(spec: &[u8]) -> Result<Vec<String>, String> {
    diagnostics_in(&Project::new().spec("x", spec))
}

#[test]
fn odd_files_are_read_or_rejected_with_a_reason() {
    let plain = format!("{HEAD}{SEQUENCE}");
    assert_eq!(diagnostics(plain.as_bytes()).unwrap(), Vec::<String>::new());
    assert_eq!(diagnostics(format!("\u{feff}{plain}").as_bytes()).unwrap(), Vec::<String>::new(), "a byte order mark");
    assert_eq!(diagnostics(plain.replace('\n', "\r\n").as_bytes()).unwrap(), Vec::<String>::new(), "CRLF");
    let invalid = diagnostics(&[plain.as_bytes(), b"# caf\xe9\n"].concat()).unwrap_err();
    assert!(invalid.contains("not UTF-8") && invalid.contains("line 4"), "{invalid}");
    assert!(diagnostics(b"").unwrap()[0].contains("LT0501"), "an empty file has no user");
    let utf16: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(!diagnostics(&utf16).unwrap_or_else(|why| vec![why]).is_empty());
}

#[test]
fn very_long_lines_and_deep_nesting_are_checked_or_rejected() {
    let long = format!("{HEAD}sequence S {{ step \"A\" {{ shop.item(1); expect 200; expect not text \"{}\" }} }}\n", "x".repeat(5_000_000));
    assert_eq!(diagnostics(long.as_bytes()).unwrap(), Vec::<String>::new());
    let broken = format!("{HEAD}{SEQUENCE}let x = {}\n", "1 + ".repeat(50_000));
    assert!(!diagnostics(broken.as_bytes()).unwrap().is_empty());
    for (open, close) in [("(", ")"), ("[", "]"), ("{ a: ", " }"), ("not ", ""), ("-", ""), ("if true then 1 else ", "")] {
        let deep = format!("{HEAD}{SEQUENCE}let x = {}1{}\n", open.repeat(100_000), close.repeat(100_000));
        let found = diagnostics(deep.as_bytes()).unwrap();
        assert!(found.iter().any(|d| d.starts_with("LT0007")), "{open}: {:?}", found.first());
    }
    let blocks = format!(
        "{HEAD}sequence S {{ {} step \"A\" {{ shop.item(1); expect 200 }} {} }}\n",
        "if 1 == 1 { ".repeat(5_000),
        "} ".repeat(5_000)
    );
    assert!(!diagnostics(blocks.as_bytes()).unwrap().is_empty());
}

#[test]
fn regexes_of_a_spec_have_a_limit_together() {
    let spec = |count: usize| {
        let lines: String = (0..count).map(|n| format!("expect text ~ /(a{{1,200}}b{{1,200}}){{1,9}}{n}/\n")).collect();
        format!("{HEAD}sequence S {{ step \"A\" {{ shop.item(1); expect 200\n{lines} }} }}\n")
    };
    assert_eq!(diagnostics(spec(5).as_bytes()).unwrap(), Vec::<String>::new());
    let found = diagnostics(spec(1_000).as_bytes()).unwrap();
    assert!(found.len() == 1 && found[0].starts_with("LT0211") && found[0].contains("more than 32 MB together"), "{found:?}");
}

#[test]
fn files_outside_of_the_project_are_rejected() {
    let outside = |line: &str| diagnostics(format!("{line}\n{HEAD}{SEQUENCE}").as_bytes()).unwrap();
    for (line, why) in [
        ("import \"../../x.lt\"", "outside of the project"),
        ("import \"/etc/passwd\"", "relative"),
        ("import \"none.lt\"", "not found"),
        ("import \"data\"", "a folder"),
        ("data rows from \"../../../x.csv\"", "outside of the project"),
        ("data rows from \"data/none.csv\"", "not found"),
        ("let f = file(\"../../../etc/passwd\")", "outside of the project"),
        ("let f = files(\"../../*.png\")", "outside of the project"),
    ] {
        let found = outside(line);
        assert!(found.iter().any(|d| d.starts_with("LT0607") && d.contains(why)), "{line}: {found:?}");
    }
}

#[test]
fn circular_imports_are_reported_once() {
    let a = format!("import \"y.lt\"\n{HEAD}{SEQUENCE}");
    let project = Project::new().spec("x", a).spec("y", "import \"z.lt\"\n").spec("z", "import \"x.lt\"\n");
    let found = diagnostics_in(&project).unwrap();
    assert_eq!(found.iter().filter(|d| d.starts_with("LT0113")).count(), 1, "{found:?}");
    let own = diagnostics(format!("import \"x.lt\"\n{HEAD}{SEQUENCE}").as_bytes()).unwrap();
    assert!(own[0].starts_with("LT0113"), "{own:?}");
}

/// This needs the profile: each user holds a row that no other user may hold.
#[test]
fn too_few_rows_for_the_users_of_the_profile_are_reported() {
    let spec = format!(
        "data rows from \"data/r.csv\" {{ share unique }}\nkeep me = next(rows)\n{HEAD}sequence S {{ step \"A\" {{ shop.item(me.name); expect 200 }} }}\n"
    );
    let with = |clients: u32| {
        let profile = format!("profile: {{ runner: {{ clients: {clients}, duration: 1s }} }}\n");
        let project = Project::new().spec("x", &spec).file("specs/x.profile.yml", profile).file("specs/data/r.csv", "name\na\nb\nc\n");
        project.check("x").unwrap().diagnostics
    };
    let found = with(4);
    assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooFewRows], "{:?}", shown(&found));
    assert!(found[0].message.contains("has 3 rows") && found[0].message.contains("4 users"), "{}", found[0].message);
    assert!(with(3).is_empty());
}
