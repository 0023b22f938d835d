//! A prebuilt runtime: with an empty cache, it gives the same binary as a compiled runtime, and an unusable archive is reported.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use crate::command::{Output, Run};
use crate::project::{Project, ltc};

/// `ltc` with an empty cache and without cargo: a prebuilt runtime needs only rustc.
fn build(project: &Project, cache: &Path, runtime: &str, output: &str) -> Run {
    let args = ["build", "specs/tpdata.lt", "-o", output];
    ltc(project.path(), &args).env("LTC_CACHE_DIR", cache).env("LTC_RUNTIME", runtime).env("CARGO_NET_OFFLINE", "true")
}

#[test]
fn prebuilt_runtime_gives_the_same_binary_from_an_empty_cache() {
    let project = Project::examples();
    project.ltc(&["build", "specs/tpdata.lt", "-o", "compiled"]).exits(0);
    project.ltc(&["runtime", "pack", "-o", "packed/"]).exits(0).prints(&["wrote packed/ltc-runtime-", "LTC_RUNTIME="]);
    let file = |ending: &str| {
        let files = fs::read_dir(project.path().join("packed")).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|path| path.to_str().unwrap().ends_with(ending)).unwrap()
    };
    let archive = file(".tar.zst");
    let listed = fs::read_to_string(file(".sha256")).unwrap();
    let sum = listed.split(' ').next().unwrap();
    let folder = tempfile::tempdir().unwrap();

    let named = format!("{}#sha256={sum}", archive.display());
    let first = folder.path().join("first");
    build(&project, &first, &named, "from-file").exits(0).prints(&["unpacking the prebuilt runtime"]).omits(&["compiling"]);
    assert!(!first.join("target/release").exists(), "cargo has compiled nothing");
    let [compiled, from_file] = ["compiled", "from-file"].map(|name| fs::read(project.path().join(name)).unwrap());
    assert!(compiled == from_file, "the binaries differ");
    // An archive that is cut off is an error that says so, and leaves nothing behind.
    let cut = fs::read(&archive).unwrap();
    project.write("cut.tar.zst", &cut[..cut.len() / 2]);
    let damaged = folder.path().join("damaged");
    build(&project, &damaged, "cut.tar.zst", "from-cut")
        .exits(3)
        .prints(&["cannot unpack the prebuilt runtime cut.tar.zst: incomplete frame"]);
    let left = files_named(&damaged, ".new-");
    assert!(left.is_empty(), "{left:?}");
    // Another spec with this cache no longer needs the archive.
    let args = ["build", "specs/notes.lt", "-o", "notes"];
    let notes = || ltc(project.path(), &args).env("LTC_CACHE_DIR", &first).env("LTC_RUNTIME", "/gone").exits(0);
    notes().omits(&["compiling", "unpacking"]);
    links_with_the_libraries_too(&project, &first, notes);

    let url = serve(&archive);
    let second = folder.path().join("second");
    let from_url = build(&project, &second, &format!("{url}/r.tar.zst#sha256={sum}"), "from-url").exits(0);
    from_url.prints(&["downloading the prebuilt runtime http://127.0.0.1"]).omits(&["compiling"]);
    assert!(compiled == fs::read(project.path().join("from-url")).unwrap(), "the binaries differ");

    // What is damaged is unpacked or linked again, and a cache under another path has all that it had.
    let libraries =
        fs::read_dir(&second).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.join("prebuilt-release").exists()).unwrap();
    damage(&libraries.join("prebuilt-release"), ".rlib");
    project.write("specs/notes.lt", fs::read_to_string(project.path().join("specs/notes.lt")).unwrap().replace('\n', "\n\n"));
    let args = ["build", "specs/notes.lt", "-o", "notes"];
    ltc(project.path(), &args)
        .env("LTC_CACHE_DIR", &second)
        .env("LTC_RUNTIME", &named)
        .exits(0)
        .prints(&["unpacking"])
        .omits(&["compiling"]);
    damage(&libraries.join("crates"), "tpdata");
    let moved = folder.path().join("moved");
    fs::rename(&second, &moved).unwrap();
    build(&project, &moved, "/gone", "from-moved").exits(0).omits(&["compiling", "unpacking"]);
    assert!(compiled == fs::read(project.path().join("from-moved")).unwrap(), "the binaries differ");
}

/// Both specs were linked with the runtime that the archive's author had linked in advance. Where it is damaged, they are linked with its
/// libraries.
fn links_with_the_libraries_too(project: &Project, cache: &Path, build: impl Fn() -> Output) {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        return;
    }
    let logs = || files_named(cache, "prelinked.log");
    assert_eq!((files_named(cache, "runtime.o").len(), logs()), (1, Vec::new()));
    damage(cache, "runtime.o");
    project.write("specs/notes.lt", format!("\n{}", fs::read_to_string(project.path().join("specs/notes.lt")).unwrap()));
    build().omits(&["compiling", "unpacking"]);
    assert_eq!(logs().len(), 1);
    Run::new(project.path().join("notes"), project.path()).args(&["--version"]).exits(0).prints(&["notes"]);
}

/// The files and folders below a folder whose names contain a text.
fn files_named(folder: &Path, part: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let below = entries.flat_map(|path| if path.is_dir() { [vec![path.clone()], files_named(&path, part)].concat() } else { vec![path] });
    below.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().contains(part))).collect()
}

/// Cuts all files in a folder whose names end like this in half.
fn damage(folder: &Path, ending: &str) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.symlink_metadata().unwrap() {
            found if found.is_dir() => damage(&path, ending),
            found if found.is_file() && path.to_str().unwrap().ends_with(ending) => {
                File::options().write(true).open(&path).unwrap().set_len(found.len() / 2).unwrap();
            }
            _ => {}
        }
    }
}

#[test]
fn spec_gives_the_same_binary_in_every_folder() {
    let binaries = [(); 2].map(|()| {
        // Without a server, whose port would be in the configuration.
        let project = Project::new().copy("config", "config").copy("specs", "specs");
        project.ltc(&["build", "specs/tpdata.lt", "-o", "tpdata"]).exits(0);
        fs::read(project.path().join("tpdata")).unwrap()
    });
    assert!(binaries[0] == binaries[1], "the binaries differ");
}

#[test]
fn archive_that_cannot_be_used_is_an_error_with_its_reason() {
    let project = Project::examples();
    let cache = tempfile::tempdir().unwrap();
    project.write("broken.tar.zst", "no archive");
    let sum = "0".repeat(64);
    for (runtime, output) in [
        ("gone.tar.zst".to_owned(), "cannot read the prebuilt runtime gone.tar.zst"),
        ("broken.tar.zst".to_owned(), "cannot unpack the prebuilt runtime broken.tar.zst"),
        (format!("broken.tar.zst#sha256={sum}"), "unexpected checksum"),
        ("https://127.0.0.1:1/r.tar.zst".to_owned(), "LTC_RUNTIME is a URL without a checksum"),
        ("broken.tar.zst#sha256=12".to_owned(), "LTC_RUNTIME has an invalid checksum"),
        (format!("http://127.0.0.1:1/r.tar.zst#sha256={sum}"), "cannot read the prebuilt runtime http://127.0.0.1:1/r.tar.zst"),
    ] {
        build(&project, cache.path(), &runtime, "x").exits(3).prints(&[output, "help: "]).omits(&["compiling"]);
    }
    assert!(!project.path().join("x").exists());
}

/// Serves one file at every path until the process ends.
fn serve(file: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let file = file.to_owned();
    let answer = move |mut stream: TcpStream| -> io::Result<()> {
        let lines = BufReader::new(stream.try_clone()?).lines();
        lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
        let mut content = File::open(&file)?;
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", content.metadata()?.len())?;
        io::copy(&mut content, &mut stream).map(drop)
    };
    std::thread::spawn(move || listener.incoming().flatten().try_for_each(answer));
    url
}
