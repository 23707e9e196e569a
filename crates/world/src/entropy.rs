//! Luck from the machine, for a gateway that serves real traffic and has no seed.

use std::hash::{BuildHasher, Hasher};

use vocab::Seed;

/// A fresh seed from the operating system's entropy (std keys its hasher with it).
pub fn entropy() -> Seed {
    Seed(std::hash::RandomState::new().build_hasher().finish())
}
