//! The AWS SDK's configuration: one place for region, time-outs, retries and trust.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_sqs::config::SharedCredentialsProvider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};

use crate::config::environment;

/// The roots that AWS's own endpoints chain to (Amazon Trust Services: Amazon Root CA 1 to 4 and Starfield
/// Services Root G2). Reading the system's certificates instead is most of what a cold start costs. Amazon
/// announces new roots years ahead; then add them here.
const ROOTS: &str = include_str!("roots.pem");

/// Credentials, region and endpoint from the environment, as Lambda gives them; `AWS_ENDPOINT_URL` for a local AWS.
///
/// Not `aws_config`'s default chain: its profile files, container and web identity credentials are of no use on Lambda,
/// and bring a second service client with its XML reader into each binary.
///
/// A call ends within four seconds: one attempt is cut at 1.5 s, and one retry follows.
pub fn sdk_config() -> SdkConfig {
    let mut client = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    // An error here would be a broken constant, which a test holds; the SDK's own roots still serve then.
    if let Ok(tls) = TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(ROOTS)).build() {
        client = client.tls_context(tls);
    }
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_millis(1500))
        .operation_timeout(Duration::from_secs(4))
        .build();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .region(environment("AWS_REGION").or_else(|| environment("AWS_DEFAULT_REGION")).map(Region::new))
        .http_client(client.build_https())
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(2));
    config.set_endpoint_url(environment("AWS_ENDPOINT_URL").filter(|url| !url.is_empty()));
    config.build()
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    #[test]
    fn the_five_roots_are_certificates_that_tls_takes() {
        let mut store = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(super::ROOTS.as_bytes()) {
            store.add(certificate.unwrap()).unwrap();
        }
        assert_eq!(store.len(), 5);
    }
}
