//! `compress:`: by how much incidents that last minutes and come every few days are shortened, so
//! that months fit into a run.
//!
//! Nothing is compressed unless the scenario says so, the factor is printed with the verdict, and a
//! factor under which an outage ends before a contender could have noticed is refused here, with the
//! arithmetic. The refusal looks at the typical (median) outage, so it does not depend on luck: all
//! seeds of a scenario are refused, or none. Single outages that came out shorter are warned of.

use std::time::Duration;

use gateway::config::Config;
use loadgen::config::ClientConfig;
use record::run::CompressInfo;
use vocab::show_duration;

use crate::resolve::contenders::ContenderConfig;
use crate::text::diagnostic::{Problem, Span};
use crate::text::node::{Node, Part};
use crate::text::raw::Factors;
use crate::text::read::{Spot, read};
use crate::text::spelling::{rounded, three_digits};

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
        check(factor.value, factor.at)?;
    }
    let factors = CompressInfo { outages: outages.value, gaps: gaps.value };
    Ok(Compress { factors, at: Some(node.at) })
}

/// Factors that a replayed timeline says of itself.
///
/// # Errors
/// A factor that is none.
pub(crate) fn checked(node: &Node, factors: CompressInfo) -> Result<CompressInfo, Problem> {
    check(factors.outages, node.place("outages", Part::Value))?;
    check(factors.gaps, node.place("gaps", Part::Value))?;
    Ok(factors)
}

fn check(factor: f64, at: Span) -> Result<(), Problem> {
    if (1.0..=FACTOR_MAX).contains(&factor) {
        return Ok(());
    }
    let message = format!("a factor is between 1 and {FACTOR_MAX}, not {factor}");
    let help = "1 is real time; 600 makes seconds of ten minutes";
    Err(Problem::new(message).help(help).at(at))
}

/// The outage that an entry of random incidents typically brings, before it is compressed.
#[derive(Clone, Debug)]
pub(crate) struct TypicalOutage {
    /// Id of the entry.
    pub entry: String,
    /// The median outage in life.
    pub length: Duration,
    /// Whether some of its faults keep a client waiting instead of telling it something.
    pub hangs: bool,
}

/// Refuses a compression under which the typical outage ends before a contender could have noticed.
pub(crate) fn refusal(
    typical_outages: &[TypicalOutage],
    compress: Compress,
    contenders: &[ContenderConfig],
    client: &ClientConfig,
) -> Option<Problem> {
    let at = compress.at?;
    typical_outages.iter().find_map(|outage| {
        let factor = compress.factors.outages;
        let short = outage.length.div_f64(factor);
        let (limit, why) = slowest(contenders, client, outage.hangs)
            .into_iter()
            .filter(|(limit, _)| short < *limit && outage.length >= *limit)
            .max_by_key(|(limit, _)| *limit)?;
        let most = outage.length.as_secs_f64() / limit.as_secs_f64();
        let (typical, limit) = (three_digits(outage.length), show_duration(limit));
        let message = format!(
            "compress: the typical outage of {} would last {} ({typical} / {}), less than {why} of \
             {limit}",
            outage.entry,
            three_digits(short),
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
    contenders: &[ContenderConfig],
    client: &ClientConfig,
    hangs: bool,
) -> Vec<(Duration, String)> {
    let mut limits = Vec::new();
    for ContenderConfig { spec, gateway, .. } in contenders {
        let name = &spec.name;
        let recheck = gateway.personality.policy.recheck(gateway);
        limits.push((recheck.after, format!("{name}'s {}", recheck.name)));
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
