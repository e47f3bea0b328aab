//! A body that breaks off.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame};

/// Gives its text, then fails, upon which hyper closes the connection.
pub(super) struct HalfBody {
    text: Option<Bytes>,
    flushed: bool,
}

impl HalfBody {
    pub(super) fn new(text: Bytes) -> Self {
        Self { text: Some(text), flushed: false }
    }
}

impl Body for HalfBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(text) = self.text.take() {
            return Poll::Ready(Some(Ok(Frame::data(text))));
        }
        if !self.flushed {
            // hyper writes what it holds only when the body has nothing ready; failing at once would
            // throw the text away with the connection.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let broken = io::Error::other("half an answer, on demand");
        Poll::Ready(Some(Err(broken)))
    }
}
