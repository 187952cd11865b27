//! A body that comes whole, slowly, or not to its end.

use alloc::{boxed::Box, vec::Vec};
use core::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::http::Dropped;

pub(super) struct Paced {
    rest: Bytes,
    pause: Option<Duration>,
    sleep: Option<Pin<Box<Sleep>>>,
    /// How many octets are held back for ever.
    withheld: usize,
}

impl Paced {
    pub(super) fn new(body: Vec<u8>, pause: Option<Duration>, cut: bool) -> Self {
        Self {
            withheld: if cut { body.len().div_ceil(2) } else { 0 },
            rest: body.into(),
            pause,
            sleep: None,
        }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        let left = self.rest.len() - self.withheld;
        if left == 0 {
            return Poll::Ready((self.withheld > 0).then_some(Err(Dropped)));
        }
        let Some(pause) = self.pause else {
            return Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(left)))));
        };
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(pause)));
        ready!(sleep.as_mut().poll(context));
        self.sleep = None;
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(1)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    /// Exact, and so the length that the head of the answer promises.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
