//! Real files of other tools, each imported and checked. They are in `../shared/import`, with a folder for each kind (`openapi`, `postman`
//! …), or in `LTC_IMPORT_FILES`. Without files of a kind, its test is skipped.

use std::fs;
use std::path::{Path, PathBuf};

use ltc::pipeline::{self, Target};
use ltc::project;
use ltc_import::{ImportError, Options, Source, import, recognize, write};

/// The files of a kind, at any depth. Without files, the test is recorded as skipped.
pub(crate) fn files(kind: &str) -> Vec<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/import");
    let root = std::env::var_os("LTC_IMPORT_FILES").map_or_else(beside, PathBuf::from);
    let found = if root.join(kind).is_dir() { within(&root.join(kind)) } else { Vec::new() };
    if found.is_empty() {
        // One word, because the line at the end lists words.
        crate::tools::note_skipped(&format!("import_collection::{kind}"), &format!("LTC_IMPORT_FILES/{kind}"));
    }
    found
}

fn within(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|ending| ending != "tsv") => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

fn source(path: &Path) -> Source {
    Source::new(path.display().to_string(), path.parent().unwrap(), &fs::read(path).unwrap()).unwrap()
}

/// Imports a file and checks the result in every environment. Returns the errors.
fn checked(path: &Path) -> Result<Vec<String>, ImportError> {
    let source = source(path);
    let draft = import(&source, recognize(&source)?, &Options::default())?;
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in write::files(&draft) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let mut wrong = Vec::new();
    for environment in &draft.environments {
        let found = project::find(folder.path(), Some(&format!("specs/{}.lt", draft.name))).unwrap();
        let profile = Some(folder.path().join(format!("specs/{}.profile.yml", draft.name)));
        let env = Some(environment.name.clone());
        let target = Target {
            root: found.root,
            spec: found.spec,
            profile,
            env,
            registered: found.registered,
            lacks: found.lacks,
            ..Target::default()
        };
        let result = pipeline::check(&target).unwrap();
        wrong.extend(result.diagnostics.iter().map(|it| format!("{} with {}: {}", path.display(), environment.name, it.message)));
        // A spec that passes the check must also generate valid Rust.
        wrong.extend(result.emit().err());
        wrong.extend(result.config.iter().map(|error| format!("{} with {}: {error}", path.display(), environment.name)));
    }
    Ok(wrong)
}

/// Whether a document is only a part of another one: it has neither version nor paths.
fn is_part(path: &Path) -> bool {
    let text = fs::read_to_string(path).unwrap();
    !text.contains("openapi") && !text.contains("swagger")
}

#[test]
fn every_openapi_document_becomes_a_spec_that_the_checker_accepts() {
    let documents: Vec<PathBuf> = files("openapi").into_iter().filter(|path| !is_part(path)).collect();
    let wrong: Vec<String> = documents.iter().flat_map(|path| checked(path).unwrap_or_else(|error| vec![error.to_string()])).collect();
    assert!(wrong.is_empty(), "{} of {} documents: {wrong:#?}", wrong.len(), documents.len());
}

/// The number of requests in a collection.
fn requests(node: &serde_json::Value) -> usize {
    let items = node["item"].as_array().map_or(0, |items| items.iter().map(requests).sum());
    items + usize::from(!node["request"].is_null())
}

#[test]
fn postman_collections_become_specs_that_the_checker_accepts() {
    let (mut all, mut carried, mut wrong) = (0, 0, Vec::new());
    for path in files("postman") {
        let text = fs::read_to_string(&path).unwrap();
        let root: serde_json::Value = serde_json::from_str(&text).unwrap();
        let root = root.get("collection").unwrap_or(&root);
        if root.get("item").is_none() {
            continue;
        }
        all += requests(root);
        let source = source(&path);
        let draft = recognize(&source).and_then(|kind| import(&source, kind, &Options::default()));
        carried += draft.map_or(0, |draft| draft.tally.carried.get("requests").copied().unwrap_or_default());
        wrong.extend(checked(&path).unwrap_or_else(|error| vec![error.to_string()]));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(carried * 10 >= all * 9, "{carried} of {all} requests");
}

#[test]
fn every_recording_becomes_a_spec_that_the_checker_accepts() {
    let wrong: Vec<String> = files("har").iter().flat_map(|path| checked(path).unwrap_or_else(|error| vec![error.to_string()])).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// All commands, except those with methods that the language does not have.
#[test]
fn every_curl_command_becomes_a_spec_that_the_checker_accepts() {
    for path in files("curl") {
        match checked(&path) {
            Ok(wrong) => assert!(wrong.is_empty(), "{wrong:#?}"),
            Err(error) => assert!(error.message.contains("a step cannot send this method"), "{error}"),
        }
    }
}

#[test]
fn every_hurl_file_becomes_a_spec_that_the_checker_accepts() {
    let wrong: Vec<String> = files("hurl").iter().flat_map(|path| checked(path).unwrap_or_else(|error| vec![error.to_string()])).collect();
    assert!(wrong.is_empty(), "{} problems: {wrong:#?}", wrong.len());
}

/// The number of imported requests and assertions of all files, and their total number.
#[test]
fn hurl_requests_and_assertions_are_imported() {
    let (mut carried, mut left) = (0, Vec::new());
    for path in files("hurl") {
        let source = source(&path);
        let Ok(draft) = import(&source, recognize(&source).unwrap(), &Options::default()) else { continue };
        carried += draft.tally.carried.iter().map(|(_, count)| count).sum::<usize>();
        left.extend(draft.tally.left);
    }
    println!("Hurl: {carried} requests, assertions and captures carried over, {} not", left.len());
    left.iter().for_each(|left| println!("{}:{}: {}: {}", left.file, left.line, left.kind, left.what));
    assert!(left.len() * 20 <= carried, "{} of {} are missing", left.len(), carried + left.len());
}

/// Scripts of a kind: the results must pass the check, and at least four of five statements are imported. Modules that other scripts import
/// have no users and are rejected.
fn scripts_are_carried_over(kind: &str) {
    let (mut carried, mut left, mut scripts, mut wrong) = (0, Vec::new(), 0, Vec::new());
    for path in files(kind).into_iter().filter(|path| path.extension().is_some_and(|ending| ending != "json" && ending != "csv")) {
        let source = source(&path);
        let draft = match recognize(&source).and_then(|kind| import(&source, kind, &Options::default())) {
            Ok(draft) => draft,
            Err(error) => {
                assert!(error.help.is_some(), "{error}");
                println!("{error}");
                continue;
            }
        };
        scripts += 1;
        carried += draft.tally.carried.get("statements").copied().unwrap_or_default();
        left.extend(draft.tally.left);
        wrong.extend(checked(&path).unwrap_or_else(|error| vec![error.to_string()]));
    }
    left.iter().for_each(|left| println!("{}:{}: {}: {}", left.file, left.line, left.kind, left.what));
    println!("{kind}: {scripts} scripts, {carried} statements carried over, {} things not", left.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(left.len() * 4 <= carried, "{} of {} are missing", left.len(), carried + left.len());
}

#[test]
fn k6_scripts_become_specs_that_the_checker_accepts() {
    scripts_are_carried_over("k6");
}

#[test]
fn locust_scripts_become_specs_that_the_checker_accepts() {
    scripts_are_carried_over("locust");
}

#[test]
fn file_of_an_unknown_kind_is_rejected_with_a_fix() {
    for path in files("other") {
        let error = checked(&path).expect_err(&path.display().to_string());
        assert!(error.help.is_some() && error.message.contains("cannot recognize"), "{error}");
    }
}
