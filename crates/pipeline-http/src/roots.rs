//! The certificate roots that are trusted.
//!
//! Decided here: where they come from. Those of AWS_CA_BUNDLE are always added. The others come from
//! SSL_CERT_FILE and SSL_CERT_DIR, or else from the system, or else (in an empty container) from the
//! program itself. Never here: how a certificate is verified.

use std::path::PathBuf;

use base64::Engine;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::{self, PemObject};

/// Why TLS connections cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RootsError {
    #[error("cannot read the certificates in {path} (from {variable})")]
    Read {
        variable: &'static str,
        path: PathBuf,
        source: pem::Error,
    },
    #[error("{path} (from {variable}) does not contain a certificate")]
    Empty {
        variable: &'static str,
        path: PathBuf,
    },
    #[error("cannot read the certificate roots named by SSL_CERT_FILE or SSL_CERT_DIR")]
    System { source: rustls_native_certs::Error },
    #[error("cannot set up TLS")]
    Tls { source: rustls::Error },
    #[error("cannot set up the HTTP client")]
    Client {
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RootsError {
    pub(crate) fn client(source: reqwest::Error) -> Self {
        Self::Client {
            source: source.into(),
        }
    }

    pub(crate) fn context(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Client {
            source: source.into(),
        }
    }
}

pub(crate) fn load() -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let mut roots = match named("AWS_CA_BUNDLE") {
        Some(path) => bundle("AWS_CA_BUNDLE", path)?,
        None => Vec::new(),
    };
    let system = rustls_native_certs::load_native_certs();
    let is_named = named("SSL_CERT_FILE").is_some() || named("SSL_CERT_DIR").is_some();
    if system.certs.is_empty() && is_named {
        return match system.errors.into_iter().next() {
            Some(source) => Err(RootsError::System { source }),
            None => Err(RootsError::Empty {
                variable: "SSL_CERT_FILE",
                path: named("SSL_CERT_FILE")
                    .or_else(|| named("SSL_CERT_DIR"))
                    .unwrap_or_default(),
            }),
        };
    }
    roots.extend(system.certs);
    if roots.is_empty() {
        roots.extend(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    }
    Ok(roots)
}

/// The roots as one PEM text, which the AWS SDK's client accepts.
pub(crate) fn pem(roots: &[CertificateDer<'static>]) -> Vec<u8> {
    let mut text = String::new();
    for root in roots {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let body = base64::engine::general_purpose::STANDARD.encode(root);
        for line in body.as_bytes().chunks(64) {
            text.extend(line.iter().map(|b| char::from(*b)));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text.into_bytes()
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .filter(|v| !v.is_empty())
        .map(PathBuf::from)
}

fn bundle(
    variable: &'static str,
    path: PathBuf,
) -> Result<Vec<CertificateDer<'static>>, RootsError> {
    let read = |source| RootsError::Read {
        variable,
        path: path.clone(),
        source,
    };
    let certificates = CertificateDer::pem_file_iter(&path).map_err(read)?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(read)?;
    if certificates.is_empty() {
        return Err(RootsError::Empty { variable, path });
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    use super::{RootsError, bundle, pem};

    #[test]
    fn pem_contains_the_same_certificates() {
        let roots = &webpki_root_certs::TLS_SERVER_ROOT_CERTS[..3];
        let read: Vec<_> = CertificateDer::pem_slice_iter(&pem(roots))
            .collect::<Result<_, _>>()
            .expect("our own PEM");
        assert_eq!(read, roots);
    }

    #[test]
    fn a_named_bundle_must_exist_and_contain_a_certificate() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        assert!(matches!(
            bundle("AWS_CA_BUNDLE", path.clone()),
            Err(RootsError::Read { .. })
        ));
        std::fs::write(&path, "no certificate").expect("written");
        assert!(matches!(
            bundle("AWS_CA_BUNDLE", path),
            Err(RootsError::Empty { .. })
        ));
    }
}
