//! `compress:`: by how much incidents that last minutes and come every few days are shortened, so
//! that months fit into a run.
//!
//! Nothing is compressed unless the scenario says so, the factor is printed with the verdict, and a
//! factor under which an outage ends before a contender could have noticed is refused here, with the
//! arithmetic. The refusal looks at the typical (median) outage, so it does not depend on luck: all
//! seeds of a scenario are refused, or none. Single outages that came out shorter are warned of.

use std::time::Duration;

use gateway::config::{Config, Personality};
use loadgen::config::ClientConfig;
use record::run::CompressInfo;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use vocab::show_duration;

use crate::out::assemble::Playing;
use crate::out::run_info::cooldown;
use crate::resolve::traffic::rounded;
use crate::text::diagnostic::{Problem, Span};
use crate::text::node::Node;
use crate::text::read::{Spot, read};

/// Largest factor: a median outage of 75 minutes then lasts 4.5 ms, less than any timer here.
const FACTOR_MAX: f64 = 1e6;

/// Two factors, and where they stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Compress {
    /// The factors; 1 is real time.
    pub factors: CompressInfo,
    /// Where the scenario says them; `None` if it does not.
    pub at: Option<Span>,
}

impl Compress {
    /// Real time.
    pub(crate) const NONE: Self =
        Self { factors: CompressInfo { outages: 1.0, gaps: 1.0 }, at: None };
}

/// `compress:` as written, for the schema: one factor, or one each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CompressText;

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Factors {
    /// Outages last so many times shorter than in life.
    outages: Spot<f64>,
    /// The calm between them is so many times shorter than in life.
    gaps: Spot<f64>,
}

impl JsonSchema for CompressText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Compress".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let factors = generator.subschema_for::<Factors>();
        json_schema!({
            "description": "By how much random incidents are shortened: one factor, or one for \
                            outages and one for the gaps between them. Default: real time.",
            "anyOf": [{ "type": "number", "minimum": 1 }, factors]
        })
    }
}

/// Reads the section.
///
/// # Errors
/// A factor that is none.
pub(crate) fn compress(section: Option<&Node>) -> Result<Compress, Problem> {
    let Some(node) = section else { return Ok(Compress::NONE) };
    let Factors { outages, gaps } = if node.entries().is_empty() {
        let both: Spot<f64> = read(node).map_err(|_| {
            Problem::new(format!("expected a factor, found {}", node.kind()))
                .help("write `compress: { outages: 600, gaps: 6000 }`, or one number for both")
                .at(node.at)
        })?;
        Factors { outages: both, gaps: both }
    } else {
        read(node)?
    };
    for factor in [outages, gaps] {
        if !(1.0..=FACTOR_MAX).contains(&factor.value) {
            let message = format!("a factor is between 1 and {FACTOR_MAX}, not {}", factor.value);
            let help = "1 is real time; 600 makes seconds of ten minutes";
            return Err(Problem::new(message).help(help).at(factor.at));
        }
    }
    let factors = CompressInfo { outages: outages.value, gaps: gaps.value };
    Ok(Compress { factors, at: Some(node.at) })
}

/// What an entry of random incidents is like before it is compressed.
#[derive(Clone, Debug)]
pub(crate) struct Weather {
    /// Id of the entry.
    pub entry: String,
    /// The median outage in life.
    pub typical: Duration,
    /// Whether some of its faults keep a client waiting instead of telling it something.
    pub hangs: bool,
}

/// Refuses a compression under which the typical outage ends before a contender could have noticed.
pub(crate) fn refusal(
    weather: &[Weather],
    compress: Compress,
    playing: &[Playing],
    client: &ClientConfig,
) -> Option<Problem> {
    let at = compress.at?;
    weather.iter().find_map(|entry| {
        let factor = compress.factors.outages;
        let short = entry.typical.div_f64(factor);
        let (limit, why) = slowest(playing, client, entry.hangs)
            .into_iter()
            .filter(|(limit, _)| short < *limit && entry.typical >= *limit)
            .max_by_key(|(limit, _)| *limit)?;
        let most = entry.typical.as_secs_f64() / limit.as_secs_f64();
        let (typical, limit) = (shown(entry.typical), show_duration(limit));
        let message = format!(
            "compress: the typical outage of {} would last {} ({typical} / {}), less than {why} of \
             {limit}",
            entry.entry,
            shown(short),
            rounded(factor),
        );
        let help = format!(
            "at most `outages: {}` ({typical} / {limit}) with a longer schedule, or shorten what \
             takes {limit}",
            most.floor()
        );
        Some(Problem::new(message).help(help).at(at))
    })
}

/// How long each contender takes to look again, to give up waiting, or to probe.
pub(crate) fn slowest(
    playing: &[Playing],
    client: &ClientConfig,
    hangs: bool,
) -> Vec<(Duration, String)> {
    let mut limits = Vec::new();
    for Playing { spec, gateway } in playing {
        let name = &spec.name;
        limits.push(match gateway.personality {
            Personality::Litellm1106 => (cooldown(gateway), format!("{name}'s cooldown")),
            // Its cooldowns start short and grow; the first probe comes after the shortest.
            Personality::Brownout => (
                cooldown(gateway).min(gateway::cooldown::COOLDOWN_FIRST),
                format!("{name}'s probe interval"),
            ),
        });
        if hangs {
            limits.push(waits(name.as_str(), gateway, client));
        }
    }
    limits
}

/// How long somebody waits for a silent provider behind this gateway: itself or its clients.
fn waits(name: &str, gateway: &Config, client: &ClientConfig) -> (Duration, String) {
    let router = &gateway.router;
    let own = gateway.deployments.iter().map(|deployment| {
        let stream = deployment.stream_timeout.or(router.stream_timeout);
        stream.or(deployment.timeout).unwrap_or(router.timeout)
    });
    let gateways = own.max().unwrap_or(router.timeout);
    let patience = client.patience.unwrap_or(client.timeout).min(client.timeout);
    if patience < gateways {
        (patience, "the patience of clients".to_owned())
    } else {
        (gateways, format!("{name}'s timeout"))
    }
}

/// A duration of incidents, to three digits: `75.2 min`, `7.52 s`.
pub(crate) fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (number, unit) = match seconds {
        s if s >= 2.0 * 86_400.0 => (s / 86_400.0, "d"),
        s if s >= 2.0 * 3600.0 => (s / 3600.0, "h"),
        s if s >= 120.0 => (s / 60.0, "min"),
        s if s >= 1.0 => (s, "s"),
        s => (s * 1e3, "ms"),
    };
    format!("{} {unit}", rounded(number))
}
