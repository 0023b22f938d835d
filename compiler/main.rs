//! The `ltc` command.
fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") { ltc::demo::serve(ltc::demo::Options::default(), |a| eprintln!("{a}")).unwrap(); return; }
    let spec: std::path::PathBuf = std::env::args().nth(2).unwrap().into();
    let target = ltc::pipeline::Target { root: std::env::current_dir().unwrap(), profile: Some(spec.with_extension("profile.yml")), spec: spec.clone(), env: None };
    let checked = ltc::pipeline::check(&target).unwrap();
    eprint!("{}", ltc::diagnostic::render::render(&checked.diagnostics, &checked.sources, ltc::diagnostic::render::Style::plain()));
    for e in &checked.config { eprintln!("{e}"); }
    if checked.has_errors() { std::process::exit(2) }
    let emitted = checked.emit().unwrap();
    if std::env::args().nth(1).unwrap() == "emit" { print!("{}", emitted.main); return; }
    let b = ltc::build::Builder::new(ltc::build::Options { cache: None, offline: false, thin_lto: false, progress: ltc::build::Progress::for_stderr() }).unwrap();
    match b.compile(&checked.name, &spec, &emitted) { Ok(built) => { ltc::build::install(&built, std::path::Path::new(&checked.name)).unwrap(); eprintln!("{:?} {}", built.took, built.bytes) } Err(e) => { eprintln!("{e}"); std::process::exit(2) } }
}
