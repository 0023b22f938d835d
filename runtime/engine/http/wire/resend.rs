//! Decides whether a lost request is sent again. One rule applies to all versions of HTTP and to every hop, directly and through proxies.
//!
//! A request is sent again only if it was lost on a reused connection before any byte of an answer came, because a server may close an idle
//! connection at any time. A request that the server may have processed is sent again only once, and only if its method is idempotent (RFC
//! 9110, 9.2.2). A request that was certainly not processed (RFC 9113, 8.7) may be sent again until the step's timeout.

use crate::http::message::Method;
use crate::http::message::failure::HttpError;

/// What the server may have done with a lost request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It began to answer.
    Answered,
    /// No answer came, so it may have processed the request.
    Unknown,
    /// It didn't process the request: the protocol guarantees it, or no byte could be written.
    Unprocessed,
}

/// A request without a response.
#[derive(Debug)]
pub(crate) struct LostRequest {
    pub(crate) failure: HttpError,
    pub(crate) fate: Fate,
}

impl LostRequest {
    /// A failure before the request could be sent, or within its answer. The request isn't sent again.
    pub(crate) fn for_good(failure: HttpError) -> Self {
        Self { failure, fate: Fate::Answered }
    }
}

/// Applies the rule to one request.
#[derive(Debug)]
pub(crate) struct Rule<'r> {
    method: &'r Method,
    /// Whether the api allows it: false with `resend off`.
    allowed: bool,
    /// Whether it was already sent again although the server may have processed it.
    repeated: bool,
}

impl<'r> Rule<'r> {
    pub(crate) fn new(method: &'r Method, allowed: bool) -> Self {
        Self { method, allowed, repeated: false }
    }

    /// Decides about a request that was lost on a reused or new connection. `written` tells whether any byte of it was sent.
    ///
    /// # Errors
    /// The request's failure, with the reason why it isn't sent again.
    pub(crate) fn again(&mut self, lost: LostRequest, reused: bool, written: bool) -> Result<(), HttpError> {
        let LostRequest { mut failure, fate } = lost;
        if fate == Fate::Answered {
            return Err(failure);
        }
        let why = if !reused {
            "it isn't sent again because the connection was new".to_owned()
        } else if !written {
            return Ok(());
        } else if !self.allowed {
            "it isn't sent again because the api says `resend off`".to_owned()
        } else if fate == Fate::Unprocessed {
            return Ok(());
        } else if !self.method.is_idempotent() {
            format!("a {} isn't sent again because the server may have processed it", self.method.as_str())
        } else if self.repeated {
            "it isn't sent a third time".to_owned()
        } else {
            self.repeated = true;
            return Ok(());
        };
        failure.message = format!("{}; {why}", failure.message);
        Err(failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(method: &str, allowed: bool, losses: &[(Fate, bool, bool)]) -> Result<(), String> {
        let method = Method::from_name(method);
        let mut rule = Rule::new(&method, allowed);
        losses.iter().try_for_each(|&(fate, reused, written)| {
            rule.again(LostRequest { failure: HttpError::reset("lost"), fate }, reused, written).map_err(|failure| failure.message)
        })
    }

    #[test]
    fn lost_request_is_sent_again_as_rfc_9110_allows() {
        let unknown = (Fate::Unknown, true, true);
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"] {
            assert_eq!(judge(method, true, &[unknown]), Ok(()), "{method}");
            assert_eq!(judge(method, true, &[unknown, unknown]), Err("lost; it isn't sent a third time".into()), "{method}");
        }
        for method in ["POST", "PATCH", "CONNECT", "QUERY"] {
            let why = format!("lost; a {method} isn't sent again because the server may have processed it");
            assert_eq!(judge(method, true, &[unknown]), Err(why));
        }
        let refused = (Fate::Unprocessed, true, true);
        assert_eq!(judge("POST", true, &[refused; 9]), Ok(()));
        assert_eq!(judge("GET", true, &[unknown, refused, refused]), Ok(()));
        for fate in [Fate::Unknown, Fate::Unprocessed] {
            let new = "lost; it isn't sent again because the connection was new";
            assert_eq!(judge("GET", true, &[(fate, false, true)]), Err(new.into()));
            let off = "lost; it isn't sent again because the api says `resend off`";
            assert_eq!(judge("GET", false, &[(fate, true, true)]), Err(off.into()));
        }
        assert_eq!(judge("POST", false, &[(Fate::Unprocessed, true, false)]), Ok(()), "nothing of it was sent");
        assert_eq!(judge("GET", true, &[(Fate::Answered, true, true)]), Err("lost".into()));
    }
}
