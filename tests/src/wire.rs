//! A TCP relay before Postgres that counts round trips: what a claim of "one round trip" is held to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A relay to one server. Dropping it closes the port.
pub struct Relay {
    port: u16,
    round_trips: Arc<AtomicUsize>,
    accepting: AbortHandle,
}

impl Relay {
    /// Listens on a free port of 127.0.0.1 and relays to `upstream`, a port there.
    pub async fn start(upstream: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("listen")?;
        let port = listener.local_addr()?.port();
        let round_trips = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&round_trips);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let counted = Arc::clone(&counted);
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(("127.0.0.1", upstream)).await {
                        relay(client, server, &counted).await;
                    }
                });
            }
        });
        Ok(Self { port, round_trips, accepting: accepting.abort_handle() })
    }

    /// The relay's port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How often the server has said that it is ready for the next query: once a round trip, login included.
    pub fn round_trips(&self) -> usize {
        self.round_trips.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn relay(client: TcpStream, server: TcpStream, counted: &AtomicUsize) {
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let up = async {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    tokio::join!(up, async {
        // The first byte answers whether TLS is spoken; these servers speak none, and it is no message.
        let _ = count(from_server, to_client, counted).await;
    });
}

/// Relays the server's messages (PostgreSQL, Frontend/Backend Protocol: a type byte, then a length that counts itself).
async fn count(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    counted: &AtomicUsize,
) -> std::io::Result<()> {
    let mut first = true;
    loop {
        let kind = from.read_u8().await?;
        if first && kind == b'N' {
            to.write_all(b"N").await?;
            first = false;
            continue;
        }
        first = false;
        let length = from.read_u32().await?;
        let mut rest = vec![0; usize::try_from(length).unwrap_or(4).saturating_sub(4)];
        from.read_exact(&mut rest).await?;
        if kind == b'Z' {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        to.write_u8(kind).await?;
        to.write_u32(length).await?;
        to.write_all(&rest).await?;
    }
}
