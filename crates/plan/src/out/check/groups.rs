//! Who gets calm traffic, and what becomes of a request in an outage, group by group.

use std::sync::Arc;
use std::time::Duration;

use gateway::Outage;
use gateway::config::{Config, Deployment as Configured, DeploymentIndex, Mode};
use gateway::decisions::{Answer, Fleet, untagged};
use gateway::strategy::Preference;

use crate::out::check::{Deployment, Group, Leg, Outlook};

/// Every group of a config.
pub(super) fn groups(config: &Config) -> Vec<Group> {
    let fleet = Fleet::new(Arc::new(config.clone()));
    fleet.group_names().iter().map(|name| group(&fleet, name)).collect()
}

fn group(fleet: &Fleet, name: &str) -> Group {
    let config = fleet.config();
    let members: Vec<&Configured> =
        fleet.members(name).iter().map(|index| &config.deployments[index.get()]).collect();
    let shares = shares(config, &members);
    let outlook = |answer, outage| told(&gateway::outlook(config, name, answer, outage));
    let reached = gateway::reachable(config, name);
    let beyond = reached.iter().filter(|id| members.iter().all(|member| member.id != **id));
    Group {
        name: name.to_owned(),
        calm: calm(config, &members, &shares),
        deployments: members
            .iter()
            .zip(&shares)
            .map(|(member, share)| Deployment {
                id: member.id.to_string(),
                provider: member.protocol.name().to_owned(),
                calm_share: *share,
            })
            .collect(),
        streams: members.iter().any(|member| member.mode == Mode::Chat),
        falls_back_to: beyond.map(ToString::to_string).collect(),
        silent: outlook(Answer::Whole, Outage::Silent),
        silent_stream: outlook(Answer::Stream, Outage::Silent),
        refusing: outlook(Answer::Whole, Outage::Refusing),
    }
}

fn told(outlook: &gateway::Outlook) -> Outlook {
    let legs = outlook.legs.iter().map(|leg| Leg {
        group: leg.group.to_string(),
        attempts: leg.attempts,
        seconds: seconds(leg.lasts),
    });
    Outlook { attempts: outlook.attempts, seconds: seconds(outlook.lasts), legs: legs.collect() }
}

/// To a tenth: the random parts of waits are no more exact.
fn seconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10.0).round() / 10.0
}

/// Whether a deployment takes part in calm traffic: of those that requests without tags are meant for, those of the
/// lowest level of `order`, or everybody where there is none.
pub(super) fn takes_part(config: &Config, members: &[&Configured], one: &Configured) -> bool {
    let meant = meant(config, members);
    let lowest = meant.iter().filter_map(|member| member.order).min();
    let is_meant = meant.iter().any(|member| member.id == one.id);
    is_meant && (lowest.is_none() || one.order == lowest)
}

/// Whom of a group requests without tags are meant for.
fn meant<'c>(config: &'c Config, members: &[&Configured]) -> Vec<&'c Configured> {
    let all = DeploymentIndex::all(config.deployments.len());
    let of_group = |index: &DeploymentIndex| {
        members.first().is_some_and(|first| first.group == config.deployments[*index].group)
    };
    let indices: Vec<DeploymentIndex> = all.filter(of_group).collect();
    untagged(config, &indices).into_iter().map(|index| &config.deployments[index]).collect()
}

/// Share of calm traffic of each member, where it does not depend on what happens.
fn shares(config: &Config, members: &[&Configured]) -> Vec<Option<f64>> {
    let part: Vec<bool> =
        members.iter().map(|member| takes_part(config, members, member)).collect();
    let number = part.iter().filter(|part| **part).count();
    let first = part.iter().position(|part| *part);
    let weights = weights(members, &part);
    let total: f64 = weights.iter().sum();
    let share = |at: usize| match config.router.routing_strategy.prefers {
        _ if !part[at] => Some(0.0),
        _ if number == 1 => Some(1.0),
        Preference::First => Some(if first == Some(at) { 1.0 } else { 0.0 }),
        Preference::Weighted if total > 0.0 => Some(weights[at] / total),
        Preference::Weighted => Some(1.0 / number as f64),
        Preference::LeastBusy
        | Preference::Fastest
        | Preference::LeastUsed
        | Preference::Cheapest => None,
    };
    (0..members.len()).map(share).collect()
}

/// Weights of those who take part: by the first of weight, rpm and tpm that any of them has.
fn weights(members: &[&Configured], part: &[bool]) -> Vec<f64> {
    let by = [
        |one: &Configured| one.weight.unwrap_or(0.0),
        |one: &Configured| one.rpm.unwrap_or(0) as f64,
        |one: &Configured| one.tpm.unwrap_or(0) as f64,
    ];
    let of = |weight: fn(&Configured) -> f64| -> Vec<f64> {
        let both = members.iter().zip(part);
        both.map(|(member, part)| if *part { weight(member) } else { 0.0 }).collect()
    };
    let all = by.map(of);
    let positive = |weights: &&Vec<f64>| weights.iter().any(|weight| *weight > 0.0);
    all.iter().find(positive).cloned().unwrap_or_default()
}

/// Who gets calm traffic, in words.
fn calm(config: &Config, members: &[&Configured], shares: &[Option<f64>]) -> String {
    let part: Vec<&Configured> =
        members.iter().copied().filter(|member| takes_part(config, members, member)).collect();
    let meant = meant(config, members).len();
    let level = match (part.len() < meant, meant < members.len()) {
        (true, _) => format!(" of the {} with the lowest `order`", part.len()),
        (false, true) => format!(" of the {meant} tagged `default`"),
        (false, false) => String::new(),
    };
    let alone = shares.iter().position(|share| *share == Some(1.0));
    if let Some(alone) = alone.and_then(|at| members.get(at)) {
        let rest = members.len() - 1;
        return match rest {
            0 => "one deployment, which gets everything".to_owned(),
            _ => format!("`{}` gets everything; {rest} stand by", alone.id),
        };
    }
    match config.router.routing_strategy.prefers {
        Preference::First | Preference::Weighted => {
            let shares: Vec<String> = members
                .iter()
                .zip(shares)
                .map(|(member, share)| format!("{} {}", percent(share.unwrap_or(0.0)), member.id))
                .collect();
            format!("shared by chance, nothing is primary: {}", shares.join(", "))
        }
        Preference::LeastBusy => {
            format!("whoever{level} has the fewest requests under way; nothing is primary")
        }
        Preference::Fastest => {
            format!("whoever{level} was fastest lately; the primary changes by itself")
        }
        Preference::LeastUsed => {
            format!("whoever{level} used the fewest tokens this minute; nothing is primary")
        }
        Preference::Cheapest => format!("whoever{level} is the cheapest; ties go to the first"),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
