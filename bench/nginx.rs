//! The server of the measurements: nginx, with one worker, pinned to core 0.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Bench, Outcome};

/// 140 bytes, as in the published figures.
pub(crate) const BODY: &str = r#"{"id":7,"name":"kettle","price":24.5,"tags":["kitchen","steel"],"description":"Two litres, whistles when it is done.","inStock":true,"n":1234}"#;

/// The number of large bodies that one path answers with, by chance.
const VARIED: u32 = 256;

/// A large body: this many rows of 101 to 108 bytes from this number on, then two members.
fn rows(from: u32, count: u32) -> String {
    let row =
        |row| format!(r#"{{"id":{row},"name":"thing {row:05}","price":{row}.5,"tags":["a","b","c"],"on":true,"to":null,"by":"nobody"}}"#);
    let rows: Vec<String> = (from..from + count).map(row).collect();
    format!(r#"{{"rows":[{}],"total":{count},"next":"page-2"}}"#, rows.join(","))
}

/// A running nginx. Dropping it stops the process.
pub(crate) struct Nginx {
    configuration: PathBuf,
    port: u16,
}

/// The prefix of a command that gets its core before all others, at real-time priority.
const FIRST: [&str; 3] = ["chrt", "-f", "10"];

impl Nginx {
    pub(crate) fn start(bench: &Bench) -> Outcome<Self> {
        Self::started(bench, &[])
    }

    /// Starts nginx with real-time priority, so that it has its core to itself. Fails without the necessary rights.
    pub(crate) fn start_first(bench: &Bench) -> Outcome<Self> {
        Self::started(bench, &FIRST)
    }

    fn started(bench: &Bench, by: &[&str]) -> Outcome<Self> {
        let (folder, port, tls_port, http2_port) = (&bench.folder, bench.args.port, bench.args.port + 1, bench.args.port + 3);
        fs::write(folder.join("large.json"), rows(0, 400))?;
        fs::write(folder.join("huge.json"), rows(0, 9400))?;
        fs::create_dir_all(folder.join("pages"))?;
        for number in 0..VARIED {
            fs::write(folder.join(format!("pages/{number:02x}.json")), rows(400 * number, 400))?;
        }
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
  map $request_id $two_digits {{ "~^(?<digits>..)" $digits; }}
  ssl_certificate {at}/cert.pem; ssl_certificate_key {at}/key.pem; ssl_session_cache off;
  server {{
    listen 127.0.0.1:{port} backlog=8192; listen 127.0.0.1:{tls_port} ssl backlog=8192;
    listen 127.0.0.1:{http2_port} ssl http2 backlog=8192;
    location = /item {{ return 200 '{BODY}'; }}
    location = /orders {{ return 201 '{{"id":"order-0012345","count":3,"status":"accepted","note":"A courier will ring twice","total":{{"cents":7350,"currency":"EUR"}}}}'; }}
    location = /login {{ add_header Set-Cookie "session=0123456789abcdef; Path=/; HttpOnly"; return 200 '{BODY}'; }}
    location = /basket {{ if ($cookie_session = "") {{ return 401; }} return 200 '{BODY}'; }}
    location = /gzip {{ gzip on; gzip_min_length 1; gzip_types application/json; return 200 '{BODY}'; }}
    location = /large.json {{ root {at}; }}
    location = /huge.json {{ root {at}; }}
    location = /varied.json {{ root {at}; open_file_cache max={VARIED}; try_files /pages/$two_digits.json =404; }}
    location = /old {{ return 302 /item; }}
    location = /close {{ keepalive_timeout 0; return 200 '{BODY}'; }}
    location /unique/ {{ return 200 '{{"id":7,"request":"$request_id"}}'; }}
    location = /varied {{ return 200 '{{"id":7,"name":"kettle","request":"$request_id","price":24.5,"tags":["kitchen","steel"],"description":"Whistles","n":1234}}'; }}
    location = /status {{ stub_status; }}
  }}
}}
"#
        );
        let configuration = folder.join("nginx.conf");
        fs::write(&configuration, text)?;
        nginx(&configuration, by, &[])?;
        Ok(Self { configuration, port })
    }

    /// The number of requests so far, without those that query it.
    pub(crate) fn requests(&self) -> Outcome<u64> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.write_all(b"GET /status HTTP/1.0\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        // The text is: Active connections: 1 / server accepts handled requests / 3 3 7
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
