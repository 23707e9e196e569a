//! The words of `run.json`: closed sets as enums, and names from tables that are the gateway's.
//!
//! Strings exist only in the files. A word that is not listed here is refused where the file is read, so that no
//! decision can meet one. It must never know what a reader concludes from a word.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which clock the run was played on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Simulated: time jumps from timer to timer.
    Virtual,
    /// The machine's own, over sockets.
    Wall,
}

/// Whose gateway a contender is, and so what is known about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContenderKind {
    /// Our gateway by our policy, or no gateway at all.
    BuiltIn,
    /// Our gateway by somebody else's policy.
    Emulated,
    /// Somebody else's gateway, started by the run.
    Process,
    /// Somebody else's gateway, which already stood: only the client's side is observed.
    Remote,
}

/// How requests are spread over the instances of a contender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Balance {
    /// In turn.
    RoundRobin,
    /// To the instance with the fewest open requests.
    LeastConn,
    /// By lot.
    Random,
    /// Somebody else's business.
    Unknown,
}

/// Where a fault acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ActsOn {
    /// On deployments, or on links to them: the ledger says which attempts met it.
    #[default]
    Deployments,
    /// On gateway instances.
    Instances,
    /// On a link to gateway instances.
    Link,
}

impl ActsOn {
    /// Whether the ledger says who met it.
    pub fn is_deployments(&self) -> bool {
        *self == Self::Deployments
    }
}

/// What a shortened schedule left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LeftOut {
    /// A fault.
    Fault,
    /// An event.
    Event,
}

/// Something that happens on purpose and is no fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum EventKind {
    /// All instances take on another config at once.
    Apply,
    /// The instances take on another config one by one.
    Rollout,
    /// A line on the timeline; nothing changes.
    Mark,
}

impl ContenderKind {
    /// The word used in files, tables and prose.
    pub const fn word(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::Emulated => "emulated",
            Self::Process => "process",
            Self::Remote => "remote",
        }
    }

    /// Whether the gateway itself told what it decided, in `decisions.csv`.
    pub const fn tells_decisions(self) -> bool {
        match self {
            Self::BuiltIn | Self::Emulated => true,
            Self::Process | Self::Remote => false,
        }
    }

    /// Whether the providers' side was recorded, whatever a run adds; of a remote contender there is the client's table alone.
    pub const fn is_observed(self) -> bool {
        match self {
            Self::BuiltIn | Self::Emulated | Self::Process => true,
            Self::Remote => false,
        }
    }
}

impl fmt::Display for ContenderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(from = "String", into = "String")]
        #[schemars(with = "String")]
        pub enum $name {
            /// There is no gateway that could have one.
            None,
            /// The gateway is somebody else's, and does not say.
            Unknown,
            /// A row of the gateway's table, by its name.
            Named(String),
        }

        impl $name {
            /// The word used in files and tables.
            pub fn word(&self) -> &str {
                match self {
                    Self::None => "none",
                    Self::Unknown => "unknown",
                    Self::Named(name) => name,
                }
            }
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                [Self::None, Self::Unknown]
                    .into_iter()
                    .find(|known| known.word() == word)
                    .unwrap_or(Self::Named(word))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.word().to_owned()
            }
        }
    )+};
}

names! {
    /// Whose policy a gateway plays by: `litellm-1.106`, `brownout`, … The table is the gateway's.
    Personality,
    /// How a gateway picks deployments: `least-busy`, `priority`, … The table is the gateway's.
    Strategy
}

#[cfg(test)]
mod tests {
    use super::{ActsOn, Balance, Clock, ContenderKind, EventKind, Personality, Strategy};

    fn word(value: impl serde::Serialize) -> serde_json::Value {
        serde_json::to_value(value).expect("serialises")
    }

    #[test]
    fn the_words_are_those_of_the_files() {
        assert_eq!([Clock::Virtual, Clock::Wall].map(word), ["virtual", "wall"]);
        for kind in [
            ContenderKind::BuiltIn,
            ContenderKind::Emulated,
            ContenderKind::Process,
            ContenderKind::Remote,
        ] {
            assert_eq!(word(kind), kind.word());
        }
        let balances = [Balance::RoundRobin, Balance::LeastConn, Balance::Random, Balance::Unknown];
        assert_eq!(balances.map(word), ["round-robin", "least-conn", "random", "unknown"]);
        let events = [EventKind::Apply, EventKind::Rollout, EventKind::Mark];
        assert_eq!(events.map(word), ["apply", "rollout", "mark"]);
        let places = [ActsOn::Deployments, ActsOn::Instances, ActsOn::Link];
        assert_eq!(places.map(word), ["deployments", "instances", "link"]);
        assert!(serde_json::from_str::<Clock>("\"lunar\"").is_err(), "no clock of that name");
    }

    #[test]
    fn names_come_back_as_written() {
        let named = Personality::Named("litellm-1.106".to_owned());
        for personality in [Personality::None, Personality::Unknown, named] {
            let text = word(&personality);
            let back: Personality = serde_json::from_value(text).expect("reads");
            assert_eq!(back, personality);
        }
        assert_eq!(Strategy::from("none".to_owned()), Strategy::None);
    }
}
