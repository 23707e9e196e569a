//! The luck of the generator: SplitMix64, so that a seed means the same scenario on every machine. It must never know
//! what is drawn with it.

/// A generator of random choices.
#[derive(Debug)]
pub(crate) struct Luck(u64);

impl Luck {
    /// The luck of one seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// True in so many of 100 cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One of a list that is not empty.
    pub(crate) fn one<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        let last = u64::try_from(of.len() - 1).unwrap_or(u64::MAX);
        &of[usize::try_from(self.between(0, last)).unwrap_or(0)]
    }

    /// One of some words.
    pub(crate) fn word(&mut self, of: &[&str]) -> String {
        (*self.one(of)).to_owned()
    }
}
