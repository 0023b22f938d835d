//! The server of the measurements: nginx, one worker, pinned to core 0.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Outcome;

pub(crate) const PORT: u16 = 18181;
pub(crate) const TLS_PORT: u16 = 18182;

/// 140 bytes, as in the figures that DESIGN has.
pub(crate) const BODY: &str = r#"{"id":7,"name":"kettle","price":24.5,"tags":["kitchen","steel"],"description":"Two litres, whistles when it is done.","inStock":true,"n":1234}"#;

/// A running nginx; it ends with this.
pub(crate) struct Nginx {
    configuration: PathBuf,
}

/// What a program is started by that has its core before all others, at real-time priority.
const FIRST: [&str; 3] = ["chrt", "-f", "10"];

impl Nginx {
    pub(crate) fn start(folder: &Path) -> Outcome<Self> {
        Self::started(folder, &[])
    }

    /// Gives it the priority that it needs to have its core alone; an error without the right to that.
    pub(crate) fn start_first(folder: &Path) -> Outcome<Self> {
        Self::started(folder, &FIRST)
    }

    fn started(folder: &Path, by: &[&str]) -> Outcome<Self> {
        let certificate = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
        fs::write(folder.join("cert.pem"), certificate.cert.pem())?;
        fs::write(folder.join("key.pem"), certificate.signing_key.serialize_pem())?;
        let at = folder.display();
        let text = format!(
            r#"worker_processes 1; worker_cpu_affinity 01; worker_rlimit_nofile 20000; daemon on; pid {at}/nginx.pid; error_log {at}/error.log;
events {{ worker_connections 18000; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
  client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;
  ssl_certificate {at}/cert.pem; ssl_certificate_key {at}/key.pem; ssl_session_cache off;
  server {{
    listen 127.0.0.1:{PORT} backlog=8192; listen 127.0.0.1:{TLS_PORT} ssl backlog=8192;
    location = /item {{ return 200 '{BODY}'; }}
    location = /orders {{ return 201 '{{"id":"order-0012345","count":3,"status":"accepted","note":"A courier will ring twice","total":{{"cents":7350,"currency":"EUR"}}}}'; }}
    location = /varied {{ return 200 '{{"id":7,"name":"kettle","request":"$request_id","price":24.5,"tags":["kitchen","steel"],"description":"Whistles","n":1234}}'; }}
    location = /status {{ stub_status; }}
  }}
}}
"#
        );
        let configuration = folder.join("nginx.conf");
        fs::write(&configuration, text)?;
        nginx(&configuration, by, &[])?;
        Ok(Self { configuration })
    }

    /// How many requests it has had, without those that ask for it.
    pub(crate) fn requests(&self) -> Outcome<u64> {
        let mut stream = TcpStream::connect(("127.0.0.1", PORT))?;
        stream.write_all(b"GET /status HTTP/1.0\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        // Active connections: 1 / server accepts handled requests / 3 3 7
        let line = text.lines().skip_while(|line| !line.starts_with("server accepts")).nth(1).unwrap_or_default();
        Ok(line.split_whitespace().nth(2).unwrap_or_default().parse()?)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Err(error) = nginx(&self.configuration, &[], &["-s", "stop"]) {
            eprintln!("nginx may still be running: {error}");
        }
    }
}

fn nginx(configuration: &Path, by: &[&str], args: &[&str]) -> Outcome {
    let program = if Path::new("/usr/sbin/nginx").is_file() { "/usr/sbin/nginx" } else { "nginx" };
    let words: Vec<&str> = by.iter().copied().chain([program]).collect();
    let status = Command::new(words[0]).args(&words[1..]).arg("-c").arg(configuration).args(args).status()?;
    if status.success() { Ok(()) } else { Err(format!("{}: {status}", words.join(" ")).into()) }
}
