//! The certificate authority of recordings: created when needed, kept private, removed on request.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PublicKeyData as _,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest as _, Sha256};

use crate::clock;

/// The validity of certificates in days. Some systems reject certificates that are valid for longer than 398 days.
const VALID_DAYS: i64 = 300;
/// The validity of the authority in days. It is long, because users have to trust every new authority.
const AUTHORITY_DAYS: i64 = 3650;

/// A certificate authority.
#[derive(Debug)]
pub struct Authority {
    /// Its certificate, for clients that should trust it.
    pub certificate: PathBuf,
    der: CertificateDer<'static>,
    spki: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
    /// The TLS configuration of each host.
    hosts: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    /// Opens the authority in a folder, or creates it. Only its owner can read its key.
    ///
    /// # Errors
    /// If the folder cannot be read or written, or contains other files.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let (certificate, key_path) = (folder.join("ca.pem"), folder.join("ca.key"));
        let pair = match (fs::read_to_string(&key_path), certificate.is_file()) {
            (Ok(pem), true) => KeyPair::from_pem(&pem).map_err(io::Error::other)?,
            _ => create(folder, &certificate, &key_path)?,
        };
        let pem = fs::read_to_string(&certificate)?;
        let der = decode_pem(&pem).ok_or_else(|| io::Error::other(format!("{} is no certificate", certificate.display())))?;
        let spki = pair.subject_public_key_info();
        Ok(Self { certificate, der, spki, issuer: Issuer::new(parameters()?, pair), hosts: Mutex::default() })
    }

    /// Removes the authority in a folder: its certificate and key. Returns whether there was one.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn remove(folder: &Path) -> io::Result<bool> {
        let mut removed = false;
        for name in ["ca.key", "ca.pem"] {
            match fs::remove_file(folder.join(name)) {
                Ok(()) => removed = true,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }

    /// The hash of its public key, SHA-256 of the SPKI in base64. With it, Chromium can be told to trust the authority for one run.
    pub fn fingerprint(&self) -> String {
        STANDARD.encode(Sha256::digest(&self.spki))
    }

    /// The TLS configuration of a host, with a certificate that this authority has signed.
    pub(crate) fn tls(&self, host: &str) -> io::Result<Arc<ServerConfig>> {
        if let Some(known) = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get(host) {
            return Ok(Arc::clone(known));
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        // rcgen distinguishes names and addresses. An IPv6 address has no brackets here.
        let name = host.trim_matches(['[', ']']);
        let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(io::Error::other)?;
        params.distinguished_name.push(DnType::CommonName, if name.parse::<IpAddr>().is_ok() { "ltc record" } else { name });
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        validity(&mut params, VALID_DAYS);
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        let chain = vec![certificate.der().clone(), self.der.clone()];
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let config = Arc::new(config);
        self.hosts.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), Arc::clone(&config));
        Ok(config)
    }
}

/// The content of the authority's certificate. All authorities have the same name, because their keys distinguish them.
fn parameters() -> io::Result<CertificateParams> {
    let mut params = CertificateParams::new(Vec::<String>::new()).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, "ltc record (private to this user)");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    validity(&mut params, AUTHORITY_DAYS);
    Ok(params)
}

/// Sets the validity. It starts two days ago, because clocks differ.
fn validity(params: &mut CertificateParams, days: i64) {
    let now = clock::now();
    let midnight = |days| {
        let date = clock::date(now, days);
        date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = midnight(-2);
    params.not_after = midnight(days);
}

fn create(folder: &Path, certificate: &Path, key_path: &Path) -> io::Result<KeyPair> {
    fs::create_dir_all(folder)?;
    let pair = KeyPair::generate().map_err(io::Error::other)?;
    let signed = parameters()?.self_signed(&pair).map_err(io::Error::other)?;
    match fs::remove_file(key_path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(key_path)?.write_all(pair.serialize_pem().as_bytes())?;
    fs::write(certificate, signed.pem())?;
    Ok(pair)
}

fn decode_pem(pem: &str) -> Option<CertificateDer<'static>> {
    let inner = pem.split("-----BEGIN CERTIFICATE-----").nth(1)?.split("-----END").next()?;
    let encoded: String = inner.split_whitespace().collect();
    STANDARD.decode(encoded).ok().map(CertificateDer::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_made_once_and_its_key_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = Authority::open(folder.path()).unwrap();
        let second = Authority::open(folder.path()).unwrap();
        assert_eq!(first.fingerprint(), second.fingerprint());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(folder.path().join("ca.key")).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(first.tls("example.org").is_ok() && first.tls("127.0.0.1").is_ok());
        assert!(Authority::remove(folder.path()).unwrap());
        assert!(!Authority::remove(folder.path()).unwrap() && !first.certificate.exists());
    }
}
