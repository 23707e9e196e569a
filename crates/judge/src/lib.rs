//! What needs many runs: variants of a plan, and what they have in common.
//!
//! [`robust()`] plays a plan again and again with other values for what nobody knows, and says how often the leader
//! stays first and where it does not. [`gate()`] plays two configs and says whether the second does worse. [`parity`] holds the emulation of a product against the product. It must never know a command line, a terminal or a report's layout; files are
//! the runner's business, and numbers are made in `reports`.

mod baseline;
mod gate;
pub mod parity;
mod pool;
mod robust;
mod split;
mod variations;

pub use baseline::{against_baseline, baselines};
pub use gate::{BASE, Cell, GateError, GateQuestion, PROPOSED, Playing, both, gate};
pub use robust::{Question, RobustError, robust};
