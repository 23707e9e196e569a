//! What a random incident does: one of several faults, each with its weight.
//!
//! The default mix is ours: status pages say how long something was broken and for how many, not what
//! clients saw. It leans on the catalogue of incident reports in the project's reference, section 3.

use fake_providers::fault::{Entry, find};
use serde_json::{Value, json};
use vocab::Protocol;

use crate::resolve::catalogue;
use crate::text::diagnostic::Problem;
use crate::text::node::{Node, Value as Written};
use crate::text::raw::{Inject, Weighted};
use crate::text::read::read;

/// Most faults of one mix.
const FAULTS_MAX: usize = 100;

/// Faults that keep a client waiting instead of telling it something.
const HANGING: &[&str] =
    &["stall", "hang", "blackhole", "slow", "slow_headers", "slow_accept", "drip", "endless"];

/// Faults and their weights.
#[derive(Clone, Debug)]
pub(crate) struct Mix {
    faults: Vec<(f64, Happening)>,
    /// Whether nobody asked for it.
    default: bool,
}

/// What happens in a window.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    /// Its entry in the catalogue.
    pub entry: &'static Entry,
    /// Its parameters.
    pub params: Value,
}

impl Default for Mix {
    /// Errors most of the time, then overload, throttling and slowness, silence least often.
    fn default() -> Self {
        let faults = [
            (25.0, "error", json!({ "status": 500 })),
            (20.0, "error", json!({ "status": 503 })),
            (15.0, OVERLOADED, json!({ "status": 529 })),
            (15.0, "throttle", json!({ "retry_after": "10s" })),
            (
                15.0,
                "slow",
                json!({ "first_token": { "factor": 6 }, "between_tokens": { "factor": 3 } }),
            ),
            (10.0, "stall", json!({ "after_tokens": 8 })),
        ];
        let faults = faults.into_iter().filter_map(|(weight, name, params)| {
            Some((weight, Happening { entry: find(name)?, params }))
        });
        Self { faults: faults.collect(), default: true }
    }
}

/// The fault of an overloaded provider: 529 is Anthropic's, the others say 503.
const OVERLOADED: &str = "error";
const OVERLOADED_ANTHROPIC: u64 = 529;
const OVERLOADED_ELSEWHERE: u64 = 503;

impl Mix {
    /// Reads `inject:` of a random entry: one fault, or a list with weights.
    ///
    /// # Errors
    /// The first mistake in it.
    pub(crate) fn read(node: &Node) -> Result<Self, Problem> {
        let Written::List(items) = &node.value else {
            let inject: Inject = read(node)?;
            return Ok(Self { faults: vec![(1.0, happening(&inject, node)?)], default: false });
        };
        let mut faults = Vec::new();
        for item in items.iter().take(FAULTS_MAX) {
            let bare = item.get("inject").is_none();
            let text =
                if bare { Weighted { inject: read(item)?, weight: 1.0 } } else { read(item)? };
            if !(text.weight > 0.0 && text.weight <= 1e6) {
                let message = format!("a weight of {} picks nothing", text.weight);
                let help = "write a number above 0, such as `weight: 3`";
                return Err(Problem::new(message).help(help).at(item.at));
            }
            let place = item.get("inject").unwrap_or(item);
            faults.push((text.weight, happening(&text.inject, place)?));
        }
        if faults.is_empty() || items.len() > FAULTS_MAX {
            let message = format!("{} faults to choose from", items.len());
            let help = format!("name 1 to {FAULTS_MAX}, or leave `inject` out for the default mix");
            return Err(Problem::new(message).help(help).at(node.at));
        }
        Ok(Self { faults, default: false })
    }

    /// Whether nobody asked for other faults.
    pub(crate) fn is_default(&self) -> bool {
        self.default
    }

    /// Whether some fault keeps a client waiting.
    pub(crate) fn hangs(&self) -> bool {
        self.faults.iter().any(|(_, happening)| HANGING.contains(&happening.entry.name))
    }

    /// The fault that a uniform draw stands for, for deployments of these providers.
    pub(crate) fn pick(&self, unit: f64, protocols: &[Protocol]) -> Happening {
        let total: f64 = self.faults.iter().map(|(weight, _)| weight).sum();
        let mut left = unit * total;
        let mut picked = None;
        for (weight, happening) in &self.faults {
            picked = Some(happening);
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
        let mut picked = picked.cloned().unwrap_or_else(Happening::connect);
        let only_anthropic = protocols.iter().all(|one| *one == Protocol::Anthropic);
        if self.default && !only_anthropic && picked.params["status"] == OVERLOADED_ANTHROPIC {
            picked.params = json!({ "status": OVERLOADED_ELSEWHERE });
        }
        picked
    }
}

impl Happening {
    /// A region's names do not resolve.
    pub(crate) fn dns() -> Self {
        named("dns")
    }

    /// Connections to a region are refused.
    pub(crate) fn connect() -> Self {
        named("refuse")
    }
}

/// A fault of the catalogue without parameters; the catalogue has all that are named here.
fn named(name: &str) -> Happening {
    let entry = find(name).unwrap_or(&fake_providers::fault::ALL[0]);
    Happening { entry, params: Value::Null }
}

fn happening(inject: &Inject, node: &Node) -> Result<Happening, Problem> {
    let entry = catalogue::check(inject, node)?;
    Ok(Happening { entry, params: inject.params.clone() })
}
