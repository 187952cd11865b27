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

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    /// The lengths of the pieces, and whether it came to its end.
    fn pieces(mut body: Paced) -> (Vec<usize>, bool) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut lengths = Vec::new();
            while let Some(frame) = body.frame().await {
                match frame {
                    Ok(frame) => lengths.push(frame.into_data().unwrap().len()),
                    Err(Dropped) => return (lengths, false),
                }
            }
            (lengths, true)
        })
    }

    #[test]
    fn whole_slow_and_cut() {
        let pause = Some(Duration::from_millis(1));
        let body = |pause, cut| Paced::new(b"octets".to_vec(), pause, cut);
        assert_eq!(pieces(body(None, false)), (Vec::from([6]), true));
        assert_eq!(pieces(body(pause, false)), (Vec::from([1; 6]), true));
        assert_eq!(pieces(body(None, true)), (Vec::from([3]), false));
        assert_eq!(pieces(body(pause, true)), (Vec::from([1; 3]), false));
        assert_eq!(
            pieces(Paced::new(Vec::new(), None, false)),
            (Vec::new(), true)
        );
        // The head of the answer promises all in any case.
        assert_eq!(body(None, true).size_hint().exact(), Some(6));
    }
}
