//! The part of HTTP/1.1 that the rig needs, over blocking sockets.

use std::io::{self, BufRead, Read, Write};

/// The head of a request.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    /// Reads a head; `None` if the connection ended before it.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_ascii_whitespace().map(str::to_owned);
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Err(io::Error::other(format!("no request: {line:?}")));
        };
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            from.read_line(&mut line)?;
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
                None => return Ok(Some(Self { method, path, headers })),
            }
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Reads the body, and passes on each piece as it arrives.
    pub(crate) fn body(&self, from: &mut impl BufRead, mut piece: impl FnMut(Vec<u8>)) -> io::Result<()> {
        if self.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            loop {
                let mut line = String::new();
                from.read_line(&mut line)?;
                let length = usize::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16).map_err(io::Error::other)?;
                let mut chunk = vec![0; length];
                from.read_exact(&mut chunk)?;
                if length > 0 {
                    from.read_line(&mut String::new())?;
                    piece(chunk);
                    continue;
                }
                // Trailers, up to an empty line.
                loop {
                    let mut line = String::new();
                    if from.read_line(&mut line)? == 0 || line.trim().is_empty() {
                        return Ok(());
                    }
                }
            }
        }
        let length = self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut whole = vec![0; length];
        from.read_exact(&mut whole)?;
        piece(whole);
        Ok(())
    }

    pub(crate) fn whole_body(&self, from: &mut impl BufRead) -> io::Result<Vec<u8>> {
        let mut whole = Vec::new();
        self.body(from, |piece| whole.extend(piece))?;
        Ok(whole)
    }
}

/// Sends a response, and leaves the connection open.
pub(crate) fn answer(to: &mut impl Write, status: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    to.write_all(format!("{head}\r\n").as_bytes())?;
    to.write_all(body)?;
    to.flush()
}

/// Writes a chunk of a chunked response.
pub(crate) fn chunk(to: &mut impl Write, content: &[u8]) -> io::Result<()> {
    to.write_all(format!("{:x}\r\n", content.len()).as_bytes())?;
    to.write_all(content)?;
    to.write_all(b"\r\n")?;
    to.flush()
}

/// Sends a request over a new connection. Returns the response with its head.
pub(crate) fn exchange(addr: &str, head: &Head, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = std::net::TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(std::time::Duration::from_secs(120)))?;
    let mut text = format!("{} {} HTTP/1.1\r\n", head.method, head.path);
    let own = ["connection", "content-length", "transfer-encoding", "expect"];
    for (name, value) in head.headers.iter().filter(|(name, _)| !own.contains(&name.as_str())) {
        text += &format!("{name}: {value}\r\n");
    }
    text += &format!("connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(text.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}

/// The body of a response that [`exchange`] returned.
pub(crate) fn body_of(answer: &[u8]) -> io::Result<Vec<u8>> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or_else(|| io::Error::other("no response"))? + 4;
    let head = format!("GET / {}", String::from_utf8_lossy(&answer[..end]));
    let mut rest = &answer[end..];
    let head = Head::read(&mut head.as_bytes())?.ok_or_else(|| io::Error::other("no head"))?;
    if head.header("transfer-encoding").is_none() { Ok(rest.to_vec()) } else { head.whole_body(&mut rest) }
}
