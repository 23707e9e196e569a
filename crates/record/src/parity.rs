//! How far an emulation was measured to be like its product: a few lines, made by `brownout parity` from the published
//! table and embedded, for everybody who names an emulated contender. It must never know how it was measured.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// The score of one emulation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParityScore {
    /// The personality that plays the product.
    pub personality: String,
    /// The product and its version, such as `LiteLLM 1.106.2`.
    pub product: String,
    /// Cases in which the two agree.
    pub agree: u64,
    /// Cases that were played.
    pub of: u64,
    /// Cases in which they do not, by the kind of their fault, in the order of the table.
    pub deviations: BTreeMap<String, Vec<String>>,
}

impl ParityScore {
    /// As verdict lines say it: `emulated, 231 of 240 parity cases`.
    pub fn said(&self) -> String {
        format!("emulated, {} of {} parity cases", self.agree, self.of)
    }
}

/// The published scores.
const SCORES: &str = include_str!("../../../scenarios/parity/scores.json");

/// The published score of a personality; `None` where nothing was measured.
pub fn parity_of(personality: &str) -> Option<&'static ParityScore> {
    static READ: OnceLock<Vec<ParityScore>> = OnceLock::new();
    // A test of `judge` holds the file to the published table.
    let scores = READ.get_or_init(|| serde_json::from_str(SCORES).unwrap_or_default());
    scores.iter().find(|score| score.personality == personality)
}
