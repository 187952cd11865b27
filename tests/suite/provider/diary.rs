//! What a process writes down of its life, so that it can be read after it was killed.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::{Arc, Mutex},
};

use harness::provider::claims;
use mail_login_blocking::tokens::{
    self as blocking, HttpAnswer, HttpProblem, Notice, TokenError, clock,
};
use mail_login_tokio::tokens::{self as asynchronous, Pending};
use token_lifecycle::{AccessToken, Event, Generation, Lock, Record, Request, Revision, Saved};

use crate::window::Window;

/// How far a process is with a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Not at it.
    Idle,
    /// Asks for the lock.
    Asking,
    /// Has the lock.
    Locked,
    /// Has written its mark, and nothing was sent.
    Ready,
    /// The refresh token is on its way.
    Sent,
    /// The answer is here and nowhere else.
    Answered,
    /// It is saved, and the lock not let go yet.
    Saved,
}

impl Phase {
    pub(crate) const ALL: [Self; 7] = [
        Self::Idle,
        Self::Asking,
        Self::Locked,
        Self::Ready,
        Self::Sent,
        Self::Answered,
        Self::Saved,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Asking => "asking",
            Self::Locked => "locked",
            Self::Ready => "ready",
            Self::Sent => "sent",
            Self::Answered => "answered",
            Self::Saved => "saved",
        }
    }
}

pub(crate) struct Diary {
    file: Mutex<File>,
    phase: Mutex<Phase>,
    window: Option<Window>,
    /// While nobody may be killed.
    safe: Mutex<Option<File>>,
}

impl Diary {
    /// With a window, the process is not killed between the sending of a refresh token and the saving
    /// of what came for it.
    pub(crate) fn open(path: &Path, window: Option<Window>) -> Arc<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        Arc::new(Self {
            file: Mutex::new(file.unwrap()),
            phase: Mutex::new(Phase::Idle),
            window,
            safe: Mutex::new(None),
        })
    }

    /// In one piece: nobody is killed in the middle of a line.
    pub(crate) fn write(&self, line: &str) {
        let line = format!("{line}\n");
        let mut file = self.file.lock().unwrap();
        file.write_all(line.as_bytes()).unwrap();
    }

    /// What a keeper tells.
    pub(crate) fn note(&self, notice: &Notice) {
        match notice {
            Notice::Event(Event::Refreshed { generation, .. } | Event::Saved { generation }) => {
                self.write(&format!("refreshed {}", generation.get()));
            }
            Notice::Event(event) => self.write(&format!("event {}", event.name())),
            Notice::Problem(problem) => self.write(&format!("problem {problem}")),
            Notice::SignIn(sign_in) => self.write(&format!("lost {sign_in}")),
        }
    }

    fn phase(&self, phase: Phase) {
        *self.phase.lock().unwrap() = phase;
        self.write(&format!("phase {}", phase.name()));
    }

    fn locked(&self, lock: Lock) -> Lock {
        self.phase(match lock {
            Lock::Acquired => Phase::Locked,
            Lock::Held | Lock::Unavailable => Phase::Idle,
        });
        lock
    }

    fn sending(&self) {
        self.phase(Phase::Ready);
        *self.safe.lock().unwrap() = self.window.as_ref().map(Window::keep_open);
        self.phase(Phase::Sent);
    }

    fn answered(&self, answer: Result<HttpAnswer, HttpProblem>) -> Result<HttpAnswer, HttpProblem> {
        if let Err(problem) = &answer {
            self.write(&format!("unanswered {problem}"));
        }
        self.phase(Phase::Answered);
        answer
    }

    fn saved(&self, saved: Saved) -> Saved {
        let answered = *self.phase.lock().unwrap() == Phase::Answered;
        // Otherwise it was a mark.
        if saved == Saved::Done && answered {
            self.phase(Phase::Saved);
            *self.safe.lock().unwrap() = None;
        }
        saved
    }

    fn unlocked(&self) {
        *self.safe.lock().unwrap() = None;
        self.phase(Phase::Idle);
    }
}

/// Asks for tokens, looks at them, and writes down how long that took.
pub(crate) struct Asker {
    diary: Arc<Diary>,
    generation: Option<Generation>,
    /// Since when there is no token, and how often that was said.
    without: Option<(u64, u64)>,
    longest: u64,
    tokens: u64,
    told: u64,
}

impl Asker {
    pub(crate) fn new(diary: &Arc<Diary>) -> Self {
        Self {
            diary: Arc::clone(diary),
            generation: None,
            without: None,
            longest: 0,
            tokens: 0,
            told: 0,
        }
    }

    /// What came for a question of this time.
    pub(crate) fn take(&mut self, asked: u64, result: Result<AccessToken, TokenError>) {
        let now = millis();
        match result {
            Ok(token) => self.have(asked, now, &token),
            Err(error) => {
                let (since, times) = self.without.unwrap_or((asked, 0));
                self.without = Some((since, times + 1));
                self.diary.write(&format!("error {error}"));
                if !error.is_temporary() || error.needs_sign_in() {
                    self.diary.write(&format!("lost {error}"));
                }
            }
        }
    }

    fn have(&mut self, asked: u64, now: u64, token: &AccessToken) {
        let expires = token.expires_at().unwrap().as_millis();
        assert!(expires > asked, "a token that has expired was given out");
        let (since, times) = self.without.take().unwrap_or((asked, 0));
        if times > 0 {
            self.diary.write(&format!("gap {since} {now} {times}"));
        }
        self.longest = self.longest.max(now.saturating_sub(since));
        self.tokens += 1;
        if self.generation != Some(token.generation()) {
            assert!(
                self.generation < Some(token.generation()),
                "an older token was given out"
            );
            self.generation = Some(token.generation());
            let claims = claims(token.secret().expose());
            let (generation, which) = (token.generation().get(), claims["jti"].as_str());
            self.diary
                .write(&format!("generation {generation} {}", which.unwrap()));
        }
        if now >= self.told + 1000 {
            self.told = now;
            self.tell();
        }
    }

    /// The last word.
    pub(crate) fn end(&self) {
        assert_eq!(self.without, None, "it ends without a token");
        self.tell();
        self.diary.write("end");
    }

    fn tell(&self) {
        self.diary
            .write(&format!("tokens {} {}", self.tokens, self.longest));
    }
}

pub(crate) fn millis() -> u64 {
    clock::now().wall.as_millis()
}

/// A store or an HTTP client that writes down what it is asked for.
pub(crate) struct Told<T> {
    inner: T,
    diary: Arc<Diary>,
}

impl<T> Told<T> {
    pub(crate) fn new(inner: T, diary: &Arc<Diary>) -> Self {
        let diary = Arc::clone(diary);
        Self { inner, diary }
    }
}

impl<S: blocking::Store> blocking::Store for Told<S> {
    fn load(&self) -> io::Result<Option<Record>> {
        self.inner.load()
    }

    fn save(&self, expected: Option<Revision>, record: Option<&Record>) -> Saved {
        self.diary.saved(self.inner.save(expected, record))
    }

    fn lock(&self) -> Lock {
        self.diary.phase(Phase::Asking);
        self.diary.locked(self.inner.lock())
    }

    fn unlock(&self) {
        self.inner.unlock();
        self.diary.unlocked();
    }

    fn problem(&self) -> Option<String> {
        self.inner.problem()
    }
}

impl<H: blocking::Http> blocking::Http for Told<H> {
    fn send(&self, request: &Request) -> Result<HttpAnswer, HttpProblem> {
        self.diary.sending();
        self.diary.answered(self.inner.send(request))
    }
}

impl<S: asynchronous::Store> asynchronous::Store for Told<S> {
    fn load(&self) -> Pending<'_, io::Result<Option<Record>>> {
        self.inner.load()
    }

    fn save<'a>(
        &'a self,
        expected: Option<Revision>,
        record: Option<&'a Record>,
    ) -> Pending<'a, Saved> {
        Box::pin(async move { self.diary.saved(self.inner.save(expected, record).await) })
    }

    fn lock(&self) -> Pending<'_, Lock> {
        Box::pin(async {
            self.diary.phase(Phase::Asking);
            self.diary.locked(self.inner.lock().await)
        })
    }

    fn unlock(&self) -> Pending<'_, ()> {
        Box::pin(async {
            self.inner.unlock().await;
            self.diary.unlocked();
        })
    }

    fn problem(&self) -> Option<String> {
        self.inner.problem()
    }
}

impl<H: asynchronous::Http> asynchronous::Http for Told<H> {
    fn send<'a>(&'a self, request: &'a Request) -> Pending<'a, Result<HttpAnswer, HttpProblem>> {
        Box::pin(async move {
            self.diary.sending();
            self.diary.answered(self.inner.send(request).await)
        })
    }
}
