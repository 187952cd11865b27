//! Chance that can be played again.

/// SplitMix64: small, fast, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// All that follows depends on this alone.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number in this range, the end left out.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.any() % (to - from).max(1)
    }

    /// Whether something happens that happens so often in 1000 times.
    pub fn happens(&mut self, permille: u64) -> bool {
        self.any() % 1000 < permille
    }

    /// One of these.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[(self.any() % choices.len() as u64) as usize]
    }
}
