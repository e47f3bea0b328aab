//! From a database URL to a connection's settings: TLS by `sslmode`, up to `verify-full`.

mod distrust;

use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, Der, ServerName, TrustAnchor, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

pub use distrust::Distrust;

use super::{CONNECT_TIMEOUT, Error};

/// The roots of Amazon RDS in every region (AWS, Using SSL/TLS to encrypt a connection to a DB instance): what `build.rs` took out
/// of `rds-roots.pem`.
const RDS_ROOTS: &[TrustAnchor<'_>] = include!(concat!(env!("OUT_DIR"), "/rds_anchors.rs"));

/// Settings and TLS connector of a URL.
///
/// `sslmode` is read as libpq does (`disable`, `prefer`, `require` check no certificate; `verify-full` checks it and
/// the host name), with one difference: `verify-ca` is as strict as `verify-full`.
pub(super) fn connection(
    url: &str,
    ca_file: Option<&str>,
) -> Result<(tokio_postgres::Config, MakeRustlsConnect), Error> {
    let (url, verified) = without_verify(url);
    let mut config: tokio_postgres::Config = url.parse().map_err(|_| Error::Url("is not a Postgres URL".into()))?;
    if config.get_hosts().is_empty() {
        return Err(Error::Url("names no host".into()));
    }
    config.connect_timeout(CONNECT_TIMEOUT).keepalives_idle(Duration::from_secs(30));
    if config.get_application_name().is_none() {
        config.application_name("track-ai");
    }
    if verified {
        config.ssl_mode(SslMode::Require);
    }
    Ok((config, MakeRustlsConnect::new(client_config(verified, ca_file)?)))
}

/// tokio-postgres knows no `verify-*`: takes the parameter out of the URL's text, and tells whether to verify. The rest
/// stays to the letter, for decoding and encoding it again would change it.
fn without_verify(url: &str) -> (String, bool) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), false) };
    let (verify, kept): (Vec<&str>, Vec<&str>) = query.split('&').partition(|it| it.starts_with("sslmode=verify-"));
    if kept.is_empty() {
        return (base.to_owned(), !verify.is_empty());
    }
    (format!("{base}?{}", kept.join("&")), !verify.is_empty())
}

fn client_config(verified: bool, ca_file: Option<&str>) -> Result<ClientConfig, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Url(error.to_string()))?;
    if verified {
        return Ok(builder.with_root_certificates(roots(ca_file)?).with_no_client_auth());
    }
    let unverified = Arc::new(Unverified(provider));
    Ok(builder.dangerous().with_custom_certificate_verifier(unverified).with_no_client_auth())
}

fn roots(ca_file: Option<&str>) -> Result<RootCertStore, Error> {
    let Some(path) = ca_file else {
        return Ok(default_roots());
    };
    let unreadable = |error: rustls::pki_types::pem::Error| Error::Url(format!("DB_CA_FILE {path}: {error}"));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
        let added = roots.add(certificate.map_err(unreadable)?);
        added.map_err(|error| Error::Url(format!("DB_CA_FILE {path}: {error}")))?;
    }
    if roots.is_empty() {
        return Err(Error::Url(format!("DB_CA_FILE {path} holds no certificate")));
    }
    Ok(roots)
}

/// RDS and Aurora sign with authorities of their own, which no system knows; other hosts with public ones.
fn default_roots() -> RootCertStore {
    webpki_roots::TLS_SERVER_ROOTS.iter().chain(RDS_ROOTS).cloned().collect()
}

/// What `require` and `prefer` mean by libpq: encrypted, and whoever answers is believed.
#[derive(Debug)]
struct Unverified(Arc<CryptoProvider>);

impl ServerCertVerifier for Unverified {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_full_is_taken_out_and_kept_in_mind_and_the_rest_stays_to_the_letter() {
        let cases = [
            (
                "postgres://u:p%40@h/d?sslmode=verify-full&application_name=x",
                "postgres://u:p%40@h/d?application_name=x",
                true,
            ),
            ("postgres://h/d?options=-c%20a%3D1&sslmode=verify-ca", "postgres://h/d?options=-c%20a%3D1", true),
            ("postgres://h/d?sslmode=verify-full", "postgres://h/d", true),
            ("postgres://h/d?sslmode=require", "postgres://h/d?sslmode=require", false),
        ];
        for (url, kept, verified) in cases {
            assert_eq!(without_verify(url), (kept.to_owned(), verified));
        }
        assert!(connection("postgres://u:p@h/d?sslmode=verify-full", None).is_ok());
    }

    #[test]
    fn every_certificate_of_the_rds_bundle_is_trusted_beside_the_public_ones() {
        let mut bundle = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(include_bytes!("rds-roots.pem")) {
            bundle.add(certificate.unwrap()).unwrap();
        }
        let all = default_roots();
        let (public, rds) = all.roots.split_at(webpki_roots::TLS_SERVER_ROOTS.len());
        assert_eq!(public, webpki_roots::TLS_SERVER_ROOTS);
        assert_eq!(rds, bundle.roots);
        assert_eq!(rds.len(), 87);
    }

    #[test]
    fn a_url_that_cannot_be_read_is_an_error_that_does_not_show_it() {
        for url in ["", "hunter2", "http://hunter2", "postgres://h/d?sslmode=hunter2"] {
            let Err(error) = connection(url, None) else { panic!("{url}") };
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
