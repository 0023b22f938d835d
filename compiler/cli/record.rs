//! `ltc record`: a local proxy that records a browser's requests, and imports them when the recording ends.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use ltc_import::{Kind, Source};
use ltc_record::{Authority, Proxy, Recording, browser};

use super::build::here;
use super::import;
use super::output;
use super::screen::{Failure, Screen};

const EXAMPLES: &str = "\
Examples:
  ltc record --browser https://shop.example.com   record in Chromium until it is closed, and import into ./shop-example-com
  ltc record --port 8888                          record other clients until Ctrl-C: set http://127.0.0.1:8888 as their proxy
  ltc record --no-import --har visit.har          write a HAR only
  ltc record --remove-ca                          remove the certificate authority of recordings

The HAR contains what was typed, also passwords: keep it private, or delete it.";

/// Records requests through a proxy on 127.0.0.1, writes a HAR, and imports it.
///
/// To read HTTPS, the proxy makes a certificate authority on this machine. `--browser` trusts it for this browser only. Other clients have to
/// be told to trust its certificate, whose path is printed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Record {
    /// Address to open first
    url: Option<String>,
    /// Open Chromium or a relative of it, and record until it is closed
    #[arg(long)]
    browser: bool,
    /// Browser to open [default: the first of chromium, google-chrome, … that is installed]
    #[arg(long, value_name = "PATH", requires = "browser")]
    browser_path: Option<PathBuf>,
    /// Further argument for the browser, such as --browser-arg=--headless
    #[arg(long, value_name = "ARG", requires = "browser", allow_hyphen_values = true)]
    browser_arg: Vec<String>,
    /// Port of the proxy on 127.0.0.1 [default: any free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Accept any certificate of the recorded servers
    #[arg(long)]
    insecure: bool,
    /// File to write the recording to [default: NAME.har]
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
    /// Write the recording only
    #[arg(long)]
    no_import: bool,
    #[command(flatten)]
    project: import::Project,
    /// Remove the certificate authority of recordings, and end
    #[arg(long)]
    remove_ca: bool,
}

impl Record {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        let folder = authority_folder()?;
        if self.remove_ca {
            let removed =
                Authority::remove(&folder).map_err(|error| Failure::wrong(format!("cannot remove {}: {error}", folder.display())))?;
            screen.print_unless_quiet(if removed {
                format!("removed the certificate authority in {}; remove it from the clients that trust it, too", folder.display())
            } else {
                "there is no certificate authority of recordings".to_owned()
            });
            return Ok(());
        }
        let name = self.project.name.clone().unwrap_or_else(|| self.url.as_deref().map_or("recording", host).to_owned());
        let name = ltc_import::names::file(&name);
        let file = self.har.clone().unwrap_or_else(|| PathBuf::from(format!("{name}.har")));
        let path = here()?.join(&file);
        if output::is_there(&path)? && !self.project.force {
            return Err(Failure::wrong(format!("{} already exists", file.display()))
                .help("use another `--har` or `--name`, or overwrite with `--force`"));
        }
        let authority = Authority::open(&folder)
            .map_err(|error| Failure::wrong(format!("cannot make a certificate authority in {}: {error}", folder.display())))?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::wrong(format!("cannot start the proxy: {error}")))?;
        let Recording { har, requests: count, unreachable } = runtime.block_on(self.record(screen, authority))?;
        if count == 0 {
            return Err(
                Failure::wrong("nothing was recorded").help("set the proxy in the client, and send requests before the recording ends")
            );
        }
        write_private(&path, &har, self.project.force)
            .map_err(|error| Failure::wrong(format!("cannot write {}: {error}", file.display())))?;
        let requests = if count == 1 { "request" } else { "requests" };
        screen.print_unless_quiet(format_args!("wrote {} with {count} {requests}", file.display()));
        self.warn_of_unreachable(screen, &unreachable);
        if self.no_import {
            return Ok(());
        }
        let source = Source::new(file.display().to_string(), here()?, har.as_bytes()).map_err(import::failure)?;
        let mut project = self.project;
        project.name = Some(name);
        import::finish(screen, &source, Kind::Har, project)
    }

    /// Names the servers that gave no response, except those that a browser asks by itself.
    fn warn_of_unreachable(&self, screen: &Screen, unreachable: &[(String, String, usize)]) {
        let own = self.url.as_deref().map(host);
        for (origin, why, count) in unreachable.iter().filter(|(origin, ..)| own.is_none_or(|own| host(origin) == own)) {
            let requests = if *count == 1 { "request" } else { "requests" };
            let help = if why.contains("certificate") { "\n  help: accept the certificate with `--insecure`" } else { "" };
            screen.warn(format_args!("no response from {origin} to {count} {requests}: {why}{help}"));
        }
    }

    /// Runs the proxy until the browser is closed, or until Ctrl-C.
    async fn record(&self, screen: &Screen, authority: Authority) -> Result<Recording, Failure> {
        let interrupted = interrupted().map_err(|error| Failure::wrong(format!("cannot catch Ctrl-C: {error}")))?;
        let (certificate, fingerprint) = (authority.certificate.clone(), authority.fingerprint());
        let options = ltc_record::Options { port: self.port, insecure: self.insecure, upstream_proxy: None };
        let proxy = Proxy::start(authority, &options)
            .await
            .map_err(|error| Failure::wrong(format!("cannot listen on 127.0.0.1:{}: {error}", self.port)).help("use another `--port`"))?;
        screen.note(format_args!("recording: proxy http://{}, certificate authority {}", proxy.address, certificate.display()));
        if self.browser {
            let found = self.browser_path.clone().or_else(|| browser::find(&std::env::var_os("PATH").unwrap_or_default()));
            let program = found.ok_or_else(|| Failure::wrong("cannot find Chromium or Chrome").help("name it with `--browser-path`"))?;
            let profile = Profile::new().map_err(|error| Failure::wrong(format!("cannot make a browser profile: {error}")))?;
            screen.note("close the browser to end the recording");
            let closed = browser::run(&program, proxy.address, &fingerprint, &profile.0, self.url.as_deref(), &self.browser_arg);
            tokio::select! {
                ended = closed => {
                    let status = ended.map_err(|error| {
                        Failure::wrong(format!("cannot start {}: {error}", program.display())).help("name another browser with `--browser-path`")
                    })?;
                    if !status.success() && proxy.count() == 0 {
                        let message = format!("{} ended at once ({status})", program.display());
                        return Err(Failure::wrong(message).help("run it by hand to see why, or name another browser with `--browser-path`"));
                    }
                }
                () = interrupted => {}
            }
        } else {
            screen.note("press Ctrl-C to end the recording");
            interrupted.await;
        }
        Ok(proxy.finish().await)
    }
}

/// Completes at Ctrl-C or a request to terminate. Signals are caught from the call on, not only when the future is awaited.
#[cfg(unix)]
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes at Ctrl-C.
#[cfg(not(unix))]
fn interrupted() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // If signals are not available, the recording ends with the browser.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// The host of an address.
fn host(url: &str) -> &str {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    let authority = behind.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

/// The folder of the certificate authority: in the user's data, because clients that trust the authority need it to stay.
fn authority_folder() -> Result<PathBuf, Failure> {
    let variable = |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    let data = variable("XDG_DATA_HOME").or_else(|| Some(variable("HOME").or_else(|| variable("USERPROFILE"))?.join(".local/share")));
    let data = data.ok_or_else(|| Failure::wrong("cannot find the home folder").help("set HOME"))?;
    Ok(data.join("ltc").join("record"))
}

/// Writes a recording. It contains passwords, so only its owner can read it.
fn write_private(path: &Path, text: &str, overwrite: bool) -> io::Result<()> {
    if overwrite && path.exists() {
        fs::remove_file(path)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

/// A temporary folder for the browser's own files, removed at the end.
struct Profile(PathBuf);

impl Profile {
    fn new() -> io::Result<Self> {
        let base = std::env::temp_dir();
        let process = std::process::id();
        for number in 0..100 {
            let folder = base.join(format!("ltc-record-{process}-{number}"));
            match private_folder(&folder) {
                Ok(()) => return Ok(Self(folder)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::from(io::ErrorKind::AlreadyExists))
    }
}

/// Makes a folder that only its owner can read, because a browser keeps cookies in it.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

impl Drop for Profile {
    fn drop(&mut self) {
        // The browser's last processes may still write. Files that remain are in the system's temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}
