//! A TCP line whose far end can go away, go silent, and come back: what networks do, on one machine.

use std::io;

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Up,
    Down,
    /// What was connected before this moment hangs; the number tells the moments apart.
    Silent(u64),
}

/// A relay from a port of 127.0.0.1 to another one. It ends when dropped, and lives on the caller's runtime.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    line: watch::Sender<Line>,
    server: JoinHandle<()>,
}

impl Relay {
    /// Passes everything on to `target`, a port of 127.0.0.1.
    pub async fn to(target: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let (line, state) = watch::channel(Line::Up);
        let server = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let mut state = state.clone();
                if *state.borrow_and_update() != Line::Down {
                    tokio::spawn(pass(near, target, state));
                }
            }
        });
        Ok(Self { port, line, server })
    }

    /// The port to connect to instead of the target's.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Closes every connection, and each new one at once.
    pub fn down(&self) {
        self.line.send_replace(Line::Down);
    }

    /// Takes connections again.
    pub fn up(&self) {
        self.line.send_replace(Line::Up);
    }

    /// Every connection hangs from now on, open and without a word, as when a machine between forgets it. New ones work.
    pub fn silence(&self) {
        self.line.send_modify(|line| {
            let before = if let Line::Silent(number) = *line { number } else { 0 };
            *line = Line::Silent(before + 1);
        });
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass(mut near: TcpStream, target: u16, mut state: watch::Receiver<Line>) {
    let Ok(mut far) = TcpStream::connect(("127.0.0.1", target)).await else { return };
    let changed = tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => return,
        changed = state.changed() => changed,
    };
    // Holds both ends open until the line goes down for good.
    if changed.is_ok() && matches!(*state.borrow_and_update(), Line::Silent(_)) {
        while state.changed().await.is_ok() && *state.borrow_and_update() != Line::Down {}
    }
}
