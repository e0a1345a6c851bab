//! Whom we believe when a server shows a certificate: the system's authorities and those that are given.

use std::path::Path;

use bbsec_core::{Exit, Failure};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};

/// The system's authorities and those in a PEM file.
pub(super) fn authorities(file: Option<&Path>) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let mut all = rustls_native_certs::load_native_certs().certs;
    if let Some(file) = file {
        let bad = |error: rustls::pki_types::pem::Error| {
            Failure::because(format!("cannot read the certificates in {}", file.display()), error)
                .exit(Exit::Usage)
                .help("give a PEM file with one or more certificates of authorities")
        };
        let before = all.len();
        for certificate in CertificateDer::pem_file_iter(file).map_err(bad)? {
            all.push(certificate.map_err(bad)?);
        }
        if all.len() == before {
            return Err(Failure::new(Exit::Usage, format!("{} holds no certificate", file.display())));
        }
    }
    Ok(all)
}

/// A client that checks certificates.
pub(super) fn client(file: Option<&Path>) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities(file)?);
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::because("TLS cannot be set up", error))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
