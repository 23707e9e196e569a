//! Scenarios that run but cannot tell what they seem to ask, each with the arithmetic that shows it:
//! faults closer together than a cooldown, deployments throttled before any fault, traffic that ends
//! before failback.

use std::collections::BTreeMap;
use std::time::Duration;

use fake_providers::config::{Limits, Quota, Rate};
use gateway::config::Config;
use loadgen::config::{ClientConfig, Phase, TokenSpread, Workload};
use record::run::{ActsOn, FaultInfo, OriginInfo};
use vocab::{At, Lognormal, Protocol, show_duration};

use crate::resolve::compress::{TypicalOutage, slowest};
use crate::resolve::contenders::ContenderConfig;
use crate::resolve::deployments::FakeSpec;
use crate::resolve::events::Change;
use crate::resolve::fleet::Fleet;
use crate::resolve::timeline::{by_entry, incidents_of};
use crate::resolve::traffic::end;
use crate::text::spelling::{rounded, seconds, show_rate, three_digits};

/// Attempts without which no change of a share can be seen (DESIGN section 6: λ × length ≥ 15).
const ATTEMPTS_MIN: f64 = 15.0;
/// Most warnings of one sort; a scenario with more has one cause.
const SAME_MAX: usize = 5;

/// What a scenario comes to.
#[derive(Clone, Copy)]
pub(crate) struct Situation<'s> {
    /// The deployments.
    pub fleet: &'s Fleet,
    /// The group that the first phase calls.
    pub called: &'s str,
    /// Their fakes.
    pub fakes: &'s [FakeSpec],
    /// The schedule.
    pub phases: &'s [Phase],
    /// The timeline.
    pub faults: &'s [FaultInfo],
    /// The contenders.
    pub contenders: &'s [ContenderConfig],
    /// Config changes.
    pub changes: &'s [Change],
    /// What random entries are like in life.
    pub typical_outages: &'s [TypicalOutage],
    /// By how much their outages are shortened.
    pub factor: f64,
    /// Limits that deployments share.
    pub quotas: &'s [Quota],
    /// The clients.
    pub client: &'s ClientConfig,
}

/// Everything suspicious, in one sentence each.
pub(crate) fn warnings(situation: &Situation<'_>) -> Vec<String> {
    let sorts = [
        outside(situation),
        too_close(situation),
        throttled(situation),
        failback(situation),
        too_few(situation),
        over_at_once(situation),
        expanded(situation),
        unfinished(situation),
    ];
    sorts.into_iter().flat_map(|sort| sort.into_iter().take(SAME_MAX)).collect()
}

/// Faults that meet no traffic, or only warm-up.
fn outside(situation: &Situation<'_>) -> Vec<String> {
    let end = end(situation.phases);
    let measured = situation.phases.iter().filter(|phase| !phase.warmup).map(|phase| phase.from);
    let measured = measured.min().unwrap_or(At::START);
    let line = |fault: &FaultInfo| {
        let (id, from, to) = (&fault.id, seconds(fault.from_ns), seconds(fault.to_ns));
        let (end, start) = (seconds(end.ns()), seconds(measured.ns()));
        if fault.from_ns >= end_ns(situation) {
            Some(format!("{id} starts at {from}, but traffic ends at {end}: nothing meets it"))
        } else if fault.to_ns > end_ns(situation) {
            Some(format!(
                "{id} lasts until {to}, but traffic ends at {end}: its end cannot be seen"
            ))
        } else if fault.to_ns <= measured.ns() {
            Some(format!("{id} ends at {to}, but warm-up lasts until {start}: no number shows it"))
        } else if fault.from_ns < measured.ns() {
            Some(format!(
                "{id} starts at {from}, but warm-up lasts until {start}: nothing before it is \
                 known"
            ))
        } else {
            None
        }
    };
    hand_written(situation).filter_map(line).collect()
}

/// Rollouts that the traffic does not see the end of.
fn unfinished(situation: &Situation<'_>) -> Vec<String> {
    let end = end(situation.phases);
    let line = |change: &Change| {
        let late = |one: &&ContenderConfig| change.ends(one.spec.instances) > end;
        let late: Vec<&str> =
            situation.contenders.iter().filter(late).map(|one| one.spec.name.as_str()).collect();
        (!late.is_empty()).then(|| {
            format!(
                "the rollout at {} is not over under {} when traffic ends at {}: its end cannot be seen",
                seconds(change.begins().ns()),
                late.join(", "),
                seconds(end.ns())
            )
        })
    };
    situation.changes.iter().filter_map(line).collect()
}

/// Faults that somebody wrote out; expanded ones are warned of by the entry, in [`expanded`].
fn hand_written<'s>(situation: &Situation<'s>) -> impl Iterator<Item = &'s FaultInfo> {
    situation.faults.iter().filter(|fault| fault.origin.is_none())
}

fn end_ns(situation: &Situation<'_>) -> u64 {
    end(situation.phases).ns()
}

/// Faults whose effects run into each other: the second starts while somebody still cools from the
/// first.
fn too_close(situation: &Situation<'_>) -> Vec<String> {
    let mut order: Vec<&FaultInfo> = hand_written(situation).collect();
    order.sort_by_key(|fault| fault.from_ns);
    let mut lines = Vec::new();
    for pair in order.windows(2) {
        let [first, second] = pair else { continue };
        if second.from_ns < first.to_ns {
            let overlap = seconds(first.to_ns.min(second.to_ns) - second.from_ns);
            let both = shared(first, second);
            lines.push(format!(
                "{} starts {overlap} before {} ends{both}: effects cannot be told apart",
                second.id, first.id
            ));
            continue;
        }
        let gap = Duration::from_nanos(second.from_ns - first.to_ns);
        let coolers = by_cooldown(situation.contenders, |cooldown| cooldown > gap);
        if !first.only_slows && !coolers.is_empty() {
            lines.push(format!(
                "{} starts {} after {}, but {coolers}: effects cannot be told apart",
                second.id,
                show_duration(gap),
                first.id
            ));
        }
    }
    lines
}

/// `, both on west`: deployments that two faults hit at one time.
fn shared(first: &FaultInfo, second: &FaultInfo) -> String {
    let both = first.deployments.iter().filter(|id| second.deployments.contains(id));
    let both: Vec<&str> = both.map(String::as_str).collect();
    if both.is_empty() { String::new() } else { format!(", both on {}", both.join(", ")) }
}

/// Hand-written faults that are over before a contender looks again.
fn over_at_once(situation: &Situation<'_>) -> Vec<String> {
    let line = |fault: &FaultInfo| {
        let length = Duration::from_nanos(fault.to_ns - fault.from_ns);
        let coolers = by_cooldown(situation.contenders, |cooldown| cooldown > length);
        (!fault.only_slows && fault.acts_on == ActsOn::Deployments && !coolers.is_empty()).then(
            || {
                format!(
                    "{} lasts {}, but {coolers}: it is over before anybody looks again",
                    fault.id,
                    show_duration(length)
                )
            },
        )
    };
    hand_written(situation).filter_map(line).collect()
}

/// What is suspicious about the windows of one entry together.
fn expanded(situation: &Situation<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let entries = by_entry(situation.faults);
    for outage in situation.typical_outages {
        if !entries.contains_key(&*outage.entry) {
            lines.push(format!(
                "{} came to no incident: the calm before the first one is longer than the schedule \
                 (its outages typically last {} in life; `compress:` makes months fit)",
                outage.entry,
                three_digits(outage.length)
            ));
        }
    }
    for (entry, windows) in entries {
        let outage = situation.typical_outages.iter().find(|outage| outage.entry == entry);
        lines.extend(outage.and_then(|outage| too_short(situation, outage, &windows)));
        lines.extend(crowded(situation, entry, &windows));
    }
    lines
}

/// Outages that compression made shorter than a contender's patience.
fn too_short(
    situation: &Situation<'_>,
    outage: &TypicalOutage,
    all: &[&FaultInfo],
) -> Option<String> {
    let limits = slowest(situation.contenders, situation.client, outage.hangs);
    let (limit, why) = limits.into_iter().max_by_key(|(limit, _)| *limit)?;
    let length = |fault: &&FaultInfo| Duration::from_nanos(fault.to_ns - fault.from_ns);
    let made_short = |length: &Duration| {
        *length < limit && length.mul_f64(situation.factor) >= limit && situation.factor > 1.0
    };
    let short: Vec<Duration> = all.iter().map(length).filter(made_short).collect();
    let shortest = short.iter().min()?;
    Some(format!(
        "{}: {} of {} windows are shorter than {why} of {} (the shortest {}, in life {})",
        outage.entry,
        short.len(),
        all.len(),
        show_duration(limit),
        three_digits(*shortest),
        three_digits(shortest.mul_f64(situation.factor)),
    ))
}

/// Windows that start before the effects of the ones before them are over.
fn crowded(situation: &Situation<'_>, entry: &str, windows: &[&FaultInfo]) -> Option<String> {
    let coolest = situation.contenders.iter().map(|one| one.gateway.longest_cooldown()).max()?;
    let cools = u64::try_from(coolest.as_nanos()).unwrap_or(u64::MAX);
    let crowded = |window: &&&FaultInfo| {
        situation.faults.iter().any(|other| {
            let whose = |origin: &OriginInfo| (origin.process.clone(), origin.incident);
            let (theirs, ours) = (other.origin.as_ref(), window.origin.as_ref());
            other.id != window.id
                && other.from_ns < window.from_ns
                && window.from_ns < other.to_ns.saturating_add(cools)
                && (theirs.is_none() || theirs.map(whose) != ours.map(whose))
        })
    };
    let number = windows.iter().filter(crowded).count();
    (number > 0).then(|| {
        let incidents = incidents_of(windows.iter().filter_map(|window| window.origin.as_ref()));
        format!(
            "{entry}: {number} of its {} windows ({incidents} incidents) start before the effects of \
             others are over (cooldowns last up to {}): judge the run, not single windows",
            windows.len(),
            show_duration(coolest)
        )
    })
}

/// `least-busy, latency cool for 60 s`, longest first; empty if nobody does.
fn by_cooldown(contenders: &[ContenderConfig], wanted: impl Fn(Duration) -> bool) -> String {
    let mut groups: BTreeMap<std::cmp::Reverse<Duration>, Vec<&str>> = BTreeMap::new();
    for ContenderConfig { spec, gateway, .. } in contenders {
        let cooldown = gateway.longest_cooldown();
        if wanted(cooldown) {
            groups.entry(std::cmp::Reverse(cooldown)).or_default().push(spec.name.as_str());
        }
    }
    let words = groups.iter().map(|(cooldown, names)| {
        let verb = if names.len() == 1 { "cools" } else { "cool" };
        format!("{} {verb} for {}", names.join(", "), show_duration(cooldown.0))
    });
    words.collect::<Vec<_>>().join(" and ")
}

/// Deployments that admit less than they are offered while nothing is wrong; those with the same
/// arithmetic in one line.
fn throttled(situation: &Situation<'_>) -> Vec<String> {
    let members: Vec<usize> = (0..situation.fleet.members.len())
        .filter(|at| *situation.fleet.members[*at].group == *situation.called)
        .collect();
    let (offered, phase) = peak(situation);
    let Some(phase) = phase else { return Vec::new() };
    let offers = |contender: &&ContenderConfig| {
        let calm = spreads(&contender.gateway);
        if calm { offered / members.len() as f64 } else { offered }
    };
    let mut alike: Vec<(f64, String, Vec<&str>)> = Vec::new();
    for &at in &members {
        let member = &situation.fleet.members[at];
        let quota = situation.quotas.iter().find(|quota| quota.deployments.contains(&at));
        let limits = quota.map_or(situation.fakes[at].limits, |quota| quota.limits);
        let limit = admitted(&limits, member.protocol, &phase.workload);
        let Some((admits, why)) = limit else { continue };
        match alike.iter_mut().find(|(other, reason, _)| *other == admits && *reason == why) {
            Some((_, _, ids)) => ids.push(member.id.as_str()),
            None => alike.push((admits, why, vec![member.id.as_str()])),
        }
    }
    let line = |(admits, why, ids): &(f64, String, Vec<&str>)| {
        let over = || situation.contenders.iter().filter(|contender| offers(contender) > *admits);
        let most = over().map(|contender| offers(&contender)).reduce(f64::max)?;
        let names: Vec<&str> = over().map(|contender| contender.spec.name.as_str()).collect();
        let (each, it) = if ids.len() > 1 { ("each of ", "one of them") } else { ("", "it") };
        Some(format!(
            "{each}{} admits {} req/s ({why}), but {} may offer {it} {}: throttled before any \
             fault",
            ids.join(", "),
            rounded(*admits),
            names.join(", "),
            rounded(most)
        ))
    };
    alike.iter().filter_map(line).collect()
}

/// The highest rate at which the called group is called, and the phase that peaks.
fn peak<'s>(situation: &Situation<'s>) -> (f64, Option<&'s Phase>) {
    let at = |instant: At| {
        let open = situation.phases.iter().filter(|p| p.from <= instant && instant < p.to);
        open.map(|phase| phase.arrivals.per_second).sum::<f64>()
    };
    let rates = situation.phases.iter().map(|phase| (at(phase.from), Some(phase)));
    rates.fold((0.0, None), |best, next| if next.0 > best.0 { next } else { best })
}

/// Requests per second that a fake's limits admit, and which limit says so.
fn admitted(limits: &Limits, protocol: Protocol, workload: &Workload) -> Option<(f64, String)> {
    let per_second = |rate: Rate| rate.amount as f64 / rate.per.as_secs_f64();
    let prompt = mean(workload.prompt_tokens);
    let answer = workload.max_tokens.map_or_else(|| mean(workload.answer_tokens), f64::from);
    let counted = match protocol {
        Protocol::Anthropic => prompt,
        Protocol::OpenAi
        | Protocol::Azure
        | Protocol::Gemini
        | Protocol::Bedrock
        | Protocol::Ollama => prompt + workload.max_tokens.map_or(0.0, f64::from),
    };
    let by_tokens = |limit: Option<Rate>, tokens: f64, what: &str| {
        limit.map(|limit| {
            let why = format!("{} {what} at {} each", show_rate(limit), rounded(tokens.round()));
            (per_second(limit) / tokens.max(1.0), why)
        })
    };
    let requests =
        limits.requests.map(|limit| (per_second(limit), format!("{} requests", show_rate(limit))));
    let tokens = by_tokens(limits.tokens, counted, "tokens");
    let output = by_tokens(limits.output_tokens, answer, "output tokens");
    [requests, tokens, output].into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0))
}

fn mean(spread: TokenSpread) -> f64 {
    match spread {
        TokenSpread::Constant(tokens) => f64::from(tokens),
        TokenSpread::Lognormal { p50, p99, max } => {
            Lognormal::from_quantiles(p50, p99).mean().min(f64::from(max))
        }
    }
}

/// Whether a strategy spreads calm traffic over the whole group.
fn spreads(gateway: &Config) -> bool {
    gateway.router.routing_strategy.spreads
}

/// Schedules that end while somebody still cools.
fn failback(situation: &Situation<'_>) -> Vec<String> {
    let Some(last) = hand_written(situation).max_by_key(|fault| fault.to_ns) else {
        return Vec::new();
    };
    let end = end_ns(situation);
    if last.to_ns >= end || last.only_slows {
        return Vec::new();
    }
    let rest = Duration::from_nanos(end - last.to_ns);
    let coolers = by_cooldown(situation.contenders, |cooldown| cooldown >= rest);
    if coolers.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "traffic ends {} after {}, but {coolers}: traffic ends before failback can be seen",
        show_duration(rest),
        last.id
    )]
}

/// Faults that meet too few requests for detection to be told.
fn too_few(situation: &Situation<'_>) -> Vec<String> {
    let line = |fault: &FaultInfo| {
        let mut met = 0.0;
        for phase in situation.phases {
            let from = phase.from.ns().max(fault.from_ns);
            let to = phase.to.ns().min(fault.to_ns);
            met += phase.arrivals.per_second * to.saturating_sub(from) as f64 / 1e9;
        }
        (met > 0.0 && met < ATTEMPTS_MIN).then(|| {
            format!(
                "{} lasts {} and meets about {} requests: at least {ATTEMPTS_MIN} are needed to \
                 tell when it was detected",
                fault.id,
                seconds(fault.to_ns - fault.from_ns),
                rounded(met.round())
            )
        })
    };
    hand_written(situation).filter_map(line).collect()
}
