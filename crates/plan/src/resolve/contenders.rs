//! From `contenders:` to names, instances and overlays. What an overlay does to the config is
//! [`crate::resolve::config`]'s business.

use std::sync::Arc;

use gateway::config::{Balance, Config};
use gateway::policy::{self, Personality};
use record::run::ConfigFile;
use serde_json::Value;
use vocab::ContenderName;

use crate::resolve::products::{self, ProductName};
use crate::text::diagnostic::{Problem, Span, suggest};
use crate::text::node::{Key, Node, Value as Written};
use crate::text::raw::{BalanceWord, Contender};
use crate::text::read::{Spot, read};

/// Most contenders of one run: each has its own thread and directory.
const CONTENDERS_MAX: usize = 64;
/// Most gateways of one contender.
const INSTANCES_MAX: u32 = 64;
/// The name of the mark without a gateway.
pub const DIRECT: &str = "direct";
/// One contender, before its config is read.
#[derive(Clone, Debug)]
pub(crate) struct ContenderSpec {
    /// Its name.
    pub name: ContenderName,
    /// Where it stands in the scenario, if it does.
    pub at: Option<Span>,
    /// How many of it.
    pub instances: u32,
    /// How requests are spread.
    pub balance: Balance,
    /// Whose behaviour it plays, where it says so.
    pub personality: Option<Personality>,
    /// The path of a config of its own, as the scenario names it.
    pub config: Option<Spot<String>>,
    /// That config, once it is read; else it is the run's.
    pub own: Option<OwnConfig>,
    /// What lies over the config, by section.
    pub overlay: Option<Node>,
    /// The product that it is, where it is none of our gateways.
    pub process: Option<ProcessSpec>,
}

/// The config of one contender alone.
#[derive(Clone, Debug)]
pub(crate) struct OwnConfig {
    /// What stands in it.
    pub tree: Node,
    /// Its file.
    pub file: ConfigFile,
}

/// A product to be started as a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessSpec {
    /// Which.
    pub product: ProductName,
    /// The version that is wanted, if another than the usual one.
    pub version: Option<String>,
    /// The Python of its environment, as the scenario wrote it.
    pub python: Option<String>,
}

/// A contender whose config was read.
pub(crate) struct ContenderConfig {
    /// Who.
    pub spec: ContenderSpec,
    /// Its gateway.
    pub gateway: Config,
    /// What the gateway was read from: the config under the overlay, as JSON. Holds secrets.
    pub settings: Value,
}

/// What a contender's config is after a change.
pub(crate) struct ChangedConfig {
    /// Its gateway from then on.
    pub gateway: Arc<Config>,
    /// What that was read from, as JSON. Holds secrets.
    pub settings: Value,
}

/// Reads the contenders; without a section there is one, `config`. Mistakes go to `problems`.
pub(crate) fn contenders(
    section: Option<&Node>,
    problems: &mut Vec<Problem>,
) -> Vec<ContenderSpec> {
    let Some(node) = section else {
        return ContenderName::new("config").map(|name| spec(name, None)).into_iter().collect();
    };
    let items = match &node.value {
        Written::List(items) if !items.is_empty() => items,
        Written::List(_)
        | Written::Null
        | Written::Bool(_)
        | Written::Number(_)
        | Written::Text(_)
        | Written::Map(_) => {
            let message = format!("expected a list of contenders, found {}", node.kind());
            let help = "write `- { name: least-busy, router_settings: { routing_strategy: \
                        least-busy } }`, or leave `contenders` out to run the config as it is";
            problems.push(Problem::new(message).help(help).at(node.at));
            return Vec::new();
        }
    };
    if items.len() > CONTENDERS_MAX {
        let message = format!("{} contenders; at most {CONTENDERS_MAX} are run", items.len());
        problems.push(Problem::new(message).help("split the scenario").at(node.at));
    }
    let mut contenders: Vec<ContenderSpec> = Vec::new();
    for item in items.iter().take(CONTENDERS_MAX) {
        match contender(item, &contenders) {
            Ok(contender) => contenders.push(contender),
            Err(problem) => problems.push(problem),
        }
    }
    contenders
}

fn spec(name: ContenderName, at: Option<Span>) -> ContenderSpec {
    ContenderSpec {
        name,
        at,
        instances: 1,
        balance: Balance::RoundRobin,
        personality: None,
        config: None,
        own: None,
        overlay: None,
        process: None,
    }
}

/// A contender that nobody wrote into a scenario: one of several configs that are compared.
pub(crate) fn of_config(name: ContenderName, own: Option<OwnConfig>) -> ContenderSpec {
    ContenderSpec { own, ..spec(name, None) }
}

fn contender(item: &Node, before: &[ContenderSpec]) -> Result<ContenderSpec, Problem> {
    let text: Contender = read(item)?;
    for (kind, spot) in [("remote", &text.remote), ("topology", &text.topology)] {
        if let Some(spot) = spot {
            return Err(Problem::new(format!(
                "`{kind}` contenders are not available yet in this version"
            ))
            .help("built-in contenders are overlays: `router_settings: { routing_strategy: … }`")
            .at(spot.at));
        }
    }
    let name = ContenderName::new(&text.name.value).ok_or_else(|| {
        Problem::new(format!("`{}` cannot name a contender", text.name.value))
            .help(format!(
                "it names a directory: a lowercase letter or digit, then up to {} more of those, \
                 `.`, `_` and `-`",
                ContenderName::LENGTH_MAX - 1
            ))
            .at(text.name.at)
    })?;
    if name.as_str() == DIRECT {
        return Err(Problem::new("`direct` is the mark without a gateway")
            .help("give this contender another name")
            .at(text.name.at));
    }
    if record::layout::is_reserved(name.as_str()) {
        return Err(Problem::new(format!("`{name}` is a file of every run directory"))
            .help("give this contender another name")
            .at(text.name.at));
    }
    if before.iter().any(|other| other.name == name) {
        return Err(Problem::new(format!("there are two contenders called `{name}`"))
            .help("give one of them another name")
            .at(text.name.at));
    }
    let mut contender = spec(name, Some(text.name.at));
    if let Some(instances) = text.instances {
        if !(1..=INSTANCES_MAX).contains(&instances.value) {
            let message =
                format!("{} instances; there can be 1 to {INSTANCES_MAX}", instances.value);
            return Err(Problem::new(message).help("write `instances: 2`").at(instances.at));
        }
        contender.instances = instances.value;
    }
    contender.balance = match text.balance {
        None | Some(BalanceWord::RoundRobin) => Balance::RoundRobin,
        Some(BalanceWord::LeastConn) => Balance::LeastConn,
        Some(BalanceWord::Random) => Balance::Random,
    };
    contender.personality = match &text.personality {
        Some(name) => Some(personality(&name.value).map_err(|problem| problem.at(name.at))?),
        None => None,
    };
    contender.process = process(&text)?;
    contender.config.clone_from(&text.config);
    let sections = [
        ("router_settings", text.router_settings.is_some()),
        ("litellm_settings", text.litellm_settings.is_some()),
        ("general_settings", text.general_settings.is_some()),
        ("brownout_settings", text.brownout_settings.is_some()),
        ("model_list", text.model_list.is_some()),
    ];
    let overlays = |key: &Key| sections.contains(&(key.name.as_str(), true));
    let overlay: Vec<(Key, Node)> =
        item.entries().iter().filter(|(key, _)| overlays(key)).cloned().collect();
    if !overlay.is_empty() {
        contender.overlay = Some(Node { value: Written::Map(overlay), at: item.at });
    }
    Ok(contender)
}

/// The product of a contender, which brings its own behaviour and is one process.
fn process(text: &Contender) -> Result<Option<ProcessSpec>, Problem> {
    let Some(name) = &text.process else {
        let stray = [("version", &text.version), ("python", &text.python)];
        let stray = stray.into_iter().find_map(|(key, spot)| Some((key, spot.as_ref()?.at)));
        return match stray {
            Some((key, at)) => Err(Problem::new(format!("`{key}` is about a product"))
                .help("add `process: litellm`, or leave it out")
                .at(at)),
            None => Ok(None),
        };
    };
    let product = products::product(name)?;
    if let Some(personality) = &text.personality {
        return Err(Problem::new(format!(
            "`{product}` behaves as it does: it plays no personality"
        ))
        .help("leave `personality` out")
        .at(personality.at));
    }
    if let Some(instances) = text.instances.as_ref().filter(|instances| instances.value > 1) {
        return Err(Problem::new(format!("`{product}` is started once"))
            .help("leave `instances` out; several are for our own gateway")
            .at(instances.at));
    }
    let version = text.version.as_ref().map(|version| version.value.clone());
    if let Some(spot) = &text.version
        && !is_version(&spot.value)
    {
        return Err(Problem::new(format!("`{}` is no version", spot.value))
            .help("write `version: \"1.106.2\"`")
            .at(spot.at));
    }
    let python = text.python.as_ref().map(|python| python.value.clone());
    Ok(Some(ProcessSpec { product, version, python }))
}

/// Whether a version can name a folder.
fn is_version(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'))
}

/// The personality of that name.
pub(crate) fn personality(name: &str) -> Result<Personality, Problem> {
    policy::find(name).ok_or_else(|| {
        let known: Vec<&str> = policy::ALL.iter().map(|personality| personality.name).collect();
        Problem::new(format!("unknown personality `{name}`")).help(suggest(
            name,
            &known,
            "personalities",
        ))
    })
}
