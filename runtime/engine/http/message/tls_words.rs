//! What went wrong with TLS, in a tester's words: what it is, and what to do about it. No text of a library and no name of a type is shown,
//! so that a message reads the same whatever version of rustls is linked.

use std::io;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InconsistentKeys, InvalidMessage, PeerIncompatible};

use super::failure::HttpError;
use super::words;
use crate::stats::FailureClass;

/// Why there is no TLS to this host; without a host, why a connection that was encrypted broke.
pub(crate) fn failure(error: &io::Error, host: &str) -> HttpError {
    let (of, with) = if host.is_empty() { (String::new(), String::new()) } else { (format!(" of {host}"), format!(" with {host}")) };
    let message = match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(why)) => format!("the certificate{of} is not trusted: {}", distrust(why)),
        Some(Error::AlertReceived(alert)) => format!("the TLS handshake{with} was refused by the server: {}", refusal(*alert)),
        Some(other) => format!("the TLS handshake{with} failed: {}", broken(other)),
        None if error.kind() == io::ErrorKind::UnexpectedEof => format!("the TLS handshake{with} failed: the server closed the connection"),
        None => format!("the TLS handshake{with} failed: {}", words::of_io(error)),
    };
    let kind = match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(_)) => "certificate not trusted",
        Some(Error::AlertReceived(_)) => "handshake refused",
        _ => "handshake failed",
    };
    HttpError::new(FailureClass::Tls, message).came(kind)
}

/// Why a certificate isn't trusted.
pub(in crate::http) fn distrust(why: &CertificateError) -> String {
    use CertificateError as C;
    match why {
        C::UnknownIssuer => "unknown issuer: give the authority that signed it as `tls.ca` in the environment".into(),
        C::Expired => "it has expired: renew it".into(),
        C::ExpiredContext { time, not_after } => format!("it expired on {} (here it is {}): renew it", day(*not_after), day(*time)),
        C::NotValidYet => "it is not valid yet: check the clocks of both machines".into(),
        C::NotValidYetContext { time, not_before } => {
            format!("it is not valid before {} (here it is {}): check the clocks of both machines", day(*not_before), day(*time))
        }
        C::NotValidForName => "it is for another name: set `tls.server_name` to the name in it".into(),
        C::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "it names no host in `subjectAltName`, and its common name doesn't count: make one with the host's name in it".into()
        }
        C::NotValidForNameContext { presented, .. } => {
            format!("it is for another name ({}): set `tls.server_name` to one of them", names(presented))
        }
        C::Revoked => "it was revoked: the server needs a new one".into(),
        C::BadSignature => "its signature is wrong: it was changed, or the authority in `tls.ca` has the same name as the right one".into(),
        C::BadEncoding => "it can't be read: it is no X.509 certificate of version 3".into(),
        C::UnhandledCriticalExtension => "it demands an extension that isn't known here".into(),
        C::UnknownRevocationStatus => "it isn't known whether it was revoked".into(),
        C::ExpiredRevocationList | C::ExpiredRevocationListContext { .. } => "the list of revoked certificates is out of date".into(),
        C::UnsupportedSignatureAlgorithmContext { .. } | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "it is signed in a way that is no longer trusted, such as SHA-1: make one that is signed with SHA-256".into()
        }
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            "it is not for servers: its `extendedKeyUsage` has to have `serverAuth`".into()
        }
        C::InvalidOcspResponse => "the proof that it isn't revoked can't be read".into(),
        C::ApplicationVerificationFailure => "it was refused".into(),
        C::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            Some(why) => path(why).into(),
            None => OTHER_CERTIFICATE.into(),
        },
        // The last is a name that is no longer used; what comes with a later version of the library is not known here.
        _ => OTHER_CERTIFICATE.into(),
    }
}

const OTHER_CERTIFICATE: &str = "it doesn't hold what a server's certificate has to (`openssl x509 -text` shows what is in it)";

/// Why no chain leads from the certificate to an authority that is trusted.
fn path(why: &webpki::Error) -> &'static str {
    use webpki::Error as E;
    match why {
        E::CaUsedAsEndEntity => {
            "it is an authority's own, which only authorities show: give it as `tls.ca` in the environment, or make one with `CA:FALSE`"
        }
        E::EndEntityUsedAsCa => "what signed it is no authority: give the authority as `tls.ca` in the environment",
        E::UnsupportedCertVersion => "it is of an old version of X.509: make one of version 3",
        E::NameConstraintViolation => "the authority that signed it may not sign for this name",
        E::PathLenConstraintViolated
        | E::MaximumPathDepthExceeded
        | E::MaximumPathBuildCallsExceeded
        | E::MaximumSignatureChecksExceeded
        | E::MaximumNameConstraintComparisonsExceeded => "too many authorities stand between it and one that is trusted",
        E::CertDistrusted => "it was declared to be not trusted",
        E::InvalidCertValidity => "it ends before it begins",
        E::EmptyEkuExtension => "it is for no purpose at all: its `extendedKeyUsage` is empty",
        E::SignatureAlgorithmMismatch | E::InvalidSignatureForPublicKey => "its signature is wrong",
        E::BadDer
        | E::BadDerTime
        | E::ExtensionValueInvalid
        | E::InvalidSerialNumber
        | E::MalformedDnsIdentifier
        | E::MalformedExtensions
        | E::MalformedNameConstraint
        | E::InvalidNetworkMaskConstraint
        | E::TrailingData(_) => "it can't be read: it is damaged, or was made by a program with a fault",
        _ => OTHER_CERTIFICATE,
    }
}

/// What the server means by an alert (RFC 8446, 6.2).
pub(in crate::http) fn refusal(alert: AlertDescription) -> String {
    use AlertDescription as A;
    let text = match alert {
        A::CloseNotify | A::UserCanceled => "it ended the handshake",
        A::HandshakeFailure | A::InsufficientSecurity => {
            "there is no cipher, no key exchange or no certificate that both sides take (it may want a client certificate: `tls.cert`, `tls.key`)"
        }
        A::CertificateRequired | A::NoCertificate => "it wants a client certificate: set `tls.cert` and `tls.key` in the environment",
        A::BadCertificate | A::UnsupportedCertificate | A::CertificateUnknown => "it doesn't take the client certificate of `tls.cert`",
        A::CertificateRevoked => "the client certificate of `tls.cert` was revoked",
        A::CertificateExpired => "the client certificate of `tls.cert` has expired",
        A::UnknownCA => "it doesn't know the authority that signed the client certificate of `tls.cert`",
        A::AccessDenied => "the client may not connect: check the client certificate of `tls.cert`",
        A::ProtocolVersion => "it speaks neither TLS 1.2 nor TLS 1.3",
        A::UnrecognisedName => "it has no certificate for this name: check the url, or set `tls.server_name`",
        A::NoApplicationProtocol => {
            "it speaks none of the protocols that were offered: set `http2: false` in the environment, or leave it out"
        }
        A::InternalError => "it failed within (the server's own log says why)",
        A::BadRecordMac | A::DecryptionFailed | A::DecryptError => {
            "it can't decrypt what it was sent: something between may change the data"
        }
        A::UnexpectedMessage
        | A::RecordOverflow
        | A::DecompressionFailure
        | A::IllegalParameter
        | A::DecodeError
        | A::MissingExtension
        | A::UnsupportedExtension
        | A::CertificateUnobtainable
        | A::BadCertificateStatusResponse
        | A::BadCertificateHashValue => "it doesn't understand the handshake",
        A::ExportRestriction | A::InappropriateFallback | A::NoRenegotiation => "it doesn't allow what was asked of it",
        A::UnknownPSKIdentity | A::EncryptedClientHelloRequired => "it wants a secret that isn't known here",
        other => return format!("it sent the TLS alert {}", u8::from(other)),
    };
    text.into()
}

/// What broke a handshake, or an encrypted connection.
pub(in crate::http) fn broken(error: &Error) -> String {
    let text = match error {
        Error::InvalidMessage(message) => return unreadable(message).into(),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => "the server sent a message out of its order",
        Error::InvalidEncryptedClientHello(_) => "the server wants its name to be encrypted, which isn't supported",
        Error::NoCertificatesPresented => "the server showed no certificate",
        Error::UnsupportedNameType => "the host is no name that can be asked for: set `tls.server_name`",
        Error::DecryptError | Error::EncryptError => "the data can't be decrypted: something between may have changed it",
        Error::PeerIncompatible(why) => incompatible(why),
        Error::PeerMisbehaved(_) => "the server broke the rules of TLS: its TLS library, or something between, has a fault",
        Error::AlertReceived(alert) => return refusal(*alert),
        Error::InvalidCertificate(why) => return distrust(why),
        Error::InvalidCertRevocationList(_) => "the list of revoked certificates can't be used",
        Error::FailedToGetCurrentTime => "this machine doesn't know the time",
        Error::FailedToGetRandomBytes => "this machine gives no random numbers",
        Error::HandshakeNotComplete => "it wasn't complete",
        Error::PeerSentOversizedRecord => "the server sent more at a time than TLS allows",
        Error::NoApplicationProtocol => "the server speaks none of the protocols that were offered: set `http2: false` in the environment",
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => "the key of `tls.key` doesn't belong to the certificate of `tls.cert`",
        Error::InconsistentKeys(_) => "the key of `tls.key` can't be compared with the certificate of `tls.cert`",
        _ => "something is wrong that TLS has no word for",
    };
    text.into()
}

/// Bytes that are no message of TLS: mostly, the server doesn't speak it at all.
fn unreadable(message: &InvalidMessage) -> &'static str {
    match message {
        InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge => {
            "the server's certificates are larger than is taken: leave out of its chain what isn't needed"
        }
        _ => "the server doesn't speak TLS there",
    }
}

fn incompatible(why: &PeerIncompatible) -> &'static str {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => "the server speaks neither TLS 1.2 nor TLS 1.3",
        PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon | PeerIncompatible::NoSignatureSchemesInCommon => {
            "no way to sign is known to both sides: the key of `tls.key` may be of a kind that the server doesn't take"
        }
        PeerIncompatible::ServerRejectedEncryptedClientHello(_) => "the server wants its name to be encrypted, which isn't supported",
        _ => "there is no cipher or key exchange that both sides take",
    }
}

/// Why certificates or keys that were given can't be used.
pub(in crate::http) fn unusable(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(why) => distrust(why),
        Error::General(_) => "the key is of no kind that is known: RSA of 2048 bits or more, ECDSA (P-256, P-384) and Ed25519 are".into(),
        other => broken(other),
    }
}

/// Why a PEM file can't be read.
pub(in crate::http) fn pem(error: &rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error as E;
    match error {
        E::MissingSectionEnd { .. } => "a `-----BEGIN …-----` has no `-----END …-----`".into(),
        E::IllegalSectionStart { .. } => "a line that begins with `-----BEGIN` doesn't end in `-----`".into(),
        E::Base64Decode(_) => "what stands between `-----BEGIN …-----` and `-----END …-----` is no base64".into(),
        E::Io(error) => words::of_io(error),
        E::NoItemsFound => "nothing of that kind is in it".into(),
        _ => "it is no PEM file".into(),
    }
}

/// A few of the names that a certificate is for. As rustls gives them they may be wrapped, `DnsName("a")`: what is quoted is the name.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| match (name.find('"'), name.rfind('"')) {
        (Some(first), Some(last)) if first < last => name[first + 1..last].to_owned(),
        _ => match (name.find('('), name.rfind(')')) {
            (Some(open), Some(close)) if open < close => name[open + 1..close].to_owned(),
            _ => name.clone(),
        },
    };
    let mut shown: Vec<String> = presented.iter().take(3).map(bare).collect();
    if presented.len() > shown.len() {
        shown.push("…".into());
    }
    shown.join(", ")
}

fn day(time: UnixTime) -> String {
    let second = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(second).map_or_else(|_| "a day out of reach".into(), |time| time.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
#[path = "../tests/tls_words.rs"]
mod tests;
