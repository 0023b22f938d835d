//! Why no response came.

use ecow::EcoString;

use super::partial::Partial;
use super::traffic::Traffic;
use crate::stats::FailureClass;

/// Why no response came, in a tester's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    /// What kind of failure it is.
    pub class: FailureClass,
    /// What happened, in a few fixed words by which reports group failures: `connection refused`.
    pub kind: EcoString,
    /// What happened.
    pub message: String,
    /// What the exchange had moved by then, with all of its hops and resends.
    pub traffic: Box<Traffic>,
    /// The head of an answer that never was whole.
    pub partial: Option<Box<Partial>>,
}

impl HttpError {
    pub(crate) fn new(class: FailureClass, message: impl Into<String>) -> Self {
        // What came where no more is known.
        let kind = match class {
            FailureClass::Connect => "no connection",
            FailureClass::Dns => "no address",
            FailureClass::Tls => "no handshake",
            FailureClass::Timeout => "no answer",
            FailureClass::Reset => "connection lost",
            FailureClass::Protocol => "broken answer",
            _ => "no value",
        };
        Self { class, kind: kind.into(), message: message.into(), traffic: Box::default(), partial: None }
    }

    /// The same, distinguished from others of its class by what happened: a few fixed words, or the system's.
    pub(crate) fn came(self, kind: impl Into<EcoString>) -> Self {
        Self { kind: kind.into(), ..self }
    }

    /// Of an exchange that had moved this much.
    pub(crate) fn after(self, traffic: Traffic) -> Self {
        Self { traffic: Box::new(traffic), ..self }
    }

    /// What had come of the answer by then.
    pub(crate) fn with(self, partial: Option<Box<Partial>>) -> Self {
        Self { partial, ..self }
    }

    pub(crate) fn protocol(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Protocol, message)
    }

    pub(crate) fn reset(message: impl Into<String>) -> Self {
        Self::new(FailureClass::Reset, message)
    }
}
