//! What is varied, and by how much: the variants of a plan, drawn from its seed. A draw is keyed by the variant and by
//! what it is for, so that one fault more in the scenario changes no other draw.

use plan::{Variation, by_degree};
use record::RunInfo;
use reports::report::VariedRange;
use vocab::Seed;

/// Most that an assumed latency is slower or faster.
const LATENCY: f64 = 0.3;
/// Most that a fault starts earlier or later, in nanoseconds.
const START_NS: f64 = 30e9;
/// Most that a fault hits harder or less hard.
const SEVERITY: f64 = 0.2;
/// Seeds of variants are drawn below this: short enough to type.
const SEEDS: u64 = 1_000_000;

/// The n-th variant of a run, from 1.
pub(crate) fn variation(run: &RunInfo, n: u32) -> Variation {
    let seed = Seed(run.scenario.seed);
    let unit = |what: &str, of: &str| seed.draw(what).n(u64::from(n)).of(of).unit();
    let around_one = |what: &str, of: &str, most: f64| 1.0 + most * (2.0 * unit(what, of) - 1.0);
    let assumed = run.deployments.iter().filter_map(|one| one.assumed.as_ref());
    let written = || run.faults.iter().filter(|fault| fault.origin.is_none());
    let shift = |id: &str| (START_NS * (2.0 * unit("robust/start", id) - 1.0)) as i64;
    Variation {
        seed: seed.draw("robust/seed").n(u64::from(n)).below(SEEDS),
        latency: assumed
            .map(|one| (one.preset.clone(), around_one("robust/latency", &one.preset, LATENCY)))
            .collect(),
        starts_ns: written().map(|fault| (fault.id.clone(), shift(&fault.id))).collect(),
        severity: written()
            .filter(|fault| by_degree(fault))
            .map(|fault| (fault.id.clone(), around_one("robust/severity", &fault.id, SEVERITY)))
            .collect(),
    }
}

/// What the variants of a run differ in.
pub(crate) fn ranges(run: &RunInfo) -> VariedRange {
    let written = || run.faults.iter().filter(|fault| fault.origin.is_none());
    let some = |is: bool, most: f64| is.then_some(most);
    VariedRange {
        latency: some(run.deployments.iter().any(|one| one.assumed.is_some()), LATENCY),
        starts_s: some(written().next().is_some(), START_NS / 1e9),
        severity: some(written().any(by_degree), SEVERITY),
    }
}
