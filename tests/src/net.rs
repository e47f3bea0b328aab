//! Ports, and waiting for something to become true.

use std::{
    future::Future,
    io,
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    time::Duration,
};

use anyhow::{Result, bail};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep},
};

/// How often a condition is looked at.
pub const POLL: Duration = Duration::from_millis(20);

/// How long one look at a local HTTP server may take.
const LOOK: Duration = Duration::from_secs(2);

/// A port of 127.0.0.1 that nobody listens on now. Somebody else may take it before you do: be ready to ask again.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Returns as soon as `condition` holds; an error that names `what` when it does not within `limit`.
pub async fn wait_until<F, C>(what: &str, limit: Duration, mut condition: F) -> Result<()>
where
    F: FnMut() -> C,
    C: Future<Output = bool>,
{
    let end = Instant::now() + limit;
    while !condition().await {
        if Instant::now() >= end {
            bail!("waited {limit:?} in vain for: {what}");
        }
        sleep(POLL).await;
    }
    Ok(())
}

/// A client for plain HTTP on this machine: through no proxy, and with no certificate that it would trust.
pub fn http_client() -> Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    // Without a given backend reqwest asks for the process's default provider, and panics where nobody set one.
    Ok(reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build()?)
}

/// Whether an HTTP server on 127.0.0.1 answers `GET path` with a 2xx status.
pub async fn answers_ok(client: &reqwest::Client, port: u16, path: &str) -> bool {
    let request = client.get(format!("http://127.0.0.1:{port}{path}")).timeout(LOOK);
    request.send().await.is_ok_and(|answer| answer.status().is_success())
}

/// Whether somebody accepts connections on this port of 127.0.0.1.
pub async fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_condition_that_never_holds_is_named_in_the_error() {
        let error = wait_until("the moon", Duration::ZERO, || async { false }).await.unwrap_err();
        assert!(error.to_string().contains("the moon"));
    }

    #[tokio::test]
    async fn a_condition_is_looked_at_until_it_holds() {
        let mut looks = 0;
        wait_until("three looks", Duration::from_secs(5), || {
            looks += 1;
            let held = looks == 3;
            async move { held }
        })
        .await
        .unwrap();
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    async fn a_free_port_has_no_listener() {
        assert!(!listens(free_port().unwrap()).await);
    }
}
