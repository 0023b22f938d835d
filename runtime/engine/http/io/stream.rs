//! The bytes of a connection, encrypted or not, and the errors of both in a tester's words.

use std::future::Future as _;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::SendFlags;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::memory::Pipe;
use crate::http::message::failure::HttpError;
use crate::http::message::tls_words;
use crate::http::message::traffic::Ledger;

/// The most bytes of a TLS record (RFC 8446, 5.1).
const TLS_RECORD: usize = 16 * 1024;

/// After this time, an idle connection is worth a system call that asks whether the server has closed it. The thread's own knowledge is as
/// old as its last poll of all connections, some milliseconds under load, and a server that closes idle connections does so after whole
/// seconds. A user that waits longer than this sends fewer than ten requests per second, so the call costs little in comparison.
pub(crate) const WORTH_ASKING: Duration = Duration::from_millis(100);

/// The most bytes of a response that are read while its request is still being written.
const EARLY: usize = 64 * 1024 * 1024;

/// A connection to a server or a proxy.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// TLS to a server within the TLS connection to a proxy.
    Nested(Box<TlsStream<TlsStream<TcpStream>>>),
    /// To a server in this thread.
    Memory(Box<Pipe>),
}

impl Stream {
    fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(tcp) => Some(tcp),
            Self::Tls(tls) => Some(tls.get_ref().0),
            Self::Nested(tls) => Some(tls.get_ref().0.get_ref().0),
            Self::Memory(_) => None,
        }
    }

    /// Makes the system send each piece at once, without waiting until the server has confirmed the piece before. Requests are written whole, so
    /// waiting for more bytes is useless. If this fails, they are only slower.
    pub(crate) fn set_nodelay(&self) {
        if let Some(tcp) = self.tcp() {
            let _ = tcp.set_nodelay(true);
        }
    }

    /// Whether the server chose HTTP/2 in the handshake.
    pub(crate) fn is_http2(&self) -> bool {
        let alpn = match self {
            Self::Plain(_) => None,
            Self::Tls(tls) => tls.get_ref().1.alpn_protocol(),
            Self::Nested(tls) => tls.get_ref().1.alpn_protocol(),
            Self::Memory(pipe) => return pipe.http2,
        };
        alpn == Some(b"h2")
    }

    /// Whether an idle connection still looks usable, so the server neither closed it nor sent anything. `asks` tells whether it was idle
    /// for long enough to ask the system ([`WORTH_ASKING`]); otherwise the check costs no system call as long as nothing has happened.
    pub(crate) fn is_fresh(&mut self, asks: bool) -> bool {
        let Some(tcp) = self.tcp() else { return true };
        if asks {
            match pending(tcp) {
                Some(Pending::Nothing) => return true,
                Some(Pending::Closed) => return false,
                Some(Pending::Bytes) | None => return self.is_silent(),
            }
        }
        if tcp.try_io(Interest::READABLE, || Ok(())).is_err() {
            return true;
        }
        let ready = pin!(tcp.ready(Interest::READABLE)).poll(&mut Context::from_waker(Waker::noop()));
        match ready {
            Poll::Pending => true,
            Poll::Ready(Err(_)) => false,
            Poll::Ready(Ok(ready)) => !ready.is_read_closed() && self.is_silent(),
        }
    }

    /// Whether the readable bytes contain no data of the server. TLS may send session tickets at any time, and a close message. Without
    /// TLS, any byte is unexpected.
    fn is_silent(&mut self) -> bool {
        if let Self::Plain(tcp) = self {
            return matches!(tcp.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock);
        }
        let mut byte = [0];
        Pin::new(self).poll_read(&mut Context::from_waker(Waker::noop()), &mut ReadBuf::new(&mut byte)).is_pending()
    }

    /// Whether a server has seen none of these bytes if the first attempt to write them failed. With TLS, a server sees only whole records,
    /// but bytes in several records may have been written in part.
    pub(crate) fn hides_parts_of(&self, bytes: usize) -> bool {
        matches!(self, Self::Plain(_) | Self::Memory(_)) || bytes <= TLS_RECORD
    }

    /// Writes as much as the system accepts now. Without TLS, it checks for readiness only after a write that the system refused.
    pub(crate) fn poll_send(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Self::Plain(tcp) = self {
            // libc's `send` is a cancellation point, which costs four atomic operations.
            match tcp.try_io(Interest::WRITABLE, || Ok(rustix::net::send(&*tcp, bytes, SEND)?)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => return Poll::Ready(done),
            }
        }
        Pin::new(self).poll_write(cx, bytes)
    }

    /// Waits until there may be something to read. With TLS only reading can tell.
    pub(crate) fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => tcp.poll_read_ready(cx),
            Self::Tls(_) | Self::Nested(_) => Poll::Ready(Ok(())),
            Self::Memory(pipe) => pipe.poll_readable(cx).map(Ok),
        }
    }

    /// Appends received bytes to the buffer, which must have room. Returns 0 at the stream's end.
    pub(crate) fn poll_receive(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let Self::Plain(tcp) = self else { return pin!(self.read_buf(buffer)).poll(cx) };
        loop {
            let room = buffer.capacity() - buffer.len();
            match tcp.try_read_buf(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready!(tcp.poll_read_ready(cx))?,
                Ok(count) if count > 0 && count < room => {
                    // The system has no more bytes, and will report new ones by an event. This call clears the readiness, so that the next
                    // read doesn't need a system call to find that out (tokio's own `poll_read` does the same).
                    let _ = tcp.try_io(Interest::READABLE, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
                    return Poll::Ready(Ok(count));
                }
                done => return Poll::Ready(done),
            }
        }
    }

    /// Writes the whole head and body. If the server answers before it has read everything, the response is read at the same time, so that
    /// neither side waits for the other.
    pub(crate) async fn write_request(&mut self, head: &[u8], body: &[u8], answer: &mut BytesMut, ledger: &Ledger) -> io::Result<()> {
        if body.is_empty() {
            let mut rest = head;
            while !rest.is_empty() {
                match self.write(rest).await? {
                    0 => return Err(io::ErrorKind::WriteZero.into()),
                    written => {
                        ledger.sent(written);
                        rest = &rest[written..];
                    }
                }
            }
            return self.flush().await;
        }
        let mut rest = Buf::chain(head, body);
        let mut deaf = false;
        while rest.has_remaining() {
            let this = &mut *self;
            std::future::poll_fn(|cx| {
                let mut slices = [io::IoSlice::new(&[]); 2];
                let count = rest.chunks_vectored(&mut slices);
                match Pin::new(&mut *this).poll_write_vectored(cx, &slices[..count]) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                    Poll::Ready(Ok(written)) => {
                        ledger.sent(written);
                        rest.advance(written);
                        return Poll::Ready(Ok(()));
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {}
                }
                while !deaf && answer.len() < EARLY {
                    answer.reserve(4096);
                    let read = pin!(this.read_buf(answer)).poll(cx);
                    match read {
                        Poll::Pending => break,
                        Poll::Ready(Ok(count)) if count > 0 => ledger.received(count),
                        Poll::Ready(_) => deaf = true,
                    }
                }
                Poll::Pending
            })
            .await?;
        }
        self.flush().await
    }
}

/// A write to a closed connection returns an error, without a signal. Where the system has no such flag, the signal is ignored because Rust
/// programs ignore it.
#[cfg(target_os = "linux")]
const SEND: SendFlags = SendFlags::NOSIGNAL;
#[cfg(not(target_os = "linux"))]
const SEND: SendFlags = SendFlags::empty();

/// The system's state of a connection that nobody reads from.
enum Pending {
    Nothing,
    Bytes,
    Closed,
}

/// Asks the system for the state; `None` if it doesn't answer.
fn pending(tcp: &TcpStream) -> Option<Pending> {
    #[cfg(target_os = "linux")]
    const END: PollFlags = PollFlags::RDHUP;
    #[cfg(not(target_os = "linux"))]
    const END: PollFlags = PollFlags::HUP;
    let mut asked = [PollFd::new(tcp, PollFlags::IN | END)];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    rustix::event::poll(&mut asked, Some(&now)).ok()?;
    let found = asked[0].revents();
    Some(match () {
        () if found.is_empty() => Pending::Nothing,
        () if found.intersects(END | PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) => Pending::Closed,
        () => Pending::Bytes,
    })
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
            Self::Nested(tls) => Pin::new(tls).poll_read(cx, buf),
            Self::Memory(pipe) => {
                let room = buf.remaining();
                pipe.poll_read(cx, buf, room).map(|_| Ok(()))
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
            Self::Nested(tls) => Pin::new(tls).poll_write(cx, buf),
            Self::Memory(pipe) => Poll::Ready(Ok(pipe.write(buf))),
        }
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Self::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
            Self::Nested(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
            Self::Memory(pipe) => Poll::Ready(Ok(bufs.iter().map(|buf| pipe.write(buf)).sum())),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(tls) => Pin::new(tls).poll_flush(cx),
            Self::Nested(tls) => Pin::new(tls).poll_flush(cx),
            Self::Memory(pipe) => {
                pipe.flush();
                Poll::Ready(Ok(()))
            }
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
            Self::Nested(tls) => Pin::new(tls).poll_shutdown(cx),
            Self::Memory(_) => Poll::Ready(Ok(())),
        }
    }
}

/// Appends received bytes to the buffer. Returns 0 at the stream's end, even if TLS wasn't closed properly.
pub(crate) async fn read_some(stream: &mut (impl AsyncRead + Unpin), buffer: &mut BytesMut) -> io::Result<usize> {
    match stream.read_buf(buffer).await {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
        other => other,
    }
}

/// The error for a connection that ended while a response was awaited.
pub(crate) fn unanswered() -> HttpError {
    HttpError::reset("the server closed the connection before it answered").came("closed before the response")
}

/// The error for a connection that broke within an exchange.
pub(crate) fn broken(error: &io::Error) -> HttpError {
    if let Some(error) = tls_words::broken_connection(error) {
        return error;
    }
    match error.kind() {
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted | io::ErrorKind::NotConnected => {
            HttpError::reset("the connection was reset by the server").came("connection reset")
        }
        _ => {
            let word = crate::http::message::words::of_io(error);
            HttpError::reset(format!("the connection broke: {word}")).came(word)
        }
    }
}
