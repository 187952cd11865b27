//! Long waits show what is being waited for: on a terminal, on stderr, and gone afterwards.

use std::{
    io::{self, IsTerminal as _, Write as _},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// Shorter waits are not worth a word.
const PATIENCE: Duration = Duration::from_millis(1500);

/// What is being waited for now.
#[derive(Clone, Debug)]
pub(crate) struct Stage(Arc<Mutex<&'static str>>);

impl Stage {
    pub(crate) fn set(&self, stage: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    fn get(&self) -> &'static str {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self(Arc::new(Mutex::new("an answer")))
    }
}

/// Shows a line until it is dropped.
#[derive(Debug)]
pub(crate) struct Waiting {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Waiting {
    /// `quiet`: says nothing, as it does anyway where stderr is no terminal.
    pub(crate) fn new(place: String, limit: Duration, stage: Stage, quiet: bool) -> Self {
        if quiet || !io::stderr().is_terminal() {
            return Self {
                stop: None,
                thread: None,
            };
        }
        let (stop, stopped) = mpsc::channel();
        let start = Instant::now();
        let thread = thread::spawn(move || {
            let mut shown = false;
            let mut pause = PATIENCE;
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let (now, limit) = (start.elapsed().as_secs(), limit.as_secs_f64());
                let stage = stage.get();
                // Whoever reads stderr may be gone, which is no reason to fail.
                let _ = write!(
                    io::stderr(),
                    "\r\x1b[Kwaiting for {stage} from {place}: {now} s of {limit}"
                );
                shown = true;
                pause = Duration::from_secs(1);
            }
            if shown {
                let _ = write!(io::stderr(), "\r\x1b[K");
            }
        });
        Self {
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends at once, and cannot have panicked in a way that matters here.
            let _ = thread.join();
        }
    }
}
