//! The responses of the demo's `/tpdata`, without any storage: a server with one thread that is faster than any client, so that a
//! measurement shows the client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::{TcpListener, TcpStream};

use super::Outcome;

/// The common part of both kinds of responses, after their ids.
const TREATMENT: &str =
    r#""category":"xray:full-mouth","accessPolicy":"allowAll","tags":["load_test"],"countryCode":"US","createdAt":"2026-11-25T20:16:50Z""#;

/// Answers until the process is killed.
pub(crate) fn serve(addr: SocketAddr) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(addr).await?;
        let made = Arc::new(AtomicU64::new(1));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // The client reports a broken connection.
            tokio::spawn(connection(stream, made.clone()));
        }
    })
}

async fn connection(stream: TcpStream, made: Arc<AtomicU64>) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    let mut filled = 0;
    let mut answer = String::with_capacity(1024);
    loop {
        stream.readable().await?;
        match stream.try_read(&mut buffer[filled..]) {
            Ok(0) => return Ok(()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        let request = std::str::from_utf8(&buffer[..filled]).map_err(std::io::Error::other)?;
        if !is_whole(request) {
            continue;
        }
        answer.clear();
        write_answer(request, &made, &mut answer);
        filled = 0;
        let mut left = answer.as_bytes();
        while !left.is_empty() {
            stream.writable().await?;
            match stream.try_write(left) {
                Ok(count) => left = &left[count..],
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Whether the text contains a complete head, and the body that the head announces.
fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.split_once("Content-Length: ").and_then(|(_, rest)| rest.split("\r\n").next()?.parse::<usize>().ok());
    body.len() >= length.unwrap_or(0)
}

fn write_answer(request: &str, made: &AtomicU64, out: &mut String) {
    let path = request.split(' ').nth(1).unwrap_or_default();
    let mut parts = path.split('/').skip_while(|part| *part != "treatments").skip(1);
    let (treatment, variants, variant) = (parts.next(), parts.next(), parts.next());
    let iid = request.split_once(r#""iid":""#).and_then(|(_, rest)| rest.split('"').next()).unwrap_or("ids:000000001");
    let new = |kind: &str| format!("{kind}-{}", made.fetch_add(1, Ordering::Relaxed));
    let (head, body) = match (treatment, variants, variant) {
        (None, ..) if path.ends_with("/healthcheck") => {
            ("200 OK\r\ncontent-type: application/json".to_owned(), r#"{"version":"3.1.4","status":"ok"}"#.to_owned())
        }
        (None, ..) => {
            let id = new("trt");
            let body = format!(r#"{{"type":"Treatment","id":"{id}","iid":"{iid}",{TREATMENT}}}"#);
            (format!("201 Created\r\ncontent-type: application/json\r\nlocation: /tpdata/treatments/{id}"), body)
        }
        (Some(treatment), Some(_), None) => {
            let id = new("var");
            let head = format!("201 Created\r\ncontent-type: application/json\r\nlocation: /tpdata/treatments/{treatment}/variants/{id}");
            (head, variant_body(treatment, &id, iid))
        }
        (Some(treatment), _, Some(id)) => {
            (format!("200 OK\r\ncontent-type: application/json\r\netag: \"{id}\""), variant_body(treatment, id, iid))
        }
        (Some(_), None, None) => ("404 Not Found\r\ncontent-type: application/json".to_owned(), "{}".to_owned()),
    };
    let length = body.len();
    for part in ["HTTP/1.1 ", &head, "\r\ncontent-length: ", &length.to_string(), "\r\ndate: Wed, 25 Nov 2026 20:16:50 GMT\r\n\r\n", &body]
    {
        out.push_str(part);
    }
}

fn variant_body(treatment: &str, id: &str, iid: &str) -> String {
    format!(
        r#"{{"type":"TreatmentVariant","id":"{id}","iid":"{iid}","treatmentId":"{treatment}",{TREATMENT},"price":49.37,"currency":"USD"}}"#
    )
}
