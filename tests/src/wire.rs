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

    /// How often the client has asked while no answer was on its way to it: what it sends without waiting is one round trip, login
    /// included.
    pub fn round_trips(&self) -> usize {
        self.round_trips.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What one connection waits for.
struct Waiting<'a> {
    /// Queries whose end the server has not said yet.
    queries: AtomicUsize,
    round_trips: &'a AtomicUsize,
}

async fn relay(client: TcpStream, server: TcpStream, counted: &AtomicUsize) {
    let (from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let waiting = Waiting { queries: AtomicUsize::new(0), round_trips: counted };
    let up = async {
        let _ = ask(from_client, &mut to_server, &waiting).await;
        let _ = to_server.shutdown().await;
    };
    tokio::join!(up, async {
        let _ = answer(from_server, to_client, &waiting).await;
    });
}

/// Relays what the client sends, and counts before the server has it. Each read has all that was sent in one go.
async fn ask(
    mut from: impl AsyncRead + Unpin,
    to: &mut (impl AsyncWrite + Unpin),
    waiting: &Waiting<'_>,
) -> std::io::Result<()> {
    let mut chunk = vec![0; 256 * 1024];
    let mut unread = Vec::new();
    // The first message has no type, and may be preceded by the question for TLS.
    let mut named = false;
    loop {
        let read = from.read(&mut chunk).await?;
        if read == 0 {
            return Ok(());
        }
        unread.extend_from_slice(&chunk[..read]);
        while let Some((kind, length)) = message(&unread, named) {
            // A query ends with Query or Sync (PostgreSQL, Frontend/Backend Protocol); the login with its own messages.
            if kind.is_none_or(|kind| matches!(kind, b'Q' | b'S'))
                && waiting.queries.fetch_add(1, Ordering::SeqCst) == 0
            {
                waiting.round_trips.fetch_add(1, Ordering::SeqCst);
            }
            if kind.is_none() && length == TLS_QUESTION {
                waiting.queries.store(0, Ordering::SeqCst);
                waiting.round_trips.fetch_sub(1, Ordering::SeqCst);
            } else {
                named = true;
            }
            unread.drain(..length);
        }
        to.write_all(&chunk[..read]).await?;
    }
}

/// The bytes of the question whether TLS is spoken.
const TLS_QUESTION: usize = 8;

/// The first whole message: its type, where messages have one by now, and its bytes.
fn message(bytes: &[u8], named: bool) -> Option<(Option<u8>, usize)> {
    let type_bytes = usize::from(named);
    let length = bytes.get(type_bytes..type_bytes + 4)?;
    let length = usize::try_from(u32::from_be_bytes(length.try_into().ok()?)).ok()? + type_bytes;
    (bytes.len() >= length).then(|| (named.then(|| bytes[0]), length))
}

/// Relays the server's messages (a type byte, then a length that counts itself).
async fn answer(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    waiting: &Waiting<'_>,
) -> std::io::Result<()> {
    let mut first = true;
    loop {
        let kind = from.read_u8().await?;
        // The answer whether TLS is spoken is no message; these servers speak none.
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
            waiting.queries.fetch_sub(1, Ordering::SeqCst);
        }
        to.write_u8(kind).await?;
        to.write_u32(length).await?;
        to.write_all(&rest).await?;
    }
}
