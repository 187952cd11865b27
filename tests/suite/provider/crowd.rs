//! Many processes that are killed and replaced.

use std::{
    env, fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use mail_login_blocking::tokens::clock;

use crate::{
    diary::{Phase, millis},
    story::Story,
};

/// So many processes at once.
pub(crate) const SIZE: usize = 20;

/// Where a process finds its directory, and where it writes.
pub(crate) const DIRECTORY: &str = "STORM_DIRECTORY";
pub(crate) const DIARY: &str = "STORM_DIARY";

pub(crate) struct Crowd {
    /// The test that a process runs.
    test: &'static str,
    directory: PathBuf,
    members: Mutex<Vec<Member>>,
    deaths: Mutex<Vec<Death>>,
    born: AtomicU64,
}

struct Member {
    child: Child,
    diary: PathBuf,
}

/// A process that was killed.
#[derive(Clone, Debug)]
pub(crate) struct Death {
    pub(crate) at: u64,
    pub(crate) story: Story,
}

impl Crowd {
    pub(crate) fn gather(test: &'static str, directory: PathBuf) -> Self {
        let crowd = Self {
            test,
            directory,
            members: Mutex::default(),
            deaths: Mutex::default(),
            born: AtomicU64::new(0),
        };
        let members = (0..SIZE).map(|_| crowd.spawn()).collect();
        *crowd.members.lock().unwrap() = members;
        crowd
    }

    fn spawn(&self) -> Member {
        let number = self.born.fetch_add(1, Ordering::Relaxed);
        let diary = self.directory.join(format!("diary-{number}"));
        // What it says when it panics is in its diary too.
        let output = || fs::File::options().append(true).create(true).open(&diary);
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", self.test, "--ignored", "--nocapture"])
            .env(DIRECTORY, &self.directory)
            .env(DIARY, &diary)
            .stdin(Stdio::null())
            .stdout(output().unwrap())
            .stderr(output().unwrap())
            .spawn();
        Member {
            child: child.unwrap(),
            diary,
        }
    }

    /// Kills this process, if it is one of these, and starts another in its place.
    pub(crate) fn kill(&self, pid: u32) -> Option<Phase> {
        let mut members = self.members.lock().unwrap();
        let member = members.iter_mut().find(|member| member.child.id() == pid)?;
        let at = millis();
        member.child.kill().unwrap();
        member.child.wait().unwrap();
        let story = Story::read(&member.diary);
        *member = self.spawn();
        let phase = story.phase;
        self.deaths.lock().unwrap().push(Death { at, story });
        Some(phase)
    }

    /// Kills anybody.
    pub(crate) fn kill_one(&self, chance: &mut Chance) {
        let pid = {
            let members = self.members.lock().unwrap();
            members[chance.below(members.len() as u64) as usize]
                .child
                .id()
        };
        self.kill(pid);
    }

    /// Ends what is left, and waits until it has. Those who were killed, and those who were not.
    pub(crate) fn end(self) -> (Vec<Death>, Vec<Story>) {
        fs::write(self.directory.join("end"), "").unwrap();
        let members = self.members.into_inner().unwrap().into_iter();
        let wait = |mut member: Member| {
            let status = member.child.wait().unwrap();
            let story = Story::read(&member.diary);
            assert!(status.success(), "{status}: {}", story.text);
            assert!(story.is_whole, "no end: {}", story.text);
            story
        };
        let living = members.map(wait).collect();
        (self.deaths.into_inner().unwrap(), living)
    }
}

/// Random numbers.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new() -> Self {
        Self(clock::seed().unwrap())
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    /// Any moment between these, in milliseconds, and not after `until`. Which one it is, is the point.
    pub(crate) fn pause(&mut self, least: u64, most: u64, until: Instant) {
        let time = Duration::from_millis(least + self.below(most - least));
        thread::sleep(time.min(until.saturating_duration_since(Instant::now())));
    }
}
