//! What of a scenario nobody knows for sure, and other values for it: assumed latencies, when a fault starts, how hard
//! it hits. Factors and shifts on typed values; who draws them is not known here.

use std::collections::BTreeMap;
use std::time::Duration;

use fake_providers::config::Spread;
use record::run::FaultInfo;
use vocab::At;
use world::Toxic;

use crate::resolve::degree;
use crate::resolve::deployments::FakeSpec;
use crate::resolve::timeline::Timeline;

/// Other values for what a scenario leaves open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variation {
    /// Seed of all luck.
    pub seed: u64,
    /// Factors on both times of a latency preset, by its name; only where it was assumed.
    pub latency: BTreeMap<String, f64>,
    /// Nanoseconds by which a fault's window is moved, by its id; as far as the schedule goes. Windows that an entry
    /// was expanded into are drawn anew by the seed and stay where that puts them.
    pub starts_ns: BTreeMap<String, i64>,
    /// Factors on how hard a fault hits, by its id: on a share under 100 %, on what a slowdown adds, on the part that a
    /// lowered limit takes away, on how long a stall lasts, inversely on a cap of connections, on a link's delay, and
    /// inversely on its bandwidth. A complete outage has no degree.
    pub severity: BTreeMap<String, f64>,
}

/// Whether a fault can hit harder or less hard; a complete outage cannot.
pub fn by_degree(fault: &FaultInfo) -> bool {
    fault.origin.is_none() && (fault.share < 1.0 || has_degree(fault))
}

fn has_degree(fault: &FaultInfo) -> bool {
    let links = || fault.params.as_object().into_iter().flat_map(|params| params.keys());
    degree::has_degree(&fault.kind, &fault.params)
        || links().any(|toxic| TOXICS_BY_DEGREE.contains(&toxic.as_str()))
}

/// Faults of links that have a degree, as [`toxic`] changes them.
const TOXICS_BY_DEGREE: &[&str] = &["latency", "bandwidth", "slow_close", "slicer"];

impl Variation {
    /// Scales the latencies that were assumed.
    pub(crate) fn of_fakes(&self, specs: &mut [FakeSpec]) {
        for spec in specs {
            let Some(&factor) = self.latency.get(&spec.preset) else { continue };
            if spec.assumed_ttft {
                spec.latency.ttft = scaled(spec.latency.ttft, factor);
            }
            if spec.assumed_itl {
                spec.latency.itl = scaled(spec.latency.itl, factor);
            }
        }
    }

    /// Moves the windows of hand-written faults, and makes them harder or milder.
    pub(crate) fn of_timeline(&self, timeline: &mut Timeline, end: At) {
        for at in 0..timeline.infos.len() {
            if timeline.infos[at].origin.is_some() {
                continue;
            }
            let id = timeline.infos[at].id.clone();
            let shift = self.starts_ns.get(&id).copied().unwrap_or(0);
            let shift = within(shift, &timeline.infos[at], end);
            let severity = self.severity.get(&id).copied().unwrap_or(1.0);
            let info = &mut timeline.infos[at];
            (info.from_ns, info.to_ns) = (moved(info.from_ns, shift), moved(info.to_ns, shift));
            info.share = share(info.share, severity);
            let kind = info.kind.clone();
            info.params = degree::harder(&kind, &info.params, severity);
            for rule in timeline.rules.iter_mut().filter(|rule| rule.id == id) {
                let window = &mut rule.window;
                (window.from, window.to) =
                    (at_moved(window.from, shift), at_moved(window.to, shift));
                rule.share = share(rule.share, severity);
                rule.params = degree::harder(&kind, &rule.params, severity);
            }
            for link in timeline.links.iter_mut().filter(|link| link.id == id) {
                (link.from, link.to) = (at_moved(link.from, shift), at_moved(link.to, shift));
                link.share = share(link.share, severity);
                link.toxic = toxic(link.toxic, severity);
            }
            for hit in timeline.instances.iter_mut().filter(|hit| hit.id == id) {
                (hit.from, hit.to) = (at_moved(hit.from, shift), at_moved(hit.to, shift));
            }
        }
    }
}

fn scaled(spread: Spread, factor: f64) -> Spread {
    match spread {
        Spread::Constant(always) => Spread::Constant(always.mul_f64(factor)),
        Spread::Lognormal { p50, p99 } => {
            Spread::Lognormal { p50: p50.mul_f64(factor), p99: p99.mul_f64(factor) }
        }
    }
}

/// The shift as far as it keeps the window inside the schedule; a window that is not inside stays.
fn within(shift: i64, fault: &FaultInfo, end: At) -> i64 {
    let signed = |ns: u64| i64::try_from(ns).unwrap_or(i64::MAX);
    let (earliest, latest) = (-signed(fault.from_ns), signed(end.ns()) - signed(fault.to_ns));
    if latest < 0 { 0 } else { shift.clamp(earliest, latest) }
}

fn moved(ns: u64, shift: i64) -> u64 {
    ns.saturating_add_signed(shift)
}

fn at_moved(at: At, shift: i64) -> At {
    At::after_start(Duration::from_nanos(moved(at.ns(), shift)))
}

/// A complete outage stays complete, and a part never becomes one.
fn share(share: f64, severity: f64) -> f64 {
    if share < 1.0 { (share * severity).clamp(0.0, 0.99) } else { share }
}

fn toxic(toxic: Toxic, severity: f64) -> Toxic {
    match toxic {
        Toxic::Latency { latency, jitter } => {
            Toxic::Latency { latency: latency.mul_f64(severity), jitter: jitter.mul_f64(severity) }
        }
        Toxic::Bandwidth { bytes_per_second } => {
            let narrower = bytes_per_second as f64 / severity;
            Toxic::Bandwidth { bytes_per_second: (narrower as u64).max(1) }
        }
        Toxic::SlowClose { delay } => Toxic::SlowClose { delay: delay.mul_f64(severity) },
        Toxic::Slicer { average, variation, delay } => {
            Toxic::Slicer { average, variation, delay: delay.mul_f64(severity) }
        }
        whole @ (Toxic::Timeout { .. }
        | Toxic::ResetPeer { .. }
        | Toxic::LimitData { .. }
        | Toxic::Down
        | Toxic::Hold) => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn complete_outages_stay_complete_and_a_part_never_becomes_one() {
        assert_eq!([share(1.0, 0.8), share(0.5, 1.2), share(0.9, 1.2)], [1.0, 0.6, 0.99]);
    }
}
