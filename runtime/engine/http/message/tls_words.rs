//! TLS errors in a tester's words: the problem and its fix. Messages contain no text of a library and no name of a type, so that they are
//! the same for every version of rustls.

use std::io;

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InconsistentKeys, InvalidMessage, PeerIncompatible};

use super::failure::HttpError;
use super::words;
use crate::stats::FailureClass;

/// Why the TLS handshake with this host failed.
pub(crate) fn failure(error: &io::Error, host: &str) -> HttpError {
    let (kind, message) = match of_tls(error) {
        Some(Error::InvalidCertificate(why)) => {
            ("certificate not trusted", format!("the certificate of {host} is not trusted: {}", distrust(why)))
        }
        Some(Error::AlertReceived(alert)) => {
            ("handshake refused", format!("the TLS handshake with {host} was refused by the server: {}", refusal(*alert)))
        }
        Some(other) => ("handshake failed", format!("the TLS handshake with {host} failed: {}", broken(other))),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            ("handshake failed", format!("the TLS handshake with {host} failed: the server closed the connection"))
        }
        None => ("handshake failed", format!("the TLS handshake with {host} failed: {}", overflow(error).unwrap_or(words::of_io(error)))),
    };
    HttpError::new(FailureClass::Tls, message).came(kind)
}

/// Why a connection broke after its handshake, if TLS is the reason. A server judges a client's certificate after the handshake, too.
pub(crate) fn broken_connection(error: &io::Error) -> Option<HttpError> {
    let (kind, message) = match of_tls(error) {
        Some(Error::AlertReceived(alert)) => {
            ("handshake refused", format!("the TLS handshake was refused by the server: {}", refusal(*alert)))
        }
        Some(other) => ("TLS broken", format!("the TLS connection broke: {}", broken(other))),
        None => ("TLS broken", format!("the TLS connection broke: {}", overflow(error)?)),
    };
    Some(HttpError::new(FailureClass::Tls, message).came(kind))
}

fn of_tls(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// What a server did that sends more messages of TLS than the library stores. Only this error about data is not one of the library's own type.
fn overflow(error: &io::Error) -> Option<String> {
    (error.kind() == io::ErrorKind::InvalidData)
        .then(|| "the server sent too many TLS messages without data, such as session tickets".to_owned())
}

/// Why a certificate isn't trusted.
pub(in crate::http) fn distrust(why: &CertificateError) -> String {
    use CertificateError as C;
    match why {
        C::UnknownIssuer => "unknown issuer: set the authority that signed it as `tls.ca` in the environment".into(),
        C::Expired => "it has expired: renew it".into(),
        C::ExpiredContext { time, not_after } => format!("it expired on {} (here it is {}): renew it", day(*not_after), day(*time)),
        C::NotValidYet => "it is not valid yet: check the clocks of both machines".into(),
        C::NotValidYetContext { time, not_before } => {
            format!("it is not valid before {} (here it is {}): check the clocks of both machines", day(*not_before), day(*time))
        }
        C::NotValidForName => "it is for another name: set `tls.server_name` to the name in it".into(),
        C::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "it has no host name in `subjectAltName`, and the common name is not used: create one with the host's name there".into()
        }
        C::NotValidForNameContext { presented, .. } => {
            format!("it is for another name ({}): set `tls.server_name` to one of them", names(presented))
        }
        C::Revoked => "it was revoked: the server needs a new one".into(),
        C::BadSignature => "its signature is invalid: it was modified, or `tls.ca` is another authority of the same name".into(),
        C::BadEncoding => "it cannot be read: it is not an X.509 certificate of version 3".into(),
        C::UnhandledCriticalExtension => "it requires an extension that ltc does not support".into(),
        C::UnknownRevocationStatus => "its revocation status is unknown".into(),
        C::ExpiredRevocationList | C::ExpiredRevocationListContext { .. } => "the list of revoked certificates is out of date".into(),
        C::UnsupportedSignatureAlgorithmContext { .. } | C::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its signature algorithm is no longer trusted, as SHA-1 is not: create one signed with SHA-256".into()
        }
        C::InvalidPurpose | C::InvalidPurposeContext { .. } => {
            "it is not valid for servers: add `serverAuth` to its `extendedKeyUsage`".into()
        }
        C::InvalidOcspResponse => "its OCSP response cannot be read".into(),
        C::ApplicationVerificationFailure => "it was refused".into(),
        C::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            Some(why) => path(why).into(),
            None => OTHER_CERTIFICATE.into(),
        },
        // The last name is no longer used. Names of later versions of the library are unknown here.
        _ => OTHER_CERTIFICATE.into(),
    }
}

const OTHER_CERTIFICATE: &str = "it is not a valid server certificate (`openssl x509 -text` shows its content)";

/// Why the certificate has no chain to a trusted authority.
fn path(why: &webpki::Error) -> &'static str {
    use webpki::Error as E;
    match why {
        E::CaUsedAsEndEntity => {
            "it is the certificate of an authority: set it as `tls.ca` in the environment, or create one with `CA:FALSE`"
        }
        E::EndEntityUsedAsCa => "its issuer is not an authority: set the authority as `tls.ca` in the environment",
        E::UnsupportedCertVersion => "it has an old version of X.509: create one of version 3",
        E::NameConstraintViolation => "its authority may not sign for this name",
        E::PathLenConstraintViolated
        | E::MaximumPathDepthExceeded
        | E::MaximumPathBuildCallsExceeded
        | E::MaximumSignatureChecksExceeded
        | E::MaximumNameConstraintComparisonsExceeded => "its chain of authorities is too long",
        E::CertDistrusted => "it is explicitly distrusted",
        E::InvalidCertValidity => "it ends before it begins",
        E::EmptyEkuExtension => "its `extendedKeyUsage` is empty",
        E::SignatureAlgorithmMismatch | E::InvalidSignatureForPublicKey => "its signature is invalid",
        E::BadDer
        | E::BadDerTime
        | E::ExtensionValueInvalid
        | E::InvalidSerialNumber
        | E::MalformedDnsIdentifier
        | E::MalformedExtensions
        | E::MalformedNameConstraint
        | E::InvalidNetworkMaskConstraint
        | E::TrailingData(_) => "it cannot be read: it is damaged or malformed",
        _ => OTHER_CERTIFICATE,
    }
}

/// The meaning of a server's alert (RFC 8446, 6.2).
pub(in crate::http) fn refusal(alert: AlertDescription) -> String {
    use AlertDescription as A;
    let text = match alert {
        A::CloseNotify | A::UserCanceled => "it ended the handshake",
        A::HandshakeFailure | A::InsufficientSecurity => {
            "no cipher, key exchange or certificate is supported by both sides (the server may require a client certificate: `tls.cert`, `tls.key`)"
        }
        A::CertificateRequired | A::NoCertificate => "it requires a client certificate: set `tls.cert` and `tls.key` in the environment",
        A::BadCertificate | A::UnsupportedCertificate | A::CertificateUnknown => "it rejects the client certificate of `tls.cert`",
        A::CertificateRevoked => "the client certificate of `tls.cert` was revoked",
        A::CertificateExpired => "the client certificate of `tls.cert` has expired",
        A::UnknownCA => "it does not trust the authority that signed the client certificate of `tls.cert`",
        A::AccessDenied => "the client may not connect: check the client certificate of `tls.cert`",
        A::ProtocolVersion => "it supports neither TLS 1.2 nor TLS 1.3",
        A::UnrecognisedName => "it has no certificate for this name: check the url, or set `tls.server_name`",
        A::NoApplicationProtocol => "it supports none of the offered protocols: set `http2: false` in the environment, or leave it out",
        A::InternalError => "an internal error (the server's log has the reason)",
        A::BadRecordMac | A::DecryptionFailed | A::DecryptError => "it cannot decrypt the data: a proxy or firewall may have modified it",
        A::UnexpectedMessage
        | A::RecordOverflow
        | A::DecompressionFailure
        | A::IllegalParameter
        | A::DecodeError
        | A::MissingExtension
        | A::UnsupportedExtension
        | A::CertificateUnobtainable
        | A::BadCertificateStatusResponse
        | A::BadCertificateHashValue => "it cannot read the handshake",
        A::ExportRestriction | A::InappropriateFallback | A::NoRenegotiation => "it does not allow this handshake",
        A::UnknownPSKIdentity | A::EncryptedClientHelloRequired => "it requires a secret that ltc does not have",
        other => return format!("it sent the TLS alert {}", u8::from(other)),
    };
    text.into()
}

/// Why a handshake or an encrypted connection broke.
pub(in crate::http) fn broken(error: &Error) -> String {
    let text = match error {
        Error::InvalidMessage(message) => return unreadable(message).into(),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => "the server sent a message out of order",
        Error::InvalidEncryptedClientHello(_) => "the server requires an encrypted client hello, which ltc does not support",
        Error::NoCertificatesPresented => "the server showed no certificate",
        Error::UnsupportedNameType => "the host is not a valid server name: set `tls.server_name`",
        Error::DecryptError | Error::EncryptError => "the data cannot be decrypted: a proxy or firewall may have modified it",
        Error::PeerIncompatible(why) => incompatible(why),
        Error::PeerMisbehaved(_) => "the server violated TLS: its TLS library, or a proxy in between, is faulty",
        Error::AlertReceived(alert) => return refusal(*alert),
        Error::InvalidCertificate(why) => return distrust(why),
        Error::InvalidCertRevocationList(_) => "the list of revoked certificates cannot be used",
        Error::FailedToGetCurrentTime => "this machine's clock cannot be read",
        Error::FailedToGetRandomBytes => "this machine has no source of random numbers",
        Error::HandshakeNotComplete => "it was not completed",
        Error::PeerSentOversizedRecord => "the server sent a record larger than TLS allows",
        Error::NoApplicationProtocol => "the server supports none of the offered protocols: set `http2: false` in the environment",
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => "the key of `tls.key` does not belong to the certificate of `tls.cert`",
        Error::InconsistentKeys(_) => "the key of `tls.key` cannot be compared with the certificate of `tls.cert`",
        _ => "an unknown error of TLS",
    };
    text.into()
}

/// Why bytes aren't a message of TLS. In most cases, the server doesn't use TLS at all.
fn unreadable(message: &InvalidMessage) -> &'static str {
    match message {
        InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge => {
            "the server's certificates are too large: remove unneeded ones from its chain"
        }
        _ => "the server does not use TLS on this port",
    }
}

fn incompatible(why: &PeerIncompatible) -> &'static str {
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => "the server supports neither TLS 1.2 nor TLS 1.3",
        PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon | PeerIncompatible::NoSignatureSchemesInCommon => {
            "no signature algorithm is supported by both sides: the server may not support the kind of key of `tls.key`"
        }
        PeerIncompatible::ServerRejectedEncryptedClientHello(_) => {
            "the server requires an encrypted client hello, which ltc does not support"
        }
        _ => "no cipher or key exchange is supported by both sides",
    }
}

/// Why configured certificates or keys can't be used.
pub(in crate::http) fn unusable(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(why) => distrust(why),
        Error::General(_) => "unsupported kind of key: use RSA of 2048 bits or more, ECDSA (P-256, P-384) or Ed25519".into(),
        other => broken(other),
    }
}

/// Why a PEM file can't be read.
pub(in crate::http) fn pem(error: &rustls::pki_types::pem::Error) -> String {
    use rustls::pki_types::pem::Error as E;
    match error {
        E::MissingSectionEnd { .. } => "a `-----BEGIN …-----` has no `-----END …-----`".into(),
        E::IllegalSectionStart { .. } => "a line that begins with `-----BEGIN` does not end in `-----`".into(),
        E::Base64Decode(_) => "the text between `-----BEGIN …-----` and `-----END …-----` is not base64".into(),
        E::Io(error) => words::of_io(error),
        E::NoItemsFound => "it contains no such item".into(),
        _ => "it is not a PEM file".into(),
    }
}

/// A few of the names that a certificate is for. Rustls may wrap a name, as in `DnsName("a")`; the quoted part is the name.
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
    jiff::Timestamp::from_second(second).map_or_else(|_| "an unknown day".into(), |time| time.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
#[path = "../tests/tls_words.rs"]
mod tests;
