//! Recordings that are imported, built and run against a server with the recorded responses (see `import_collection` for their folder).

use std::fs;
use std::path::Path;

use ltc_import::draft::{Draft, Stmt, Value};
use ltc_import::{Kind, Options, Source, import, write};

use crate::command::Run;
use crate::project::ltc;
use crate::replay::Replay;

/// Runs a recording against its own responses. Returns the errors.
pub(crate) fn replay(har: &Path) -> Result<(), String> {
    let content = fs::read(har).unwrap();
    let source = Source::new(har.display().to_string(), ".", &content).map_err(|error| error.to_string())?;
    let mut draft = import(&source, Kind::Har, &Options::default()).map_err(|error| error.to_string())?;
    let replay = Replay::start(&source.text);
    redirect_hosts(&mut draft, &replay)?;
    draft.sequences.iter_mut().for_each(|sequence| without_waits(&mut sequence.body));
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in write::files(&draft) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let built = ltc(folder.path(), &["build", &format!("specs/{}.lt", draft.name), "-o", "test"]).output();
    if built.code != Some(0) {
        return Err(built.to_string());
    }
    let mut test = Run::new(folder.path().join("test"), folder.path()).args(&["--debug"]);
    for variable in secrets(&draft) {
        test = test.env(variable, "secret-of-the-replay");
    }
    let output = test.output();
    if output.code == Some(0) { Ok(()) } else { Err(format!("{output}\n{:?}", replay.unexpected())) }
}

/// Replaces the hosts of the recording with the ports of the replay.
fn redirect_hosts(draft: &mut Draft, replay: &Replay) -> Result<(), String> {
    for value in draft.environments.iter_mut().flat_map(|environment| environment.keys.values_mut()) {
        if let Value::Section(keys) = value
            && let Some(Value::Template(url)) = keys.get_mut("url")
        {
            *url = replay.address(url).ok_or_else(|| format!("nothing was recorded from {url}"))?;
        }
    }
    Ok(())
}

/// The variables that the environment reads.
fn secrets(draft: &Draft) -> Vec<String> {
    fn collect(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Secret(variable) => out.push(variable.clone()),
            Value::Section(keys) => keys.values().for_each(|value| collect(value, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    draft.environments.iter().flat_map(|environment| environment.keys.values()).for_each(|value| collect(value, &mut out));
    out
}

/// Removes the recorded pauses, which a test need not wait for.
fn without_waits(body: &mut Vec<Stmt>) {
    body.retain(|stmt| !matches!(stmt, Stmt::Wait(_)));
    for stmt in body {
        match stmt {
            Stmt::Group(_, body) | Stmt::Repeat(_, body) | Stmt::For { body, .. } => without_waits(body),
            _ => {}
        }
    }
}

/// At least nine of ten recordings pass without changes. `docs/import.md` has the figure.
#[test]
fn recordings_replay_green_against_their_own_responses() {
    let files = crate::import_collection::files("har");
    let failed: Vec<(String, String)> =
        files.iter().filter_map(|path| replay(path).err().map(|why| (path.display().to_string(), why))).collect();
    println!("{} of {} recordings replay green", files.len() - failed.len(), files.len());
    for (path, why) in &failed {
        println!("{path}: {why}");
    }
    assert!(failed.len() * 10 <= files.len(), "{} of {} failed", failed.len(), files.len());
}
