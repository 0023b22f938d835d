//! What an error of HTTP/2 means: in a tester's words, and for sending the request again.

use std::io::ErrorKind;

use super::resend::{Fate, LostRequest};
use crate::http::io::stream::unanswered;
use crate::http::message::failure::HttpError;
use crate::http::message::words;

/// A request that got no response.
pub(super) fn lost(error: &h2::Error) -> LostRequest {
    let fate = match error {
        // RFC 9113, 8.7: the server closes the connection and the request is after the last one that it processes, or it refuses the
        // request's stream.
        _ if error.is_remote() && (error.is_go_away() || error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM)) => {
            Fate::Unprocessed
        }
        // The connection isn't lost: the server ended the request, and that is its answer.
        _ if error.is_remote() && error.is_reset() => Fate::Answered,
        _ => Fate::Unknown,
    };
    LostRequest { failure: failure(error), fate }
}

/// The error in a tester's words.
pub(super) fn failure(error: &h2::Error) -> HttpError {
    match error.get_io() {
        // The form in which h2 reports the end of a connection.
        Some(io) if io.kind() == ErrorKind::BrokenPipe => return unanswered(),
        Some(_) => return HttpError::reset(words::of_h2_error(error)),
        None => {}
    }
    match error.reason() {
        None => HttpError::protocol("the request can't be sent over HTTP/2"),
        Some(_) if error.is_remote() => HttpError::reset(words::of_h2_error(error)),
        Some(_) => HttpError::protocol(words::of_h2_error(error)),
    }
}
