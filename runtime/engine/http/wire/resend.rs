//! Whether a request that was lost is sent again: one rule for all versions of HTTP, for every hop, directly and through proxies.
//!
//! A request is sent again only on a connection that had been used before and was lost before any byte of an answer came: a server may
//! close an idle connection at any time. What may have been processed is sent again only if its method is idempotent (RFC 9110, 9.2.2),
//! and only once. What certainly wasn't processed (RFC 9113, 8.7) may be sent until the step's timeout.

use crate::http::message::Method;
use crate::http::message::failure::HttpError;

/// What a server may have made of a request that was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It had begun to answer.
    Answered,
    /// Nothing came back: it may have processed the request.
    Unknown,
    /// It didn't process the request: the protocol says so, or nothing of it could be written.
    Unprocessed,
}

/// Why there was no response.
#[derive(Debug)]
pub(crate) struct LostRequest {
    pub(crate) failure: HttpError,
    pub(crate) fate: Fate,
}

impl LostRequest {
    /// What went wrong before the request could be sent, or amid its answer: nothing of it is made up for.
    pub(crate) fn for_good(failure: HttpError) -> Self {
        Self { failure, fate: Fate::Answered }
    }
}

/// The rule for one request on its way.
#[derive(Debug)]
pub(crate) struct Rule<'r> {
    method: &'r Method,
    /// What the api says: `resend off` is false.
    allowed: bool,
    /// Whether it was sent again although it may have been processed.
    repeated: bool,
}

impl<'r> Rule<'r> {
    pub(crate) fn new(method: &'r Method, allowed: bool) -> Self {
        Self { method, allowed, repeated: false }
    }

    /// Agrees to a request being sent again that was lost on a connection, used before or new. `written` is whether any byte of it went
    /// out.
    ///
    /// # Errors
    /// The request's failure, which says why it isn't sent again.
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
