//! What a caller hands in: texts with names, and what the command line asks for. Nothing here opens a
//! file.

use std::time::Duration;

use crate::text::include::Included;

/// A file's text and the name that messages use for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// Path as the user knows it.
    pub name: String,
    /// What stands in it.
    pub text: String,
    /// The files that a config names under `include`, and those that they name; see
    /// [`Text::with_includes`].
    pub(crate) included: Vec<Included>,
}

impl Text {
    /// A text that is all there is: what it names under `include` is not known.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into(), included: Vec::new() }
    }
}

/// A config's text holds credentials: only its name is shown.
impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Text").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is to be run.
#[derive(Clone, Copy)]
pub struct Request<'r> {
    /// The scenario.
    pub scenario: &'r Text,
    /// The config of `--config`; `None` takes the one that the scenario names.
    pub config: Option<&'r Text>,
    /// Reads the config that the scenario names, by its path relative to the scenario; an error in
    /// one sentence.
    pub find_config: &'r dyn Fn(&str) -> Result<Text, String>,
    /// A timeline of faults that replaces the scenario's `faults:`.
    pub timeline: Option<&'r Text>,
    /// Reads a timeline that the scenario names, by its path relative to the scenario; an error in
    /// one sentence.
    pub find_timeline: &'r dyn Fn(&str) -> Result<Text, String>,
    /// In which time.
    pub clock: ClockKind,
    /// `--seed`.
    pub seed: Option<u64>,
    /// `--contender`, several; none is all.
    pub contenders: &'r [String],
    /// Another config than the run's, and which of its changes whom: these are the contenders then, whatever the scenario
    /// says.
    pub compared: Option<Compared<'r>>,
    /// `--personality`, for contenders that name none.
    pub personality: Option<&'r str>,
    /// `--model`: what every phase calls.
    pub model: Option<&'r str>,
    /// `--set key=value`, laid over the scenario in this order.
    pub sets: &'r [(String, String)],
    /// `--for`: only the first so long of the schedule.
    pub shorten: Option<Duration>,
    /// Which build asks.
    pub build: Build<'r>,
}

/// Two configs that are compared: the run's, and another one.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'r> {
    /// The other one.
    pub proposed: &'r Text,
    /// The contenders.
    pub arms: &'r [Arm],
}

/// A contender that has some of the changes between two configs.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// Its name, as of any contender.
    pub name: String,
    /// What it has of them.
    pub taken: Taken,
}

/// Some of the changes between two configs.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// None: it is the run's config.
    Nothing,
    /// All: it is the other config.
    Everything,
    /// Those at these positions of [`crate::config_changes`].
    Only(Vec<usize>),
    /// All, but that the key of the one at this position has this value, which is a number.
    Valued(usize, f64),
}

/// In which time a plan runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// Deterministic virtual time, in memory.
    Virtual,
    /// Real time, over loopback sockets.
    Wall,
}

/// A build of the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Build<'r> {
    /// Version of brownout.
    pub version: &'r str,
    /// SHA-256 of the binary, 16 hex digits; empty where it is not known.
    pub binary: &'r str,
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("scenario", &self.scenario.name)
            .field("config", &self.config.map(|config| &config.name))
            .finish_non_exhaustive()
    }
}
