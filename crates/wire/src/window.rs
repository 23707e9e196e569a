//! What rate-limit headers say, whatever their spelling: a window's limit, what remains of it, when
//! it resets; and how long to wait after a refusal.

use std::time::Duration;

/// One dimension of a rate limit. `R` is how its provider tells the reset: a duration from now
/// (OpenAI, Azure) or a moment in unix seconds (Anthropic).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window<R> {
    /// Units per window (requests or tokens).
    pub limit: Option<u64>,
    /// Units left in it.
    pub remaining: Option<u64>,
    /// When it is full again.
    pub reset: Option<R>,
}

impl<R> Default for Window<R> {
    fn default() -> Self {
        Self { limit: None, remaining: None, reset: None }
    }
}

/// The wait a refusal asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long from now.
    After(Duration),
    /// Until an HTTP date, unparsed: what time it is now is the caller's knowledge.
    At(String),
}

impl RetryAfter {
    /// Reads `retry-after-ms` or, without it, `retry-after` (seconds, also fractional, or a date).
    /// `None` if neither is there or the number is negative or not a number; whoever acts on the
    /// value must cap it.
    ///
    /// `get` looks a header up by its lower-case name.
    pub fn read<'h>(get: impl Fn(&str) -> Option<&'h str>) -> Option<Self> {
        if let Some(after) = get("retry-after-ms").and_then(|ms| duration(ms, 1e-3)) {
            return Some(Self::After(after));
        }
        let value = get("retry-after")?.trim();
        match duration(value, 1.0) {
            Some(after) => Some(Self::After(after)),
            None if value.ends_with("GMT") => Some(Self::At(value.to_owned())),
            None => None,
        }
    }
}

fn duration(value: &str, unit_s: f64) -> Option<Duration> {
    let number: f64 = value.trim().parse().ok()?;
    Duration::try_from_secs_f64(number * unit_s).ok()
}
