//! Golden digests: the tables of small runs, one for each kind of draw that a platform could show in.
//! They hold every instant to the nanosecond, which is coarser than the last bit of a logarithm: the
//! bits of the variates themselves are held in `vocab`, whose tests notice another `exp` or `ln`.
//!
//! Whoever changes what a run does on purpose blesses the new digests with
//! `INSTA_UPDATE=always cargo nextest run -p runner every_platform`, and says in the changelog which
//! numbers moved and why.

use std::fmt::Write as _;

use plan::ClockKind;
use sha2::{Digest as _, Sha256};

use crate::support::{Played, play};

/// A scenario of a few seconds with two contenders: `middle` are its deployments, its
/// traffic and its client.
fn scenario(name: &str, middle: &str, faults: &str) -> String {
    format!(
        r#"
# Does every platform draw the same?
scenario: {name}
seed: 5
config: config.yaml
{middle}
faults: {faults}
contenders:
  - {{ name: shuffle }}
  - {{ name: priority, router_settings: {{ routing_strategy: priority }} }}
slo: {{ success: "rate > 0.1" }}
"#
    )
}

/// Constant latencies and even arrivals, so that nothing is drawn but what the faults draw.
const EVEN: &str = "\
deployments: { all: { ttft: { constant: 40ms }, itl: { constant: 4ms } } }
traffic:
  - { for: 6s, arrivals: { constant: 20/s }, workload: { stream: 70%, prompt_tokens: 20, answer_tokens: 12 } }
client: { timeout: 2s }";

/// A line for each table: whose it is, its lines, and the head of its SHA-256.
fn digests(played: &Played) -> String {
    let mut lines = String::new();
    for contender in ["direct", "shuffle", "priority"] {
        for table in ["requests.csv", "attempts.csv", "decisions.csv"] {
            let path = played.dir().join(contender).join(table);
            let Ok(bytes) = std::fs::read(&path) else { continue };
            let rows = bytes.iter().filter(|&&byte| byte == b'\n').count();
            let hash = Sha256::digest(&bytes);
            let head: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
            writeln!(lines, "{contender}/{table} {rows} {head}").expect("a string takes it");
        }
    }
    lines
}

fn digests_of(name: &str, middle: &str, faults: &str) -> String {
    digests(&play(&scenario(name, middle, faults), ClockKind::Virtual))
}

#[test]
fn lognormal_latencies_and_lengths() {
    let middle = "traffic: [{ for: 6s, arrivals: { constant: 20/s }, workload: chat }]\n\
                  client: { timeout: 20s }";
    insta::assert_snapshot!(digests_of("lognormal", middle, "[]"));
}

#[test]
fn poisson_arrivals() {
    let middle = EVEN.replace("constant: 20/s", "poisson: 20/s");
    insta::assert_snapshot!(digests_of("poisson", &middle, "[]"));
}

#[test]
fn random_incidents() {
    let faults = "[{ random: incident-model, target: all, each: deployment }]\n\
                  compress: { outages: 1500, gaps: 40000 }";
    insta::assert_snapshot!(digests_of("incidents", EVEN, faults));
}

#[test]
fn links_that_jitter_and_slice() {
    let faults = "\n  - { at: 1s, for: 4s, target: 'link:gateway->first', inject: { latency: { latency: 80ms, jitter: 40ms } } }\
                  \n  - { at: 1s, for: 4s, target: 'link:gateway->direct-openai', inject: { slicer: { average_size: 40, size_variation: 20, delay: 1ms } } }";
    insta::assert_snapshot!(digests_of("links", EVEN, faults));
}

#[test]
fn retries_that_back_off() {
    let faults = "[{ at: 1s, for: 3s, target: all, inject: { error: { status: 500 } } }]";
    insta::assert_snapshot!(digests_of("backoff", EVEN, faults));
}
