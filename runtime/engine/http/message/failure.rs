//! The error of an exchange without a response.

use ecow::EcoString;

use super::partial::Partial;
use super::traffic::Traffic;
use crate::stats::FailureClass;

/// Why no response came, in a tester's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpError {
    /// The class of the failure.
    pub class: FailureClass,
    /// A few fixed words by which reports group failures: `connection refused`.
    pub kind: EcoString,
    /// The message.
    pub message: String,
    /// The traffic of the exchange, including all hops and resends.
    pub traffic: Box<Traffic>,
    /// The head of an incomplete response.
    pub partial: Option<Box<Partial>>,
}

impl HttpError {
    pub(crate) fn new(class: FailureClass, message: impl Into<String>) -> Self {
        // The kind if nothing more specific is known.
        let kind = match class {
            FailureClass::Connect => "no connection",
            FailureClass::Dns => "no address",
            FailureClass::Tls => "no handshake",
            FailureClass::Timeout => "no response",
            FailureClass::Reset => "connection lost",
            FailureClass::Protocol => "broken response",
            _ => "no value",
        };
        Self { class, kind: kind.into(), message: message.into(), traffic: Box::default(), partial: None }
    }

    /// Sets the kind, which distinguishes failures of one class: a few fixed words, or those of the system.
    pub(crate) fn came(self, kind: impl Into<EcoString>) -> Self {
        Self { kind: kind.into(), ..self }
    }

    /// Adds the traffic of the exchange.
    pub(crate) fn after(self, traffic: Traffic) -> Self {
        Self { traffic: Box::new(traffic), ..self }
    }

    /// Adds the incomplete response.
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
