//! `brownout check`: what a LiteLLM config really does, before anybody relies on it: who gets calm
//! traffic, what an outage makes of a request, what the file says in vain.
//!
//! Everything that the gateway decides is asked of the gateway ([`gateway::outlook`],
//! [`gateway::never_cools`]); here it becomes data ([`Check`]) and words ([`Check::text`]).

mod groups;
mod limits;
mod master_key;
mod modes;
mod outages;
mod refusals;
mod tags;
mod words;

use gateway::litellm::Dummies;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Serialize;

use crate::out::standalone::read_config;
use crate::resolve::config::Loaded;
use crate::resolve::finding::{Finding, Level};
use crate::text::diagnostic::{Report, Sources};
use crate::text::request::Text;

/// Version of the JSON.
const SCHEMA: &str = "brownout.check.v1";

/// What a config does.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Check {
    /// Version of this JSON: `brownout.check.v1`.
    pub schema: String,
    /// The config, as it was named.
    pub config: String,
    /// Whose behaviour is described.
    pub personality: String,
    /// The routing strategy.
    pub strategy: String,
    /// Its model groups, in the order of the file.
    pub groups: Vec<Group>,
    /// What is to be known about it, warnings first.
    pub findings: Vec<Finding>,
}

/// A model group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Group {
    /// Its `model_name`.
    pub name: String,
    /// Its deployments, in the order of the file.
    pub deployments: Vec<Deployment>,
    /// Who gets its calm traffic, in words.
    pub calm: String,
    /// Whether its answers come as streams, if clients want that: those of chat models do.
    pub streams: bool,
    /// Groups and deployments that a request goes on to, after any kind of error, nearest first.
    pub falls_back_to: Vec<String>,
    /// A plain request while nobody says a word.
    pub silent: Outlook,
    /// A stream likewise.
    pub silent_stream: Outlook,
    /// A plain request while everybody answers 503 at once.
    pub refusing: Outlook,
}

/// One deployment of a group.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Deployment {
    /// Its id.
    pub id: String,
    /// Its provider's protocol.
    pub provider: String,
    /// Share of the group's calm traffic, from 0 to 1; `null` where it depends on what happens.
    pub calm_share: Option<f64>,
}

/// What becomes of one request in an outage of everybody that it can reach.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Outlook {
    /// Attempts, at most.
    pub attempts: u32,
    /// Seconds until its client has the error; waits with a random part are one draw of it.
    pub seconds: f64,
    /// The same group by group, in the order in which they are tried.
    pub legs: Vec<Leg>,
}

/// One group's part of it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Leg {
    /// The group, or the id of a deployment.
    pub group: String,
    /// Attempts there.
    pub attempts: u32,
    /// Seconds that they take.
    pub seconds: f64,
}

/// Checks a config, as a gateway of `personality` would read it, or of the one that goes with its strategy.
/// Reads no environment.
///
/// # Errors
/// Every mistake with which no gateway would start, with its place.
pub fn check(text: &Text, personality: Option<&str>) -> Result<Check, Report> {
    let mut sources = Sources::default();
    match read_config(&mut sources, text, (&Dummies, personality)) {
        Ok((tree, Loaded { config, mut findings })) => {
            let groups = groups::groups(&config);
            findings.extend(outages::findings(&groups, &config, (&tree, &sources)));
            findings.extend(refusals::findings(&config, (&tree, &sources)));
            findings.extend(modes::findings(&config, (&tree, &sources)));
            findings.extend(modes::led_astray(&config, (&tree, &sources)));
            findings.extend(master_key::finding(&tree, &sources));
            findings.sort_by_key(|finding| (finding.level, finding.sort));
            Ok(Check {
                schema: SCHEMA.to_owned(),
                config: text.name.clone(),
                personality: config.personality.name.to_owned(),
                strategy: config.router.routing_strategy.name.to_owned(),
                groups,
                findings,
            })
        }
        Err(problems) => Err(Report::new(sources, problems)),
    }
}

/// The schema of [`Check`]; `check.schema.json` beside this crate's manifest is its committed copy.
pub fn check_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    generator.into_root_schema_for::<Check>().to_value()
}

impl Check {
    /// Whether anything is to be warned of.
    pub fn warns(&self) -> bool {
        self.findings.iter().any(|finding| finding.level == Level::Warning)
    }

    /// As people read it, at most `width` columns wide.
    pub fn text(&self, width: usize) -> String {
        words::text(self, width)
    }
}
