//! Golden tests of the language: each `.lt` file under `tests/language/` says in its first lines what the compiler says of it.
//!
//! `# expect: LT0203 at 7:12 "part of the message"` (several, in order of place), or `# expect: ok`. Files whose names begin with `_` are
//! only imported. The environment is the one below; data files lie in `tests/language/data/`. `LTC_BLESS=1` writes those lines anew, to be
//! read before they are kept.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ltc::ast;
use ltc::check::{AssetKind, Assets, Env, EnvValue, Input, Loaded, ParsedFile, check, needs};
use ltc::diagnostic::{Code, Diagnostic};
use ltc::model::Program;
use ltc::span::{FileId, Span};

fn text(text: &str) -> EnvValue {
    EnvValue::String(text.to_owned())
}

fn map<const N: usize>(members: [(&str, EnvValue); N]) -> EnvValue {
    EnvValue::Object(members.map(|(key, value)| (key.to_owned(), value)).into())
}

fn environment() -> EnvValue {
    map([
        ("tpdata", map([("url", text("http://127.0.0.1:8101"))])),
        ("auto_system", map([("token", text("${TPDATA_TOKEN}"))])),
        (
            "shop",
            map([
                ("url", text("http://127.0.0.1:8102")),
                ("terms", EnvValue::List(vec![text("tea"), text("cup")])),
                ("bestseller", EnvValue::Int(1)),
            ]),
        ),
        ("notes", map([("url", text("http://127.0.0.1:8103"))])),
        ("graph", map([("url", text("http://127.0.0.1:8104")), ("token", text("${GRAPH_TOKEN}"))])),
        (
            "ledger",
            map([
                ("url", text("http://127.0.0.1:8105")),
                ("key", text("${LEDGER_KEY}")),
                ("otp_secret", text("${LEDGER_OTP}")),
                ("accounts", EnvValue::List(vec![text("a1"), text("a2")])),
            ]),
        ),
        // Keys of every kind, for the tests of this folder alone.
        (
            "kinds",
            map([
                ("pause", text("5s")),
                ("soon", text("soon")),
                ("count", EnvValue::Int(5)),
                ("weight", text("3")),
                ("off", EnvValue::Int(0)),
                ("ratio", EnvValue::Float(0.5)),
                ("flag", EnvValue::Bool(true)),
                ("host", text("shop.example")),
                ("secret", text("${SECRET}")),
                ("nothing", EnvValue::Null),
            ]),
        ),
    ])
}

/// A spec with what it imports, parsed, and the files it names.
struct Compilation {
    paths: Vec<PathBuf>,
    texts: Vec<String>,
    trees: Vec<ast::File>,
    imports: Vec<Vec<Option<FileId>>>,
    assets: Assets,
    syntax: Vec<Diagnostic>,
}

impl Compilation {
    fn load(path: &Path, source: String) -> Self {
        let mut all = Self {
            paths: vec![path.to_owned()],
            texts: vec![source],
            trees: Vec::new(),
            imports: Vec::new(),
            assets: HashMap::new(),
            syntax: Vec::new(),
        };
        let mut next = 0;
        while next < all.paths.len() {
            all.read(next);
            next += 1;
        }
        all
    }

    fn read(&mut self, index: usize) {
        let file = FileId(u16::try_from(index).unwrap());
        let (tree, syntax) = ltc::parse::parse(&self.texts[index], file);
        self.syntax.extend(syntax);
        let folder = self.paths[index].parent().unwrap().to_owned();
        let mut imports = Vec::new();
        for item in &tree.items {
            if let ast::Item::Import(import) = item {
                imports.push(self.import(&folder.join(&import.path.node)));
            }
        }
        for asset in needs(&tree) {
            let found = match asset.kind {
                AssetKind::Glob => glob(&folder, &asset.path),
                _ => std::fs::read(folder.join(&asset.path))
                    .map(|bytes| vec![Loaded { path: asset.path.clone(), bytes }])
                    .map_err(|_| "file not found".to_owned()),
            };
            self.assets.insert((file, asset.path), found);
        }
        self.trees.push(tree);
        self.imports.push(imports);
    }

    fn import(&mut self, path: &Path) -> Option<FileId> {
        let found = self.paths.iter().position(|known| known == path);
        let index = found.or_else(|| {
            self.texts.push(std::fs::read_to_string(path).ok()?);
            self.paths.push(path.to_owned());
            Some(self.paths.len() - 1)
        });
        index.map(|index| FileId(u16::try_from(index).unwrap()))
    }

    fn check(&self) -> (Option<Program>, Vec<Diagnostic>) {
        let files: Vec<ParsedFile<'_>> = self
            .trees
            .iter()
            .enumerate()
            .map(|(index, ast)| ParsedFile {
                path: self.paths[index].display().to_string(),
                text: &self.texts[index],
                ast,
                imports: self.imports[index].clone(),
            })
            .collect();
        let root = environment();
        let input = Input { name: "case", files: &files, env: Some(Env { name: "test", root: &root }), assets: &self.assets };
        let (program, found) = check(&input);
        let mut all = self.syntax.clone();
        all.extend(found);
        all.sort_by_key(|d| (d.labels[0].0.file, d.labels[0].0.start));
        (program, all)
    }

    fn place(&self, span: Span) -> (usize, usize) {
        let text = &self.texts[usize::from(span.file.0)];
        let before = &text[..span.start as usize];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        (line, column)
    }
}

fn glob(folder: &Path, pattern: &str) -> Result<Vec<Loaded>, String> {
    let (dir, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    let (start, end) = name.split_once('*').unwrap_or((name, ""));
    let entries = std::fs::read_dir(folder.join(dir)).map_err(|e| e.to_string())?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(start) && name.ends_with(end))
        .collect();
    names.sort();
    let load = |name: String| {
        let bytes = std::fs::read(folder.join(dir).join(&name)).map_err(|e| e.to_string())?;
        Ok(Loaded { path: format!("{dir}/{name}"), bytes })
    };
    names.into_iter().map(load).collect()
}

fn show(all: &Compilation, d: &Diagnostic) -> String {
    let (line, column) = all.place(d.labels[0].0);
    let help = d.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
    format!("{} at {line}:{column} \"{}\"{help}", d.code.as_str(), d.message)
}

/// Whether the diagnostic is the one that a line wants: `LT0203 at 7:12 "part"`.
fn matches(wanted: &str, shown: &str) -> bool {
    let (head, part) = wanted.split_once(" \"").unwrap_or((wanted, ""));
    let part = part.strip_suffix('"').unwrap_or(part);
    shown.starts_with(&format!("{head} ")) && shown.contains(part)
}

fn cases(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            cases(&path, found);
        } else if name.ends_with(".lt") && !name.starts_with('_') {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/language")
}

/// Writes what the compiler says into the first lines of a case: as many as it has, so that places stay.
fn bless(path: &Path, source: String) -> String {
    let body: String = source.lines().filter(|line| !line.starts_with("# expect: ")).map(|line| format!("{line}\n")).collect();
    let count = Compilation::load(path, body.clone()).check().1.len().max(1);
    let padded = format!("{}{body}", "# expect: ok\n".repeat(count));
    let all = Compilation::load(path, padded);
    let found = all.check().1;
    let mut head: String = found
        .iter()
        .map(|d| {
            let (line, column) = all.place(d.labels[0].0);
            format!("# expect: {} at {line}:{column} \"{}\"\n", d.code.as_str(), d.message)
        })
        .collect();
    if found.is_empty() {
        head = "# expect: ok\n".to_owned();
    }
    let blessed = head + &body;
    std::fs::write(path, &blessed).unwrap();
    blessed
}

/// Where a diagnostic breaks a rule of docs/style.md: how it begins and ends, and the words that a fix begins with.
fn unlike_the_style_guide(d: &Diagnostic) -> Option<String> {
    const FIXES: &[&str] = &[
        "add", "assign", "call", "change", "choose", "close", "compare", "complete", "convert", "copy", "declare", "did", "draw", "end",
        "join", "move", "name", "quote", "remove", "rename", "rewrite", "run", "save", "send", "set", "start", "take", "use", "write",
    ];
    let message = &d.message;
    if message.starts_with(char::is_uppercase) && !message.starts_with("JSON") || message.ends_with('.') || message.contains('\n') {
        return Some(format!("the message is not one line in lower case without a full stop: {message:?}"));
    }
    let help = d.help.as_deref().unwrap_or_default();
    let verb = help.split([' ', ':', ',']).next().unwrap_or_default();
    (!help.is_empty() && !FIXES.contains(&verb)).then(|| format!("the fix does not begin with a verb: {help:?}"))
}

#[test]
fn every_case_says_what_it_should() {
    let mut paths = Vec::new();
    cases(&root(), &mut paths);
    assert!(!paths.is_empty());
    let mut failures = Vec::new();
    for path in &paths {
        let mut source = std::fs::read_to_string(path).unwrap();
        if std::env::var_os("LTC_BLESS").is_some() {
            source = bless(path, source);
        }
        let wanted: Vec<String> =
            source.lines().filter_map(|line| line.strip_prefix("# expect: ")).filter(|line| *line != "ok").map(str::to_owned).collect();
        let all = Compilation::load(path, source);
        let (program, found) = all.check();
        let shown: Vec<String> = found.iter().map(|d| show(&all, d)).collect();
        let fine = wanted.len() == shown.len() && wanted.iter().zip(&shown).all(|(w, s)| matches(w, s));
        let name = path.strip_prefix(root()).unwrap().display();
        failures.extend(found.iter().filter_map(unlike_the_style_guide).map(|why| format!("{name}: {why}")));
        if !fine {
            failures.push(format!("{name}\n  wanted:\n    {}\n  found:\n    {}", wanted.join("\n    "), shown.join("\n    ")));
        }
        let erroneous = found.iter().any(Diagnostic::is_error);
        if fine && !erroneous && program.is_none() {
            failures.push(format!("{name}: no error and no program"));
        }
    }
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), paths.len(), failures.join("\n"));
}

/// What a profile makes wrong has its test where profiles are read: `tests/it/field.rs`.
const ELSEWHERE: [Code; 1] = [Code::TooFewRows];

#[test]
fn every_code_has_a_case() {
    let mut paths = Vec::new();
    cases(&root(), &mut paths);
    assert!(paths.len() >= 120, "{} cases", paths.len());
    let all: String = paths.iter().map(|path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned()).collect();
    let without: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| !ELSEWHERE.contains(code))
        .map(|code| code.as_str())
        .filter(|code| !all.contains(&format!("# expect: {code} at ")))
        .collect();
    assert!(without.is_empty(), "no case for {without:?}");
}

#[test]
fn every_page_fails_and_passes_as_it_says() {
    let mut failures = Vec::new();
    for code in Code::ALL {
        let page = code.page();
        let example = |title: &str| {
            let behind = page.split_once(title)?.1;
            Some(behind.split_once("```lt\n")?.1.split_once("```")?.0.to_owned())
        };
        let (Some(fails), Some(passes)) = (example("Fails:"), example("Passes:")) else {
            // What does not parse is the parser's own tests' business, and what a profile makes wrong is the pipeline's.
            if !code.as_str().starts_with("LT00") && *code != Code::TooFewRows {
                failures.push(format!("{}: its page lacks an example", code.as_str()));
            }
            continue;
        };
        let case = |source: String| {
            let all = Compilation::load(&root().join("page.lt"), source);
            let (_, found) = all.check();
            let shown: Vec<String> = found.iter().map(|d| show(&all, d)).collect();
            (found, shown)
        };
        let (found, shown) = case(fails);
        if !found.iter().any(|d| d.code == *code) {
            failures.push(format!("{}: \"Fails\" gives {shown:?}", code.as_str()));
        }
        let (found, shown) = case(passes);
        if found.iter().any(|d| d.is_error() || d.code == *code) {
            failures.push(format!("{}: \"Passes\" gives {shown:?}", code.as_str()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Whatever line is missing, there is an answer. `LTC_LINES=1` tries all cases, not only those that are fine.
#[test]
fn no_missing_line_is_too_much() {
    let folder = match std::env::var_os("LTC_LINES") {
        Some(_) => root(),
        None => root().join("ok"),
    };
    let mut paths = Vec::new();
    cases(&folder, &mut paths);
    for path in paths {
        let source = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = source.lines().collect();
        for left_out in 0..lines.len() {
            let mut rest = lines.clone();
            rest.remove(left_out);
            let all = Compilation::load(&path, rest.join("\n"));
            let (program, found) = all.check();
            let erroneous = found.iter().any(Diagnostic::is_error);
            assert!(program.is_some() || erroneous, "{} without line {}", path.display(), left_out + 1);
        }
    }
}

/// What is kept of an answer depends on it: a body that something reads is kept whole.
#[test]
fn what_reads_a_body_is_known() {
    let source = r#"
api shop { base env.shop.url; healthcheck none; max_body 1GB
  own() = GET / { expect json { id: int } }
  plain() = GET / { expect 200 }
  odd() = GET / { expect len(text) > 1 }
}
sequence S {
  step "no: status" { shop.plain() }
  step "no: header" { shop GET /; expect headers { server: "x" }; take h = header "Location" else null; log "{h}" }
  step "no: condition" { shop GET /; expect status < 300; expect elapsed < 1s; expect url ~ /x/ }
  step "no: cookie" { shop GET /; expect 200; take c = cookie "sid" else null; log "{c}" }
  step "yes: json" { shop GET /; expect json { id: 1 } }
  step "yes: text" { shop GET /; expect not text "x" }
  step "yes: own" { shop.own() }
  step "yes: own condition" { shop.odd() }
  step "yes: condition" { shop GET /; expect json.id == 1 }
  step "yes: take" { shop GET /; take id = json.id; log "{id}" }
  step "yes: regex" { shop GET /; take r = text ~ /(a)/; log "{r}" }
  step "yes: html" { shop GET /; take t = html "h1" else null; log "{t}" }
  step "yes: form" { shop GET /; take f = form "form"; log "{f.csrf}" }
  step "yes: path" { shop GET /; take p = json "$.a[*]"; log "{p}" }
  step "yes: log" { shop GET /; expect 200; log "{text}" }
  step "yes: let" { shop GET /; expect 200; let x = json.a; log "{x}" }
  step "no: after" { shop GET /; expect 200 }
}
user U { run S }
"#;
    let all = Compilation::load(&root().join("reads.lt"), source.to_owned());
    let (program, found) = all.check();
    let shown: Vec<String> = found.iter().map(|d| show(&all, d)).collect();
    let program = program.unwrap_or_else(|| panic!("{shown:?}"));
    assert_eq!(program.apis[0].max_body, 1 << 30);
    for step in &program.steps {
        let name = &program.lines[step.line.0].name;
        assert_eq!(step.reads_body, name.starts_with("yes"), "{name}");
    }
    assert_eq!(program.steps.len(), 17);
}
