//! A certificate authority of a test's own, made anew each time: nothing with a date that ends is kept.

use anyhow::Result;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use time::{Duration, OffsetDateTime};

/// A server's certificate with its key, both as PEM.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

/// An authority that signs servers' certificates.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// An authority of this name, good for a day before and after now.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = around_now(CertificateParams::new(Vec::new())?);
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Ok(Self(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?))
    }

    /// Its own certificate as PEM: what `DB_CA_FILE` holds.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for a host name, good now.
    pub fn certificate(&self, host: &str) -> Result<Certificate> {
        self.sign(around_now(CertificateParams::new(vec![host.to_owned()])?))
    }

    /// A certificate for a host name whose time was over an hour ago.
    pub fn expired(&self, host: &str) -> Result<Certificate> {
        let mut params = around_now(CertificateParams::new(vec![host.to_owned()])?);
        params.not_after = OffsetDateTime::now_utc() - Duration::HOUR;
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Result<Certificate> {
        let key = KeyPair::generate()?;
        Ok(Certificate { certificate: params.signed_by(&key, &self.0)?.pem(), key: key.serialize_pem() })
    }
}

fn around_now(mut params: CertificateParams) -> CertificateParams {
    let now = OffsetDateTime::now_utc();
    (params.not_before, params.not_after) = (now - Duration::DAY, now + Duration::DAY);
    params
}
