//! The loop itself, with a machine and a stream made by hand.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    clippy::unwrap_used,
    reason = "a test needs no `no_std`, and a panic is how it fails"
)]

use std::{
    collections::VecDeque,
    io::{self, ErrorKind},
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use mail_login_tokio::{Failure, Silent, drive};
use sasl_core::{Error, Machine, Observer, Outgoing, Stage, Step};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Says something, waits for an octet, says something, waits for an octet, done.
#[derive(Default)]
struct Twice {
    asked: usize,
    heard: Vec<u8>,
    closed: bool,
    silences: usize,
    patience: Option<Duration>,
}

impl Machine for Twice {
    type Output = usize;

    fn handle_input(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
        self.closed |= bytes.is_empty();
    }

    fn poll(&mut self) -> Result<Step<'_, usize>, Error> {
        if self.heard.len() + self.silences >= 2 {
            return Ok(Step::Done(self.silences));
        }
        if self.asked == self.heard.len() + self.silences {
            self.asked += 1;
            return Ok(Step::Write(Outgoing::new(
                b"a command in one piece\r\n",
                2..9,
            )));
        }
        if self.closed {
            let during = Stage::Authenticate;
            return Err(Error::UnexpectedEnd { during });
        }
        Ok(Step::Read)
    }

    fn remaining(&self) -> &[u8] {
        &[]
    }

    fn patience(&self) -> Option<Duration> {
        self.patience
    }

    fn handle_silence(&mut self) {
        self.silences += 1;
    }
}

/// Answers from a list and counts.
#[derive(Default)]
struct Counting {
    answers: VecDeque<io::Result<&'static [u8]>>,
    writes: Vec<usize>,
    flushes: usize,
    room: usize,
}

impl AsyncRead for Counting {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.room = buffer.remaining();
        buffer.put_slice(self.answers.pop_front().unwrap_or(Ok(b""))?);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Counting {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writes.push(bytes.len());
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn stream(answers: impl IntoIterator<Item = io::Result<&'static [u8]>>) -> Counting {
    Counting {
        answers: answers.into_iter().collect(),
        ..Counting::default()
    }
}

#[tokio::test]
async fn one_command_is_one_write_and_one_flush() {
    #[derive(Default)]
    struct Seen(Vec<String>);
    impl Observer for Seen {
        fn sent(&mut self, bytes: &Outgoing<'_>) {
            self.0.push(format!("C: {}", bytes.redacted()));
        }
        fn received(&mut self, bytes: &[u8]) {
            self.0.push(format!("S: {}", bytes.escape_ascii()));
        }
    }

    let mut stream = stream([Ok(&b"x"[..]), Ok(b"y")]);
    let mut seen = Seen::default();
    drive(&mut Twice::default(), &mut stream, &mut seen)
        .await
        .unwrap();
    assert_eq!((stream.writes, stream.flushes), (vec![24, 24], 2));
    assert!(stream.room >= 4096);
    let sent = "C: a <7 octets left out> in one piece";
    assert_eq!(seen.0, [sent, "S: x", sent, "S: y"]);
}

#[tokio::test]
async fn the_machine_says_where_the_server_hung_up() {
    let failure = drive(&mut Twice::default(), &mut stream([]), &mut Silent)
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), "unexpected-end");
    let mut cut = stream([Err(ErrorKind::UnexpectedEof.into())]);
    let failure = drive(&mut Twice::default(), &mut cut, &mut Silent)
        .await
        .unwrap_err();
    assert_eq!(failure.kind(), "unexpected-end");
}

#[tokio::test]
async fn a_reset_is_a_lost_connection() {
    let mut reset = stream([Err(ErrorKind::ConnectionReset.into())]);
    let failure = drive(&mut Twice::default(), &mut reset, &mut Silent)
        .await
        .unwrap_err();
    assert!(matches!(failure, Failure::Io { .. }), "{failure:?}");
    assert!(failure.is_temporary());
}

#[tokio::test]
async fn silence_is_told_when_patience_ends() {
    let (mut stream, _other) = tokio::io::duplex(64);
    let mut machine = Twice {
        patience: Some(Duration::from_millis(80)),
        ..Twice::default()
    };
    let start = Instant::now();
    assert_eq!(
        drive(&mut machine, &mut stream, &mut Silent).await.unwrap(),
        2
    );
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(160), "{took:?}");
    assert!(took < Duration::from_millis(1000), "{took:?}");
}
