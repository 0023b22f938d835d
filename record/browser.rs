//! Starts Chromium with the proxy, in a separate profile.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use tokio::process::Command;

/// The names of Chromium and related browsers, most specific first.
const NAMES: [&str; 7] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "brave-browser"];

/// The paths of these browsers on macOS.
const MAC: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
];

/// The first installed browser of this family in the folders of a `PATH`.
pub fn find(path: &std::ffi::OsStr) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
    let on_path = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    on_path.chain(MAC.iter().map(PathBuf::from)).find(|candidate| candidate.is_file())
}

/// Opens a URL in a browser, and waits until it is closed. `fingerprint` is that of the authority, `profile` an empty folder for the
/// browser's own files, and `args` are further arguments of the browser.
///
/// # Errors
/// If the browser cannot be started.
pub async fn run(
    browser: &Path,
    proxy: SocketAddr,
    fingerprint: &str,
    profile: &Path,
    url: Option<&str>,
    args: &[String],
) -> io::Result<ExitStatus> {
    let mut command = Command::new(browser);
    command
        .arg(format!("--proxy-server=http://{proxy}"))
        // Without this option, requests to this machine would bypass the proxy.
        .arg("--proxy-bypass-list=<-loopback>")
        .arg(format!("--ignore-certificate-errors-spki-list={fingerprint}"))
        .arg(format!("--user-data-dir={}", profile.display()))
        .args([
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        // Without these options, the browser's own services would be part of the recording.
        .args([
            "--disable-default-apps",
            "--disable-domain-reliability",
            "--disable-features=OptimizationHints,MediaRouter,Translate",
            "--disable-quic",
        ])
        .args(args)
        .args(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command.spawn()?.wait().await
}
