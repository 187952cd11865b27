//! What a process has written down.

use std::{collections::BTreeMap, fs, path::Path};

use crate::diary::Phase;

/// The life of one process.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// How far it was last.
    pub(crate) phase: Phase,
    /// The tokens that it had, each by the identifier that the provider gave it.
    pub(crate) generations: Vec<(u64, String)>,
    /// Those that it got itself.
    pub(crate) refreshed: Vec<u64>,
    pub(crate) gaps: Vec<Gap>,
    /// So many requests brought no answer.
    pub(crate) unanswered: u64,
    pub(crate) errors: u64,
    pub(crate) tokens: u64,
    /// The longest time that it waited for one, in milliseconds.
    pub(crate) longest: u64,
    /// Whether it said that the user must sign in, or that waiting does not help.
    pub(crate) is_lost: bool,
    /// Whether it came to its end.
    pub(crate) is_whole: bool,
    pub(crate) text: String,
}

/// A time in which a process asked, and got no token by its deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

impl Story {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap_or_default();
        let mut story = Self {
            phase: Phase::Idle,
            generations: Vec::new(),
            refreshed: Vec::new(),
            gaps: Vec::new(),
            unanswered: 0,
            errors: 0,
            tokens: 0,
            longest: 0,
            is_lost: false,
            is_whole: false,
            text: String::new(),
        };
        text.lines().for_each(|line| story.learn(line));
        story.text = text;
        story
    }

    fn learn(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words[place].parse::<u64>().unwrap();
        match words[0] {
            "phase" => {
                let known = Phase::ALL.into_iter();
                self.phase = known
                    .into_iter()
                    .find(|phase| phase.name() == words[1])
                    .unwrap();
            }
            "generation" => self.generations.push((number(1), words[2].to_owned())),
            "refreshed" => self.refreshed.push(number(1)),
            "gap" => self.gaps.push(Gap {
                from: number(1),
                to: number(2),
            }),
            "unanswered" => self.unanswered += 1,
            "error" => self.errors += 1,
            "tokens" => (self.tokens, self.longest) = (number(1), number(2)),
            "lost" => self.is_lost = true,
            "end" => self.is_whole = true,
            _ => {}
        }
    }
}

/// The tokens of each generation, as all processes had them.
pub(crate) fn tokens_by_generation<'a>(
    stories: impl Iterator<Item = &'a Story>,
) -> BTreeMap<u64, Vec<String>> {
    let mut all = BTreeMap::<u64, Vec<String>>::new();
    for (generation, token) in stories.flat_map(|story| &story.generations) {
        let tokens = all.entry(*generation).or_default();
        if !tokens.contains(token) {
            tokens.push(token.clone());
        }
    }
    all
}
