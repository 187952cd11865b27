//! Candidates side by side: all in one process, in turns, so that a ratio survives a busy machine.

use std::{
    fs::File,
    hint::black_box,
    io::Read,
    time::{Duration, Instant},
};

use crate::count::heap_of;

/// A table of candidates that do the same.
///
/// In each round every candidate runs for one slice of time, and each round begins with another one.
/// The time is the median over the rounds; a ratio is the median of the ratios within each round, so
/// what disturbs a whole round disturbs no ratio.
pub struct Table<'a> {
    title: String,
    slice: Duration,
    unit: Unit,
    rows: Vec<Row<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Nanoseconds,
    /// Of work that waits: its time on the processor is shown, too.
    Microseconds,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// What the others are measured by.
    Floor,
    Ours,
    Other,
}

struct Row<'a> {
    name: String,
    role: Role,
    run: Box<dyn FnMut(u64) -> Spent + 'a>,
}

#[derive(Clone, Copy, Default)]
struct Spent {
    wall: Duration,
    processor: Duration,
}

/// Nanoseconds for each time the work was done.
#[derive(Clone, Copy, Default)]
struct Sample {
    wall: f64,
    processor: f64,
}

impl<'a> Table<'a> {
    /// A table of work that only computes.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            slice: Duration::from_micros(setting("SLICE_US").unwrap_or(1500)),
            unit: Unit::Nanoseconds,
            rows: Vec::new(),
        }
    }

    /// A table of work that waits for a peer.
    pub fn of_waiting(title: impl Into<String>) -> Self {
        Self {
            slice: Duration::from_micros(setting("SLICE_US").unwrap_or(20_000)),
            unit: Unit::Microseconds,
            ..Self::new(title)
        }
    }

    /// What the others are measured by.
    pub fn floor<T>(&mut self, name: impl Into<String>, work: impl FnMut() -> T + 'a) {
        self.add(name, Role::Floor, work);
    }

    /// This project. The first one is what peers are compared with.
    pub fn ours<T>(&mut self, name: impl Into<String>, work: impl FnMut() -> T + 'a) {
        self.add(name, Role::Ours, work);
    }

    /// A peer, or another floor.
    pub fn other<T>(&mut self, name: impl Into<String>, work: impl FnMut() -> T + 'a) {
        self.add(name, Role::Other, work);
    }

    fn add<T>(&mut self, name: impl Into<String>, role: Role, mut work: impl FnMut() -> T + 'a) {
        let waits = self.unit == Unit::Microseconds;
        let run = move |times| {
            let processor = if waits {
                on_processor()
            } else {
                Duration::ZERO
            };
            let start = Instant::now();
            for _ in 0..times {
                black_box(work());
            }
            let wall = start.elapsed();
            let processor = if waits {
                on_processor().saturating_sub(processor)
            } else {
                processor
            };
            Spent { wall, processor }
        };
        self.rows.push(Row {
            name: name.into(),
            role,
            run: Box::new(run),
        });
    }

    /// Measures, and prints the table as Markdown. Does nothing when the command line names other titles.
    pub fn run(mut self) {
        let mut wanted = std::env::args()
            .skip(1)
            .filter(|arg| !arg.starts_with('-'))
            .peekable();
        let title = self.title.to_lowercase();
        if wanted.peek().is_some() && !wanted.any(|word| title.contains(&word.to_lowercase())) {
            return;
        }
        let plans: Vec<_> = self
            .rows
            .iter_mut()
            .map(|row| row.plan(self.slice))
            .collect();
        let rounds = usize::try_from(setting("ROUNDS").unwrap_or(41)).unwrap_or(41);
        let mut samples = vec![Vec::with_capacity(rounds); self.rows.len()];
        for round in 0..rounds {
            for turn in 0..self.rows.len() {
                let n = (turn + round) % self.rows.len();
                let times = plans[n].times;
                let spent = (self.rows[n].run)(times);
                let each = |time: Duration| time.as_secs_f64() * 1e9 / times as f64;
                samples[n].push(Sample {
                    wall: each(spent.wall),
                    processor: each(spent.processor),
                });
            }
        }
        self.print(&plans, &samples);
    }

    fn print(&self, plans: &[Plan], samples: &[Vec<Sample>]) {
        let place = |role| self.rows.iter().position(|row| row.role == role);
        let (floor, ours) = (place(Role::Floor), place(Role::Ours));
        println!("\n### {}\n", self.title);
        match self.unit {
            Unit::Nanoseconds => {
                println!("| candidate | ns | × floor | × ours | allocs | octets |");
                println!("|---|---:|---:|---:|---:|---:|");
            }
            Unit::Microseconds => {
                println!(
                    "| candidate | µs | a second | × floor | × ours | CPU µs | allocs | octets |"
                );
                println!("|---|---:|---:|---:|---:|---:|---:|---:|");
            }
        }
        for ((row, plan), taken) in self.rows.iter().zip(plans).zip(samples) {
            let wall = median(taken.iter().map(|sample| sample.wall));
            let ratio = |base: Option<usize>| {
                base.map_or_else(String::new, |base| {
                    let rounds = taken.iter().zip(&samples[base]);
                    format!(
                        "{:.2}",
                        median(rounds.map(|(this, base)| this.wall / base.wall))
                    )
                })
            };
            let name = match row.role {
                Role::Floor => format!("FLOOR {}", row.name),
                Role::Ours => format!("**{}**", row.name),
                Role::Other => row.name.clone(),
            };
            let heap = if plan.reallocs > 0.0 {
                format!("{}+{}", plan.allocs, plan.reallocs)
            } else {
                format!("{}", plan.allocs)
            };
            let (floor, ours, octets) = (ratio(floor), ratio(ours), plan.octets);
            match self.unit {
                Unit::Nanoseconds => {
                    let digits = if wall < 10.0 { 1 } else { 0 };
                    println!(
                        "| {name} | {wall:.digits$} | {floor} | {ours} | {heap} | {octets:.0} |"
                    );
                }
                Unit::Microseconds => {
                    let processor = median(taken.iter().map(|sample| sample.processor)) / 1e3;
                    let (each, rate) = (wall / 1e3, 1e9 / wall);
                    println!(
                        "| {name} | {each:.1} | {rate:.0} | {floor} | {ours} | {processor:.1} | {heap} | {octets:.0} |"
                    );
                }
            }
        }
    }
}

/// What is known of a row before it is measured.
struct Plan {
    /// How often the work fits a slice.
    times: u64,
    allocs: f64,
    reallocs: f64,
    octets: f64,
}

impl Row<'_> {
    fn plan(&mut self, slice: Duration) -> Plan {
        // The first run fills caches and buffers that are kept.
        (self.run)(1);
        let slow = (self.run)(1).wall > Duration::from_millis(5);
        let counted = if slow { 2 } else { 20 };
        let (_, heap) = heap_of(|| (self.run)(counted));
        let mut times = 1;
        let times = loop {
            let wall = (self.run)(times).wall;
            if wall >= slice / 4 || times > 1 << 30 {
                let fit = times as f64 * slice.as_secs_f64() / wall.as_secs_f64();
                break (fit as u64).max(1);
            }
            times *= 2;
        };
        let each = |count: u64| (count as f64 / counted as f64 * 10.0).round() / 10.0;
        Plan {
            times,
            allocs: each(heap.allocs),
            reallocs: each(heap.reallocs),
            octets: each(heap.octets),
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// How long this thread has run on a processor, without allocating. Zero where there is no such file.
fn on_processor() -> Duration {
    let mut text = [0; 64];
    let read = File::open("/proc/thread-self/schedstat").and_then(|mut file| file.read(&mut text));
    let text = text.get(..read.unwrap_or_default()).unwrap_or_default();
    let digits = text.iter().take_while(|octet| octet.is_ascii_digit());
    Duration::from_nanos(digits.fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}
