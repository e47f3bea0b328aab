//! Why a server is not trusted, in an operator's words.

use std::error::Error;
use std::io;

use rustls::CertificateError;
use thiserror::Error;

/// Why `sslmode` forbids to go on with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Distrust {
    /// It speaks no TLS.
    #[error("the server offers no TLS, which sslmode asks for (Postgres: ssl = on)")]
    NoTls,
    /// Nobody whom we know signed its certificate.
    #[error(
        "the server's certificate is signed by an authority that is not trusted; one of your own is named by DB_CA_FILE"
    )]
    UnknownIssuer,
    /// The certificate's time is over.
    #[error("the server's certificate has expired")]
    Expired,
    /// The certificate's time has not begun.
    #[error("the server's certificate is not valid yet")]
    NotYetValid,
    /// The certificate is another host's.
    #[error("the server's certificate is for another host name than the one that the URL names")]
    OtherHost,
    /// The certificate is not good for another reason, which the error's cause names.
    #[error("the server's certificate is not accepted")]
    Certificate,
}

impl Distrust {
    /// What a failed connection says of it; `None` where it failed otherwise.
    pub(crate) fn of(error: &tokio_postgres::Error) -> Option<Self> {
        let cause = error.source()?;
        // A text is all that tokio-postgres gives.
        if cause.to_string() == "server does not support TLS" {
            return Some(Self::NoTls);
        }
        match cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()? {
            rustls::Error::InvalidCertificate(why) => Some(Self::by(why)),
            _ => None,
        }
    }

    fn by(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::OtherHost,
            _ => Self::Certificate,
        }
    }
}
