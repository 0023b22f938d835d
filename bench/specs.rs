//! The specs that are measured, compiled.

use std::fs;
use std::path::{Path, PathBuf};

use ltc::build::{Builder, Options, Progress};
use ltc::pipeline::{self, Target};

use super::nginx::{PORT, TLS_PORT};
use super::{Bench, Outcome};

/// What all specs of the harness talk to.
const APIS: &str = r#"
api web { base env.web.url; healthcheck none; timeout 30s
  item() = GET /item
  varied() = GET /varied
  order(sku: string, count: int) = POST /orders { json { sku, count, note: "ring twice", gift: false } }
}
api secure { base env.secure.url; healthcheck none
  item() = GET /item
}
api slow { base env.slow.url; healthcheck none; timeout 30s
  item() = GET /item
}
"#;

/// Specs by name: what their one user does.
const SPECS: [(&str, &str); 8] = [
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
    ("waiting", "sequence S { step \"GET\" { web.item(); expect 200 } }\nuser U { run S; wait 1s }"),
    ("arrivals", "sequence S { step \"GET\" { web.item(); expect 200 } }\nuser U { run S }"),
    ("slow", "sequence S { step \"GET\" { slow.item(); expect 200 } }\nuser U { run S }"),
];

/// Compiles a spec of the harness.
pub(crate) fn build(bench: &Bench, name: &str, slow_port: u16) -> Outcome<PathBuf> {
    let folder = &bench.folder;
    fs::create_dir_all(folder.join("config"))?;
    fs::create_dir_all(folder.join("specs"))?;
    let environment = format!(
        "web: {{ url: \"http://127.0.0.1:{PORT}\" }}\nsecure: {{ url: \"https://127.0.0.1:{TLS_PORT}\", tls: {{ verify: false }} }}\nslow: {{ url: \"http://127.0.0.1:{slow_port}\" }}\n"
    );
    fs::write(folder.join("config/here.yml"), environment)?;
    if name == "tpdata" {
        return tpdata(bench);
    }
    let text = SPECS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).ok_or("no such spec")?;
    let apis: String = APIS
        .split("\napi ")
        .skip(1)
        .filter(|api| text.contains(&format!("{}.", api.split(' ').next().unwrap_or_default())))
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

/// The README's spec without its waits, in its own environment.
fn tpdata(bench: &Bench) -> Outcome<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for name in ["common", "cs1"] {
        fs::copy(root.join(format!("config/{name}.yml")), bench.folder.join(format!("config/{name}.yml")))?;
    }
    let text = fs::read_to_string(root.join("specs/tpdata.lt"))?;
    let spec = bench.folder.join("specs/tpdata.lt");
    fs::write(
        &spec,
        text.lines().filter(|line| !line.trim_start().starts_with("wait ")).map(|line| format!("{line}\n")).collect::<String>(),
    )?;
    let profile = "test_header: { env: cs1 }\nprofile: { runner: { clients: 64, hatch_rate: 100000, duration: 1s } }\n";
    fs::write(spec.with_extension("profile.yml"), profile)?;
    compile(bench, &target(&bench.folder, spec), "tpdata")
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

/// The profile of a run, beside its spec, so that the binary reads it.
pub(crate) fn profile(bench: &Bench, name: &str, runner: &str) -> Outcome {
    let text = format!("test_header: {{ env: here }}\nprofile: {{ runner: {{ {runner} }} }}\n");
    Ok(fs::write(bench.folder.join("specs").join(format!("{name}.profile.yml")), text)?)
}
