//! The little of HTTP/1.1 that a kept-open connection on one machine needs, blocking.
//!
//! Written by hand because its cost is part of what is measured: one `read` and one `write` a message, no copy of a
//! body, no event loop. It takes what the Lambda runtime's and the AWS SDK's client send (a length before each body), and refuses the rest.

use std::io::{self, Read, Write};
use std::net::TcpStream;

/// More than any message here has.
const LARGEST: usize = 8 * 1024 * 1024;
const ROOM: usize = 64 * 1024;

/// One connection's server side.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// What of the buffer came and was not yet handed out.
    filled: usize,
    /// Length of the message that was handed out last.
    taken: usize,
}

/// A request as it came.
#[derive(Debug)]
pub struct Request<'a> {
    /// Request line and headers.
    pub head: &'a str,
    /// The body.
    pub body: &'a [u8],
}

impl Request<'_> {
    /// `GET`, `POST`.
    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap_or_default()
    }

    /// The target in the request line.
    pub fn path(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }
}

impl Connection {
    /// Over an accepted connection.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; ROOM], filled: 0, taken: 0 })
    }

    /// The next request, or `None` when the client has closed the connection.
    pub fn read(&mut self) -> io::Result<Option<Request<'_>>> {
        self.buffer.copy_within(self.taken..self.filled, 0);
        self.filled -= self.taken;
        self.taken = 0;
        let mut end = None;
        loop {
            if end.is_none() {
                end = message_end(&self.buffer[..self.filled])?;
            }
            if let Some((head, all)) = end.filter(|(_, all)| *all <= self.filled) {
                self.taken = all;
                let text =
                    std::str::from_utf8(&self.buffer[..head]).map_err(|_| refused("a head that is not UTF-8"))?;
                return Ok(Some(Request { head: text, body: &self.buffer[head..all] }));
            }
            let wanted = end.map_or(self.filled + 1, |(_, all)| all);
            if wanted > self.buffer.len() {
                self.buffer.resize(wanted.next_power_of_two(), 0);
            }
            match self.stream.read(&mut self.buffer[self.filled..])? {
                0 if self.filled == 0 => return Ok(None),
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.filled += count,
            }
        }
    }

    /// Sends a whole answer: status line, headers and body.
    pub fn write(&mut self, answer: &[u8]) -> io::Result<()> {
        self.stream.write_all(answer)
    }
}

/// Where the head of the first message ends, and where its body does.
fn message_end(bytes: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let Some(head) = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4) else {
        return if bytes.len() > ROOM { Err(refused("a head without an end")) } else { Ok(None) };
    };
    let mut length = 0;
    for line in bytes[..head].split(|byte| *byte == b'\n') {
        if starts_with(line, b"content-length:") {
            let digits = std::str::from_utf8(&line[b"content-length:".len()..]).unwrap_or_default();
            length = digits.trim().parse().map_err(|_| refused("a content-length that is no number"))?;
        } else if starts_with(line, b"transfer-encoding:") {
            return Err(refused("a body without a length"));
        }
    }
    if length > LARGEST {
        return Err(refused("a body that is too large"));
    }
    Ok(Some((head, head + length)))
}

fn starts_with(line: &[u8], name: &[u8]) -> bool {
    line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

fn refused(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn pair() -> (TcpStream, Connection) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (client, Connection::new(listener.accept().unwrap().0).unwrap())
    }

    #[test]
    fn messages_are_told_apart_however_they_arrive() {
        let (mut client, mut server) = pair();
        client
            .write_all(b"GET /next HTTP/1.1\r\nhost: a\r\n\r\nPOST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\nab")
            .unwrap();
        let first = server.read().unwrap().unwrap();
        assert_eq!((first.method(), first.path(), first.body), ("GET", "/next", &b""[..]));
        client.write_all(b"cPOST /y HTTP/1.1\r\ncontent-length:1\r\n\r\nd").unwrap();
        let second = server.read().unwrap().unwrap();
        assert_eq!((second.method(), second.path(), second.body), ("POST", "/x", &b"abc"[..]));
        assert_eq!(server.read().unwrap().unwrap().body, b"d");
        drop(client);
        assert!(server.read().unwrap().is_none());
    }

    #[test]
    fn a_body_larger_than_the_buffer_is_taken_and_one_without_a_length_is_not() {
        let (mut client, mut server) = pair();
        let body = vec![b'x'; 3 * ROOM];
        let sent = body.clone();
        let sender = std::thread::spawn(move || {
            client.write_all(format!("POST / HTTP/1.1\r\ncontent-length: {}\r\n\r\n", sent.len()).as_bytes()).unwrap();
            client.write_all(&sent).unwrap();
            client.write_all(b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n").unwrap();
        });
        assert_eq!(server.read().unwrap().unwrap().body, body);
        assert!(server.read().is_err());
        sender.join().unwrap();
    }
}
