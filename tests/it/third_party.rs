//! Third-party servers: httpbin (PyPI) for the features of HTTP, nginx (Debian) for HTTPS and HTTP/2.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project::Project;
use crate::server::{Server, free_port};
use crate::tools::{self, needs};

/// httpbin under gunicorn.
fn httpbin() -> Server {
    let port = free_port();
    let mut command = Command::new(tools::program("httpbin"));
    Server::start(command.args(["-b", &format!("127.0.0.1:{port}"), "-k", "gthread", "--threads", "8", "httpbin:app"]), port)
}

/// A project with one spec of the repository, built.
fn project(spec: &str, env: &str) -> Project {
    let name = Path::new(spec).file_stem().unwrap().to_string_lossy().into_owned();
    Project::new()
        .copy(spec, &format!("specs/{name}.lt"))
        .copy("specs/data/cat.png", "specs/data/cat.png")
        .env(env)
        .profile(&name, "clients: 2, duration: 2s")
        .build(&name)
}

#[test]
fn httpbin_walks_through_http() {
    needs!("httpbin");
    let server = httpbin();
    let project = project("specs/httpbin.lt", &format!("httpbin: {{ url: \"http://127.0.0.1:{}\" }}\n", server.port));
    project.run("httpbin", &["--debug"]).exits(0);
    project.run("httpbin", &[]).exits(0).omits(&["expected"]);
}

/// The name of a certificate is also its subject: with its authority's subject, it would count as self-signed.
fn named(name: &str) -> rcgen::CertificateParams {
    let mut params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params
}

/// nginx with a certificate of a test authority, which also requires the client's certificate.
fn nginx(folder: &Path) -> Server {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut params = named("authority.test");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::from_params(&params, &authority_key);
    fs::write(folder.join("ca.pem"), authority.pem()).unwrap();
    for (name, subject) in [("server", "ltc.test"), ("client", "client.test")] {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = named(subject).signed_by(&key, &issuer).unwrap();
        fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
        fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }
    let port = free_port();
    let at = folder.display();
    let conf = format!(
        "daemon off; master_process off; pid {at}/nginx.pid; error_log {at}/error.log; events {{ }}
http {{
  access_log off;
  client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;
  server {{
    listen 127.0.0.1:{port} ssl http2;
    ssl_certificate {at}/server.pem; ssl_certificate_key {at}/server.key;
    ssl_client_certificate {at}/ca.pem; ssl_verify_client optional;
    location / {{
      default_type application/json;
      add_header X-Protocol $server_protocol; add_header X-Client-Verified $ssl_client_verify; add_header X-Name $ssl_server_name;
      return 200 '{{\"status\":\"ok\",\"path\":\"$request_uri\"}}';
    }}
  }}
}}
"
    );
    fs::write(folder.join("nginx.conf"), conf).unwrap();
    Server::start(Command::new("nginx").arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")), port)
}

#[test]
fn nginx_speaks_https_and_http2_and_sees_the_clients_certificate() {
    needs!("nginx");
    let folder = tempfile::tempdir().unwrap();
    let server = nginx(folder.path());
    let (at, port) = (folder.path().display(), server.port);
    let tls = format!("ca: {at}/ca.pem, server_name: ltc.test");
    let env = format!(
        "modern: {{ url: \"https://127.0.0.1:{port}\", tls: {{ {tls}, cert: {at}/client.pem, key: {at}/client.key }} }}
classic: {{ url: \"https://127.0.0.1:{port}\", http2: false, tls: {{ {tls} }} }}
blind: {{ url: \"https://127.0.0.1:{port}\", tls: {{ verify: false }} }}
strict: {{ url: \"https://127.0.0.1:{port}\" }}
"
    );
    let project = project("tests/specs/nginx.lt", &env);
    project.run("nginx", &["--debug", "--only", "Trusted"]).exits(0);
    let output = project.run("nginx", &["--debug", "--only", "Distrusted"]).exits(1);
    assert!(output.to_lowercase().contains("certificate"), "{output}");
    project.run("nginx", &["--only", "Trusted"]).exits(0).prints(&["blind is not verified"]);
}

/// nginx that closes connections: at one pair of ports (plain, TLS) after two requests, at another after a second. It logs its requests.
fn closing_nginx(folder: &Path, ports: [u16; 4]) -> Server {
    let key = rcgen::KeyPair::generate().unwrap();
    fs::write(folder.join("server.pem"), named("ltc.test").self_signed(&key).unwrap().pem()).unwrap();
    fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    let at = folder.display();
    let server = |plain: u16, tls: u16, keepalive: &str| {
        format!(
            "  server {{
    listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl http2; {keepalive};
    ssl_certificate {at}/server.pem; ssl_certificate_key {at}/server.key;
    location / {{ default_type application/json; return 200 '{{}}'; }}
  }}
"
        )
    };
    let conf = format!(
        "daemon off; master_process off; pid {at}/nginx.pid; error_log {at}/error.log; events {{ }}
http {{
  log_format served '$status $request'; access_log {at}/access.log served;
  client_body_temp_path {at}/b; proxy_temp_path {at}/p; fastcgi_temp_path {at}/f; uwsgi_temp_path {at}/u; scgi_temp_path {at}/s;
{}{}}}
",
        server(ports[0], ports[1], "keepalive_requests 2"),
        server(ports[2], ports[3], "keepalive_timeout 1s"),
    );
    fs::write(folder.join("nginx.conf"), conf).unwrap();
    Server::start(Command::new("nginx").arg("-p").arg(folder).arg("-c").arg(folder.join("nginx.conf")), ports[0])
}

#[test]
fn connections_that_nginx_closes_cause_no_failures() {
    needs!("nginx");
    let folder = tempfile::tempdir().unwrap();
    let ports = [free_port(), free_port(), free_port(), free_port()];
    let server = closing_nginx(folder.path(), ports);
    let tls = "tls: { verify: false }";
    let env = format!(
        "few: {{ plain: \"http://127.0.0.1:{}\" }}
secure: {{ url: \"https://127.0.0.1:{}\", http2: false, {tls} }}
modern: {{ url: \"https://127.0.0.1:{}\", {tls} }}
idle: {{ plain: \"http://127.0.0.1:{}\" }}
idle_secure: {{ url: \"https://127.0.0.1:{}\", http2: false, {tls} }}
idle_modern: {{ url: \"https://127.0.0.1:{}\", {tls} }}
",
        ports[0], ports[1], ports[1], ports[2], ports[3], ports[3],
    );
    let project = project("tests/specs/keepalive.lt", &env);
    let output = project.run("keepalive", &["--clients", "8", "--duration", "6s", "--json", "out.json"]).exits(0);
    let report = project.json("out.json");
    let total = &report["summary"]["total"];
    assert_eq!(total["failures"], 0, "{output}");
    let number = |key: &str| total[key].as_u64().unwrap_or_default();
    let log = fs::read_to_string(folder.path().join("access.log")).unwrap();
    let served = log.lines().filter(|line| line.starts_with("200 ")).count() as u64;
    assert!(served > 500, "{served}");
    // A request that HTTP/2 refused and the client sent again was served only once.
    assert!((number("requests")..=number("requests") + number("unfinished")).contains(&served), "{served}: {total}");
    drop(server);
}
