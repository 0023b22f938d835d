//! `ltc demo`: a newcomer's first command. It starts a server, and compiles, debugs and runs a test against it.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;

use super::build::{Order, here};
use super::screen::{Failure, INFRASTRUCTURE, Screen, bold};
use super::template;
use crate::demo::{self, Faults, Handle, Latency, Options};
use crate::pipeline::Target;
use crate::project::Project;

const EXAMPLES: &str = "\
Examples:
  ltc demo                                     run a server and a short load test
  ltc demo --serve                             run only the server, until Ctrl-C
  ltc demo --serve --latency 20ms..80ms        run a slow server
  ltc demo --serve --fail-rate 0.05 --log      answer 5 % of requests with 503, and log each request

While the server runs, GET /_demo/stats returns its request counts, and PUT /_demo/faults changes the injected faults.";

/// The spec to build, in the current project or in a new one.
const SPEC: &str = "specs/tpdata.lt";
/// The folder of the new project, if the current folder has none.
const FOLDER: &str = "ltc-demo";
/// Passes the server's URL to the environments if the server is not at its usual address.
const URL: &str = "LTC_DEMO_URL";

/// Starts a demo server on this machine, then compiles a test and runs it against the server.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Demo {
    /// Run only the server, until Ctrl-C
    #[arg(long, alias = "serve-only")]
    serve: bool,
    /// Listen on this address
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    addr: IpAddr,
    /// Listen on this port; 0 uses any free port
    #[arg(long, value_name = "N", default_value_t = demo::PORT, env = "LTC_DEMO_PORT", hide_env_values = true)]
    port: u16,
    /// Require this bearer token
    #[arg(long, default_value = demo::TOKEN)]
    token: String,
    /// Delay each response by a time or a range, such as 20ms or 20ms..80ms
    #[arg(long, value_name = "TIME")]
    latency: Option<Latency>,
    /// Answer this share of requests, 0 to 1, with status 503 [default: 0]
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, hide_default_value = true, value_parser = share)]
    fail_rate: f64,
    /// Log each request to standard error
    #[arg(long)]
    log: bool,
    /// Do not access the network to compile
    #[arg(long, conflicts_with = "serve")]
    offline: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "expected a number from 0 to 1".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("expected a share from 0 to 1".to_owned()) }
}

impl Demo {
    pub(super) fn run(self, screen: &Screen) -> Result<(), Failure> {
        if self.serve { self.serve(screen) } else { self.first_run(screen) }
    }

    fn options(&self) -> Options {
        let faults = Faults { latency: self.latency, fail_rate: self.fail_rate, ..Faults::default() };
        Options { addr: SocketAddr::new(self.addr, self.port), token: self.token.clone(), faults, log: self.log, ..Options::default() }
    }

    fn serve(&self, screen: &Screen) -> Result<(), Failure> {
        let ready = |addr| {
            screen.print_unless_quiet(format_args!("demo server on {}; Ctrl-C stops it", bold(url(addr))));
            screen.print_unless_quiet("  services: /tpdata /shop /notes /graph /ledger");
            screen.print_unless_quiet(format_args!("  counts:   curl {}/_demo/stats", url(addr)));
            if addr.port() != demo::PORT {
                screen.print_unless_quiet(format_args!("  tests:    {URL}={} ./TEST --debug", url(addr)));
            }
        };
        demo::serve(self.options(), ready).map_err(|error| self.unable(&error))
    }

    fn unable(&self, error: &io::Error) -> Failure {
        let message = format!("cannot listen on {}: {error}", SocketAddr::new(self.addr, self.port));
        let failure = Failure::Message(message, None, INFRASTRUCTURE);
        if error.kind() == io::ErrorKind::AddrInUse { failure.help("use a free port: `--port 0`") } else { failure }
    }

    fn first_run(&self, screen: &Screen) -> Result<(), Failure> {
        let (root, own) = project(&here()?, screen)?;
        let (addr, _server) = self.start(&root, screen)?;
        let target = Target {
            spec: root.join(SPEC),
            profile: Some(root.join(SPEC).with_extension("profile.yml")).filter(|profile| profile.is_file()),
            root: root.clone(),
            ..Target::default()
        };
        let order = Order { output: Some(root.join("tpdata")), offline: self.offline, ..Order::of(target) };
        let made = order.build(screen)?;
        screen.print_unless_quiet(&made.announcement);
        // From here on, Ctrl-C is for the test: the test stops gracefully and writes its report, and the server must outlive it.
        stay_on_ctrl_c();
        let load = ["--clients", "20", "--duration", "6s"];
        for args in [&["--debug"][..], &load, &[&["run", "--shards", "3"], &load[..]].concat()] {
            screen.print_unless_quiet("");
            screen.print_unless_quiet(format_args!("{} ./tpdata {}", bold("$"), args.join(" ")));
            self.test(&made.path, args, &root, addr)?;
        }
        if !screen.quiet {
            next(screen, own.then_some(FOLDER));
        }
        Ok(())
    }

    /// The server to use: a demo server that already listens at the address, or a new one in this process.
    fn start(&self, root: &Path, screen: &Screen) -> Result<(SocketAddr, Option<Handle>), Failure> {
        let options = self.options();
        let wanted = options.addr;
        match demo::spawn(options.clone()) {
            Ok(server) => {
                let addr = server.addr();
                self.movable(root, addr)?;
                screen.print_unless_quiet(format_args!("demo server on {}", bold(url(addr))));
                Ok((addr, Some(server)))
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if self.is_plain() && is_demo(wanted) {
                    screen.print_unless_quiet(format_args!("using the demo server that already listens on {}", bold(url(wanted))));
                    return Ok((wanted, None));
                }
                let any = SocketAddr::new(self.addr, 0);
                let server = demo::spawn(Options { addr: any, ..options }).map_err(|error| self.unable(&error))?;
                let addr = server.addr();
                self.movable(root, addr)?;
                screen.print_unless_quiet(format_args!("port {} is taken: demo server on {}", self.port, bold(url(addr))));
                Ok((addr, Some(server)))
            }
            Err(error) => Err(self.unable(&error)),
        }
    }

    /// Whether any demo server will do, because no option asks for a special one.
    fn is_plain(&self) -> bool {
        self.token == demo::TOKEN && self.latency.is_none() && self.fail_rate == 0.0 && !self.log
    }

    /// Checks that the environments read the server's address from `LTC_DEMO_URL`, if it is not the usual one.
    fn movable(&self, root: &Path, addr: SocketAddr) -> Result<(), Failure> {
        let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, demo::PORT));
        let asks = || {
            let files = std::fs::read_dir(root.join("config")).into_iter().flatten().filter_map(Result::ok);
            files.into_iter().any(|file| std::fs::read_to_string(file.path()).is_ok_and(|text| text.contains(URL)))
        };
        if addr == usual || asks() {
            return Ok(());
        }
        Err(Failure::Message(
            format!("the server would listen on {}, but this project's config/ names {}", url(addr), url(usual)),
            Some(format!(
                "free port {}, or write ${{{URL}:-{}}} for it in config/, or run `ltc demo` in another folder",
                demo::PORT,
                url(usual)
            )),
            INFRASTRUCTURE,
        ))
    }

    /// Runs the built test. If it fails, its exit code is the result.
    fn test(&self, binary: &Path, args: &[&str], root: &Path, addr: SocketAddr) -> Result<(), Failure> {
        let mut command = Command::new(binary);
        command.args(args).current_dir(root).env(URL, url(addr));
        if self.token != demo::TOKEN {
            command.env("TPDATA_TOKEN", &self.token).env("GRAPH_TOKEN", &self.token);
        }
        let status = command
            .status()
            .map_err(|error| Failure::Message(format!("cannot run {}: {error}", binary.display()), None, INFRASTRUCTURE))?;
        match status.code() {
            Some(0) => Ok(()),
            Some(code) => Err(Failure::Printed(u8::try_from(code).unwrap_or(INFRASTRUCTURE))),
            None => Err(Failure::Message("the test was killed".to_owned(), None, 130)),
        }
    }
}

/// The current project if it contains the spec, else a new one. Also returns whether it is a new one.
fn project(here: &Path, screen: &Screen) -> Result<(PathBuf, bool), Failure> {
    let root = Project::of(here)?.root;
    if root.join(SPEC).is_file() {
        return Ok((root, false));
    }
    let folder = here.join(FOLDER);
    if !folder.join(SPEC).is_file() {
        template::write(&folder, &template::demo())
            .and_then(|()| template::write_picture(&folder))
            .map_err(|error| Failure::wrong(format!("cannot write {}: {error}", folder.display())))?;
        screen.print_unless_quiet(format_args!("wrote an example project: {}", bold(format_args!("./{FOLDER}"))));
    }
    Ok((folder, true))
}

fn next(screen: &Screen, folder: Option<&str>) {
    screen.print_unless_quiet("");
    screen.print_unless_quiet(bold("What to try next"));
    if !on_path() {
        screen.print_unless_quiet("  cargo install --path . --locked          in ltc's folder: install `ltc` on the PATH");
    }
    if let Some(folder) = folder {
        screen.print_unless_quiet(format_args!(
            "  cd {folder}                              the example project, also for the examples of the guide"
        ));
    }
    screen.print_unless_quiet("  ltc demo --serve                         run the server in another terminal; then:");
    screen.print_unless_quiet("  ./tpdata --clients 100 --duration 30s    more users");
    screen.print_unless_quiet("  ./tpdata --csv out/run --json run.json   write the results to files");
    screen.print_unless_quiet("  ./tpdata plan --clients 5000             show functions and cost on AWS Lambda");
    screen.print_unless_quiet("  $EDITOR specs/tpdata.lt; ltc build       change the test; errors show their location");
    screen.print_unless_quiet("  ltc new shop                             create your own project");
}

/// Whether the `PATH` contains `ltc`.
fn on_path() -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join("ltc").is_file()))
}

fn url(addr: SocketAddr) -> String {
    // A server that listens on all addresses is reachable at the loopback address.
    let ip = if addr.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { addr.ip() };
    format!("http://{}", SocketAddr::new(ip, addr.port()))
}

/// Whether a demo server listens at an address.
fn is_demo(addr: SocketAddr) -> bool {
    const TIMEOUT: Duration = Duration::from_millis(500);
    let ask = || -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&addr, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        write!(stream, "GET /_demo/stats HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(64 * 1024).read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200") && answer.contains("\"routes\""))
}

/// Keeps Ctrl-C from ending this process.
pub(super) fn stay_on_ctrl_c() {
    let wait = || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    };
    // If the thread cannot start, Ctrl-C ends both processes at once, which is the default.
    let _ = std::thread::Builder::new().name("ctrl-c".to_owned()).spawn(wait);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demo_server_is_recognized() {
        let server = demo::spawn(Options::any_port()).unwrap();
        let addr = server.addr();
        assert!(is_demo(addr));
        drop(server);
        assert!(!is_demo(addr));
        let mute = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_demo(mute.local_addr().unwrap()));
    }

    #[test]
    fn share_is_between_0_and_1() {
        assert_eq!(share("0.05"), Ok(0.05));
        assert!(share("5").is_err() && share("NaN").is_err() && share("x").is_err());
    }
}
