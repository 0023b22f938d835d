//! Compiles the specs for the measurements.

use std::fs;
use std::path::{Path, PathBuf};

use ltc::build::{Builder, Options, Progress};
use ltc::pipeline::{self, Target};

use super::{Bench, Outcome};

/// The apis of all specs in the harness.
const APIS: &str = r#"
api web { base env.web.url; healthcheck none; timeout 30s
  item() = GET /item
  varied() = GET /varied
  unique(owner: int, iteration: int, part: int) = GET /unique/{owner}/{iteration}/{part}
  order(sku: string, count: int) = POST /orders { json { sku, count, note: "ring twice", gift: false } }
}
api secure { base env.secure.url; healthcheck none
  item() = GET /item
}
api modern { base env.modern.url; healthcheck none; timeout 30s
  item() = GET /item
}
api gateway { base env.gateway.url; healthcheck none; timeout 30s
  item() = GET /item
}
api shop { base env.web.url; healthcheck none; timeout 30s; cookies on
  login() = GET /login
  basket() = GET /basket
}
api vault { base env.secure.url; healthcheck none; timeout 30s; cookies on
  login() = GET /login
}
api slow { base env.slow.url; healthcheck none; timeout 30s
  item() = GET /item
}
"#;

/// The specs by name, with the statements of their only user.
const SPECS: [(&str, &str); 19] = [
    ("get", "sequence S { step \"GET\" { web.item(); expect 200 } }\nuser U { run S }"),
    (
        "checked",
        r#"sequence S { step "GET" {
  web.item()
  expect 200
  expect headers { content_type: ~ /json/ }
  expect json { id: 7, name: string, price: > 0, tags: [_, ..] }
} }
user U { run S }"#,
    ),
    (
        "varied",
        r#"sequence S { step "GET" {
  web.varied()
  expect 200
  expect headers { content_type: ~ /json/ }
  expect json { id: 7, name: string, price: > 0, request: string }
} }
user U { run S }"#,
    ),
    (
        "post",
        r#"sequence S { step "POST" interrupt {
  web.order("sku-{random(0, 99999):05}", 3)
  expect 201
  take id: string = json.id
}
  if id == "" { leave } }
user U { run S }"#,
    ),
    (
        "https",
        r#"sequence S { step "GET" { secure.item(); expect 200; expect json { id: 7 } } }
user U { run S }"#,
    ),
    (
        "cookie",
        r#"sequence S { step "GET" {
  shop.basket()
  expect 200
  expect headers { content_type: ~ /json/ }
  expect json { id: 7, name: string, price: > 0, tags: [_, ..] }
} }
user U { on start { step "Login" { shop.login(); expect 200 } }; run S }"#,
    ),
    (
        "gzip",
        r#"sequence S { step "GET" {
  web GET /gzip
  expect 200
  expect headers { content_type: ~ /json/ }
  expect json { id: 7, name: string, price: > 0, tags: [_, ..] }
} }
user U { run S }"#,
    ),
    (
        "http2",
        r#"sequence S { step "GET" { modern.item(); expect 200; expect json { id: 7 } } }
user U { run S }"#,
    ),
    (
        "shared",
        r#"sequence S { step "GET" { gateway.item(); expect 200; expect json { id: 7 } } }
user U { run S }"#,
    ),
    (
        "large",
        r#"sequence S { step "GET" { web GET /large.json; expect 200; expect json { total: 400, next: string }; take _next: string = json.next } }
user U { run S }"#,
    ),
    (
        "large-varied",
        r#"sequence S { step "GET" { web GET /varied.json; expect 200; expect json { total: 400, next: string }; take _next: string = json.next } }
user U { run S }"#,
    ),
    (
        "huge",
        r#"sequence S { step "GET" {
  web GET /huge.json
  expect 200
  expect json { rows: [{ id: 0, name: string }, ..], total: 9400 }
  take _name = json "$.rows[9000].name"
} }
user U { run S }"#,
    ),
    ("redirect", "sequence S { step \"GET\" { web GET /old; expect 200; expect json { id: 7 } } }\nuser U { run S }"),
    ("new", "sequence S { step \"GET\" { web GET /close; expect 200 } }\nuser U { run S }"),
    (
        "session",
        r#"sequence S {
  step "Login" interrupt {
  vault.login()
  expect 200
    take v0 = json.id
    take v1 = json.name
    take v2 = json.price
    take v3 = json.description
    take v4 = json.n
    take v5 = json.id
    take v6 = json.name
    take v7 = json.price
    take v8 = json.description
    take v9 = json.n
    take v10 = json.id
    take v11 = json.name
    take v12 = json.price
    take v13 = json.description
    take v14 = json.n
    take v15 = json.id
    take v16 = json.name
    take v17 = json.price
    take v18 = json.description
    take v19 = json.n
}
  wait 1s
  step "Basket" { vault GET /basket { query { v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, v17, v18, v19 }; expect 200 } }
}
user U { run S }"#,
    ),
    ("waiting", "sequence S { step \"GET\" { web.item(); expect 200 } }\nuser U { run S; wait 1s }"),
    ("long_waits", "sequence S { step \"GET\" { web.item(); expect 200 } }\nuser U { run S; wait 6s }"),
    ("arrivals", "sequence S { step \"GET\" { web.item(); expect 200 } }\nuser U { run S }"),
    ("slow", "sequence S { step \"GET\" { slow.item(); expect 200 } }\nuser U { run S }"),
];

/// Compiles a spec of the harness.
pub(crate) fn build(bench: &Bench, name: &str, slow_port: u16) -> Outcome<PathBuf> {
    if name == "tpdata" {
        return tpdata(bench);
    }
    let text = SPECS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).ok_or("no such spec")?;
    build_text(bench, name, text, slow_port)
}

/// Compiles a spec that is given without its apis, with those of the harness.
pub(crate) fn build_text(bench: &Bench, name: &str, text: &str, slow_port: u16) -> Outcome<PathBuf> {
    let folder = folder(bench)?;
    let environment = format!(
        "web: {{ url: \"{}\" }}\nsecure: {{ url: \"{}\", tls: {{ verify: false }} }}\nmodern: {{ url: \"https://127.0.0.1:{http2_port}\", http2: true, tls: {{ verify: false }} }}\ngateway: {{ url: \"https://127.0.0.1:{http2_port}\", http2: shared, tls: {{ verify: false }} }}\nslow: {{ url: \"http://127.0.0.1:{slow_port}\" }}\n",
        bench.origin(false),
        bench.origin(true),
        http2_port = bench.args.port + 3,
    );
    fs::write(folder.join("config/here.yml"), environment)?;
    let apis: String = APIS
        .split("\napi ")
        .skip(1)
        .filter(|api| {
            let name = api.split(' ').next().unwrap_or_default();
            [".", " GET"].iter().any(|behind| text.contains(&format!(" {name}{behind}")))
        })
        .map(|api| format!("api {api}\n"))
        .collect();
    let spec = folder.join("specs").join(format!("{name}.lt"));
    fs::write(&spec, format!("{apis}{text}\n"))?;
    fs::write(
        spec.with_extension("profile.yml"),
        "test_header: { env: here }\nprofile: { runner: { clients: 64, hatch_rate: 100000, duration: 1s } }\n",
    )?;
    compile(bench, &target(folder, spec), name)
}

/// The README's spec without its waits, with its own environment.
fn tpdata(bench: &Bench) -> Outcome<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = folder(bench)?;
    for name in ["common", "cs1"] {
        fs::copy(root.join(format!("config/{name}.yml")), folder.join(format!("config/{name}.yml")))?;
    }
    let text = fs::read_to_string(root.join("specs/tpdata.lt"))?;
    let spec = folder.join("specs/tpdata.lt");
    fs::write(
        &spec,
        text.lines().filter(|line| !line.trim_start().starts_with("wait ")).map(|line| format!("{line}\n")).collect::<String>(),
    )?;
    let profile = "test_header: { env: cs1 }\nprofile: { runner: { clients: 64, hatch_rate: 100000, duration: 1s } }\n";
    fs::write(spec.with_extension("profile.yml"), profile)?;
    compile(bench, &target(folder, spec), "tpdata")
}

/// The folder of the specs and their environments.
fn folder(bench: &Bench) -> Outcome<&Path> {
    for part in ["config", "specs"] {
        fs::create_dir_all(bench.folder.join(part))?;
    }
    Ok(&bench.folder)
}

fn target(root: &Path, spec: PathBuf) -> Target {
    Target { root: root.to_path_buf(), profile: Some(spec.with_extension("profile.yml")), spec, ..Target::default() }
}

fn compile(bench: &Bench, target: &Target, name: &str) -> Outcome<PathBuf> {
    let checked = pipeline::check(target)?;
    if checked.program.is_none() {
        return Err(format!("{name}: {:?}", checked.diagnostics).into());
    }
    let builder = Builder::new(Options { cache: None, offline: false, thin_lto: bench.args.lto, pie: false, progress: Progress::Silent })?;
    let built = builder.compile(&checked.name, &target.spec, &checked.emit()?)?;
    let binary = bench.folder.join(name);
    fs::copy(&built.binary, &binary)?;
    Ok(binary)
}

/// Writes the profile of a run next to its spec, where the binary reads it.
pub(crate) fn profile(bench: &Bench, name: &str, runner: &str) -> Outcome {
    let text = format!("test_header: {{ env: here }}\nprofile: {{ runner: {{ {runner} }} }}\n");
    Ok(fs::write(bench.folder.join("specs").join(format!("{name}.profile.yml")), text)?)
}
