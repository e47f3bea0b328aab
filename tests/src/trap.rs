//! A line to a port of this machine that can be held at one moment: what is said from then on is kept back, until it is let go
//! or lost with the line. So a process is killed exactly between what it was told and what it says.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Whatever the near end says next.
    Requests,
    /// Whatever the far end says next.
    Answers,
    /// What the far end says next that begins with this byte.
    AnswersBeginning(u8),
}

#[derive(Clone, Copy)]
enum Way {
    There,
    Back,
}

impl Hold {
    fn is_of(self, way: Way, said: &[u8]) -> bool {
        match (self, way) {
            (Self::Requests, Way::There) | (Self::Answers, Way::Back) => true,
            (Self::AnswersBeginning(byte), Way::Back) => said.first() == Some(&byte),
            _ => false,
        }
    }
}

struct Shared {
    hold: watch::Sender<Option<Hold>>,
    /// Whether something is held.
    held: watch::Sender<bool>,
    /// How often the line was cut: what was connected before ends.
    cuts: watch::Sender<u64>,
}

/// A relay from a port of 127.0.0.1 to another one. It ends when dropped, and lives on the caller's runtime.
pub struct Line {
    port: u16,
    shared: Arc<Shared>,
    server: JoinHandle<()>,
}

impl Line {
    /// Passes everything on to `target`, a port of 127.0.0.1.
    pub async fn to(target: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            hold: watch::Sender::new(None),
            held: watch::Sender::new(false),
            cuts: watch::Sender::new(0),
        });
        let passing = Arc::clone(&shared);
        let server = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(pass(near, target, Arc::clone(&passing)));
            }
        });
        Ok(Self { port, shared, server })
    }

    /// The port to connect to instead of the target's.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Holds what is said from now on.
    pub fn hold(&self, what: Hold) {
        self.shared.held.send_replace(false);
        self.shared.hold.send_replace(Some(what));
    }

    /// Whether something has been said and is held.
    pub fn is_held(&self) -> bool {
        *self.shared.held.borrow()
    }

    /// Lets go what is held, and holds nothing more.
    pub fn release(&self) {
        self.shared.hold.send_replace(None);
        self.shared.held.send_replace(false);
    }

    /// Ends every connection, and what is held with it; new ones pass.
    pub fn cut(&self) {
        self.shared.cuts.send_modify(|cuts| *cuts += 1);
        self.release();
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(near: TcpStream, target: u16, shared: Arc<Shared>) {
    let mut cuts = shared.cuts.subscribe();
    let Ok(far) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    // A delayed acknowledgement would be taken for the far end's own time.
    let _ = near.set_nodelay(true);
    let _ = far.set_nodelay(true);
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::select! {
        // First, so that what a cut lets go is not passed on.
        biased;
        _ = cuts.changed() => {}
        () = carry(near_read, far_write, Way::There, &shared) => {}
        () = carry(far_read, near_write, Way::Back, &shared) => {}
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, way: Way, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    let mut hold = shared.hold.subscribe();
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let said = &buffer[..length];
        if hold.borrow_and_update().is_some_and(|it| it.is_of(way, said)) {
            shared.held.send_replace(true);
            if hold.wait_for(|it| !it.is_some_and(|it| it.is_of(way, said))).await.is_err() {
                return;
            }
        }
        if to.write_all(said).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::net::wait_until;

    const LIMIT: Duration = Duration::from_secs(10);

    /// A line, its near end, and its far end.
    async fn line() -> (Line, TcpStream, TcpStream) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let line = Line::to(listener.local_addr().unwrap().port()).await.unwrap();
        let near = TcpStream::connect(("127.0.0.1", line.port())).await.unwrap();
        let (far, _) = listener.accept().await.unwrap();
        (line, near, far)
    }

    async fn until_held(line: &Line) {
        wait_until("something held", LIMIT, || async { line.is_held() }).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_held_arrives_once_it_is_let_go() {
        let (line, mut near, mut far) = line().await;
        line.hold(Hold::Requests);
        near.write_all(b"question").await.unwrap();
        until_held(&line).await;
        // The other way is open meanwhile.
        far.write_all(b"answer").await.unwrap();
        let mut said = [0; 6];
        near.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"answer");
        line.release();
        let mut said = [0; 8];
        far.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"question");
    }

    #[tokio::test]
    async fn what_is_held_is_lost_with_the_line() {
        let (line, mut near, mut far) = line().await;
        line.hold(Hold::Requests);
        near.write_all(b"question").await.unwrap();
        until_held(&line).await;
        line.cut();
        let mut said = Vec::new();
        far.read_to_end(&mut said).await.unwrap();
        assert!(said.is_empty());
    }

    #[tokio::test]
    async fn answers_are_told_by_their_first_byte() {
        let (line, mut near, mut far) = line().await;
        line.hold(Hold::AnswersBeginning(b'2'));
        far.write_all(b"1first").await.unwrap();
        let mut said = [0; 6];
        near.read_exact(&mut said).await.unwrap();
        assert!(!line.is_held());
        far.write_all(b"2second").await.unwrap();
        until_held(&line).await;
    }
}
