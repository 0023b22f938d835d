//! A hostile server over TLS: whatever it does in the handshake and behind it, each step ends within its timeout, is counted once, and says
//! what happened in plain words.

use std::fmt::Write as _;
use std::time::Duration;

use super::cases::Wants::{self, Answer, Fails};
use super::judged;
use super::tls_server::{
    After, Authority, Handshake, answered, cut, endless, flood_of_key_updates, plain, renegotiations, serve, silent, slow, tickets,
    with_alpn,
};
use crate::project::Project;

/// The timeout of a step that waits for it.
const TIMEOUT: Duration = Duration::from_millis(1_500);
/// The timeout of all other steps, which none reaches, not even on a busy machine.
const LONG_TIMEOUT: Duration = Duration::from_secs(30);

/// Fewer bytes than the server sends in its part of a handshake.
const FLIGHT_BYTES: usize = 450;

const UNTRUSTED: &str = "is not trusted: ";

/// What a server does, and what the step says.
fn cases(authority: &Authority) -> Vec<(&'static str, Handshake, Wants)> {
    use After::{Close, CloseNotify, Reset, Silence};
    let good = || authority.issue(|_| {});
    let tls = |why| Fails("tls", why);
    let untrusted = |change: fn(&mut rcgen::CertificateParams)| answered(authority.issue(change), "HTTP/1.1 204 No Content\r\n\r\n", Close);
    let body = |answer, after| answered(good(), answer, after);
    vec![
        // Certificates.
        ("a valid certificate", body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", CloseNotify), Answer),
        ("another authority", answered(Authority::new().issue(|_| {}), "", Close), tls(UNTRUSTED)),
        (
            "another name",
            untrusted(|p| p.subject_alt_names = vec![rcgen::SanType::DnsName("other.test".try_into().unwrap())]),
            tls("another name"),
        ),
        ("no name", untrusted(|p| p.subject_alt_names.clear()), tls("subjectAltName")),
        ("expired", untrusted(|p| p.not_after = rcgen::date_time_ymd(2001, 2, 3)), tls("it expired on 2001-02-03")),
        (
            "not yet valid",
            untrusted(|p| {
                (p.not_before, p.not_after) = (rcgen::date_time_ymd(2901, 2, 3), rcgen::date_time_ymd(2902, 2, 3));
            }),
            tls("it is not valid before 2901-02-03"),
        ),
        ("an authority's certificate", untrusted(|p| p.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained)), tls(UNTRUSTED)),
        (
            "a certificate for clients",
            untrusted(|p| p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth]),
            tls("not valid for servers"),
        ),
        ("an issuer that is not sent", answered(authority.intermediate().issue(|_| {}), "", Close), tls(UNTRUSTED)),
        ("a changed signature", answered(good().changed(|der| *der.last_mut().unwrap() ^= 1), "", Close), tls(UNTRUSTED)),
        ("a certificate that is cut", answered(good().changed(|der| der.truncate(der.len() / 2)), "", Close), tls(UNTRUSTED)),
        ("a certificate of noise", answered(good().changed(|der| der.fill(7)), "", Close), tls(UNTRUSTED)),
        ("an empty certificate", answered(good().changed(Vec::clear), "", Close), tls("")),
        ("no certificate", answered(good().chain(0), "", Close), tls("")),
        ("the key of another certificate", answered(good().signed_by(&good()), "", Close), tls("")),
        ("a chain of 2,000 certificates", answered(good().chain(2_000), "", Close), tls("")),
        ("a client certificate that is required", body("", Close).for_known_clients(), tls("client certificate")),
        // The protocol within TLS.
        ("no common protocol", with_alpn(body("", Close), &["spdy/3"]), tls("")),
        (
            "HTTP/1.1 where HTTP/2 was chosen",
            with_alpn(body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Silence), &["h2"]),
            Fails("protocol", ""),
        ),
        ("HTTP/2 where HTTP/1.1 was chosen", with_alpn(body("\0\0\0\x04\0\0\0\0\0", Silence), &["http/1.1"]), Fails("protocol", "")),
        ("silence where HTTP/2 was chosen", with_alpn(body("", Silence), &["h2"]), Fails("timeout", "")),
        // Alerts in place of the handshake.
        ("alert: no cipher", plain(b"\x15\x03\x03\0\x02\x02\x28", Close), tls("no cipher")),
        ("alert: version", plain(b"\x15\x03\x01\0\x02\x02\x46", Close), tls("neither TLS 1.2 nor TLS 1.3")),
        ("alert: internal error", plain(b"\x15\x03\x03\0\x02\x02\x50", Silence), tls("")),
        ("alert: unknown number", plain(b"\x15\x03\x03\0\x02\x02\xfe", Close), tls("254")),
        ("alert: a warning, then nothing", plain(b"\x15\x03\x03\0\x02\x01\x70", Silence), Fails("timeout", "")),
        ("alert: closed", plain(b"\x15\x03\x03\0\x02\x01\0", Close), tls("")),
        ("alert: cut", plain(b"\x15\x03\x03\0\x02\x02", Close), tls("closed the connection")),
        ("endless warnings", endless(b"\x15\x03\x03\0\x02\x01\x70"), tls("")),
        // Handshakes that end early, or never.
        ("closed at once", plain(b"", Close), tls("closed the connection")),
        ("reset at once", plain(b"", Reset), tls("reset")),
        ("silence", silent(), Fails("timeout", "")),
        ("half of a record, then silence", cut(good(), 60, Silence), Fails("timeout", "")),
        ("a handshake that is slower than the timeout", slow(good(), Duration::from_millis(50)), Fails("timeout", "")),
        ("a handshake that is slow", slow(good(), Duration::from_micros(200)), Answer),
        ("endless empty handshake records", endless(b"\x16\x03\x03\0\0"), tls("")),
        ("endless handshake records of a byte", endless(b"\x16\x03\x03\0\x01\x02"), tls("")),
        ("an endless handshake message", plain(&[&b"\x16\x03\x03\x40\0\x02\xff\xff\xff"[..], &[0; 16_380]].concat(), Silence), tls("")),
        ("endless changes of the cipher", endless(b"\x14\x03\x03\0\x01\x01"), tls("")),
        ("endless application data", endless(b"\x17\x03\x03\0\x01\0"), tls("")),
        ("a record that is too long", plain(&[&b"\x16\x03\x03\xff\xff"[..], &[0; 70_000]].concat(), Silence), tls("")),
        ("HTTP without TLS", plain(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", Close), tls("")),
        ("the greeting of SSH", plain(b"SSH-2.0-OpenSSH_9.9\r\n", Silence), tls("")),
        ("noise", plain(&[0x9d; 4_000], Close), tls("")),
        // Behind the handshake. Like browsers, ltc accepts a body whose end is that of the connection.
        ("closed before an answer", body("", Close), Fails("reset", "")),
        ("ended before an answer", body("", CloseNotify), Fails("reset", "")),
        ("reset before an answer", body("", Reset), Fails("reset", "")),
        ("silence behind the handshake", body("", Silence), Fails("timeout", "")),
        ("a length, closed without the end of TLS", body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", Close), Answer),
        ("a length, closed too early", body("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", Close), Fails("reset", "")),
        ("a length, ended too early", body("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", CloseNotify), Fails("reset", "")),
        ("no length, ended", body("HTTP/1.1 200 OK\r\n\r\nok", CloseNotify), Answer),
        ("no length, closed without the end of TLS", body("HTTP/1.1 200 OK\r\n\r\nok", Close), Answer),
        (
            "chunks, closed without the end of TLS",
            body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", Close),
            Fails("reset", ""),
        ),
        ("plain bytes behind the handshake", body("HTTP/1.1 200 OK\r\n\r\n", Close).not_encrypted(), Fails("", "")),
        ("100 session tickets", tickets(good(), 100), Answer),
        ("1,000 session tickets", tickets(good(), 1_000), tls("too many TLS messages")),
        ("20 changes of the key", flood_of_key_updates(good(), 20), Answer),
        ("a request to renegotiate", renegotiations(good(), 1), Answer),
        ("10,000 requests to renegotiate", renegotiations(good(), 10_000), tls("violated TLS")),
        ("10,000 changes of the key", flood_of_key_updates(good(), 10_000), tls("violated TLS")),
    ]
}

#[test]
fn hostile_tls_server_harms_no_run() {
    let authority = Authority::new();
    let mut spec = String::from("user U { run All }\nsequence All {\n");
    let mut apis = String::new();
    let mut env = String::from("tls: { ca: ca.pem }\n");
    let cases = cases(&authority);
    let mut wanted = Vec::new();
    for (number, (name, handshake, wants)) in cases.into_iter().enumerate() {
        let port = serve(handshake);
        let _ = writeln!(env, "s{number}: {{ url: 'https://localhost:{port}' }}");
        let timeout = if matches!(wants, Fails("timeout", _)) { TIMEOUT } else { LONG_TIMEOUT };
        let _ = writeln!(apis, "api a{number} {{ base env.s{number}.url; timeout {}ms; healthcheck none }}", timeout.as_millis());
        let _ = writeln!(spec, "step \"{name}\" {{ a{number} GET /; take whole = text }}");
        wanted.push((name, wants));
    }
    // A connection that is lost within the handshake, after each 25th byte of what the server sends.
    let cuts: Vec<usize> = (1..FLIGHT_BYTES).step_by(25).collect();
    for (number, bytes) in cuts.iter().enumerate() {
        let port = serve(cut(authority.issue(|_| {}), *bytes, if number % 2 == 0 { After::Reset } else { After::Close }));
        let _ = writeln!(env, "c{number}: {{ url: 'https://localhost:{port}' }}");
        let timeout = LONG_TIMEOUT.as_millis();
        let _ = writeln!(apis, "api c{number} {{ base env.c{number}.url; timeout {timeout}ms; healthcheck none }}");
        let _ = writeln!(spec, "step \"Cut\" {{ c{number} GET / }}");
    }
    let last = serve(answered(authority.issue(|_| {}), "HTTP/1.1 204 No Content\r\n\r\n", After::Silence));
    let _ = writeln!(env, "last: {{ url: 'https://localhost:{last}' }}");
    let spec = format!("{apis}api last {{ base env.last.url; healthcheck none }}\n{spec}step \"Last\" {{ last GET / }}\nwait 1h\n}}\n");
    let project = Project::new().spec("tls", spec).env(env).file("ca.pem", authority.pem());
    let project = project.profile("tls", "clients: 1, duration: 10m").build("tls");
    let is_over = || super::tls_server::requests(last) > 0;
    let report = judged(&project, "tls", is_over, wanted.iter().map(|(name, wants)| (*name, wants)));
    let cut = (report.figure("Cut", "requests"), report.figure("Cut", "failures"));
    assert_eq!(cut, (cuts.len() as u64, cuts.len() as u64));
}
