//! The certificate roots that are trusted.
//!
//! Decided here: where they come from. Those of AWS_CA_BUNDLE are always added. The others come from
//! SSL_CERT_FILE and SSL_CERT_DIR, or else from the system, or else (in an empty container) from the
//! program itself. Never here: how a certificate is verified.

use std::path::{Path, PathBuf};

use base64::Engine;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

use crate::ClientError;

pub(crate) fn load() -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let mut roots = match named("AWS_CA_BUNDLE") {
        Some(path) => bundle("AWS_CA_BUNDLE", path)?,
        None => Vec::new(),
    };
    roots.extend(standard()?);
    if roots.is_empty() {
        roots.extend(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned());
    }
    Ok(roots)
}

/// The roots of SSL_CERT_FILE and SSL_CERT_DIR, or else of the system. A variable whose file or
/// directory does not exist is an error even if the other one is usable: who set it expects it to
/// count, and the failed handshake later would not name it.
fn standard() -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let (file, directories) = (named("SSL_CERT_FILE"), named("SSL_CERT_DIR"));
    if file.is_none() && directories.is_none() {
        return Ok(rustls_native_certs::load_native_certs().certs);
    }
    let mut roots = Vec::new();
    if let Some(file) = file {
        roots.extend(from_paths("SSL_CERT_FILE", Some(&file), None)?);
    }
    if let Some(directories) = directories {
        for directory in std::env::split_paths(&directories) {
            roots.extend(from_paths("SSL_CERT_DIR", None, Some(&directory))?);
        }
    }
    Ok(roots)
}

/// A file in which one certificate of many cannot be read is still usable, which is why the errors
/// count only if there is no certificate. A directory may be empty.
fn from_paths(
    variable: &'static str,
    file: Option<&Path>,
    directory: Option<&Path>,
) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let path = file.or(directory).unwrap_or(Path::new("")).to_owned();
    let read = |source: Box<dyn std::error::Error + Send + Sync>| ClientError::Read {
        variable,
        path: path.clone(),
        source,
    };
    if directory.is_some() {
        std::fs::read_dir(&path).map_err(|source| read(source.into()))?;
    } else {
        std::fs::File::open(&path).map_err(|source| read(source.into()))?;
    }
    let found = rustls_native_certs::load_certs_from_paths(file, directory);
    if !found.certs.is_empty() || directory.is_some() {
        return Ok(found.certs);
    }
    match found.errors.into_iter().next() {
        Some(source) => Err(read(source.into())),
        None => Err(ClientError::Empty { variable, path }),
    }
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
) -> Result<Vec<CertificateDer<'static>>, ClientError> {
    let read = |source: rustls_pki_types::pem::Error| ClientError::Read {
        variable,
        path: path.clone(),
        source: source.into(),
    };
    let certificates = CertificateDer::pem_file_iter(&path).map_err(read)?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(read)?;
    if certificates.is_empty() {
        return Err(ClientError::Empty { variable, path });
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject;

    use super::{bundle, from_paths, pem};
    use crate::ClientError;

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
            Err(ClientError::Read { .. })
        ));
        std::fs::write(&path, "no certificate").expect("written");
        assert!(matches!(
            bundle("AWS_CA_BUNDLE", path),
            Err(ClientError::Empty { .. })
        ));
    }
    #[test]
    fn a_named_file_or_directory_must_exist() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("missing");
        for (file, directory) in [(Some(&*missing), None), (None, Some(&*missing))] {
            let error = from_paths("SSL_CERT_FILE", file, directory).expect_err("missing");
            let message = error.to_string();
            assert!(message.contains("missing (SSL_CERT_FILE)"), "{message}");
        }
        let found = from_paths("SSL_CERT_DIR", None, Some(folder.path()));
        assert_eq!(found.expect("an empty directory is usable").len(), 0);
        let path = folder.path().join("empty.pem");
        std::fs::write(&path, "no certificate").expect("written");
        assert!(matches!(
            from_paths("SSL_CERT_FILE", Some(&path), None),
            Err(ClientError::Empty { .. })
        ));
    }
}
