//! What to change: the leader's settings to paste, and what they would have gained against the config as it is.

use record::run::{ContenderInfo, ContenderKind};
use record::slo::{Aggregate, Metric};

use super::position;
use crate::Analysis;
use crate::report::{Contender, Measured};
use crate::words::figures::{counted, or_not, usd};
use crate::words::promise::beside_own_bound;

/// Name that a scenario gives to the config without changes.
const AS_IT_IS: &str = "as-it-is";

/// What a reader may do after the verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Who leads.
    pub(crate) leader: String,
    /// What it changes of the config, as YAML; `None` where it runs the config as it is.
    pub(crate) overlay: Option<String>,
    /// Where the change belongs, and what it does not say.
    pub(crate) remarks: Vec<String>,
    /// Against whom the gains are, and what they are; `None` where nobody else ran the config as it is.
    pub(crate) gains: Option<(String, Vec<String>)>,
}

/// Of a run with a leader; `None` without one.
pub(crate) fn change(analysis: &Analysis) -> Option<Change> {
    let leader = analysis.report.verdict.winner.as_deref().filter(|_| analysis.judges())?;
    let contenders = &analysis.report.contenders;
    let leader = contenders.iter().find(|contender| contender.name == leader)?;
    // Who has a config of its own lays nothing over the run's.
    let mut infos = analysis.run.contenders.iter().filter(|info| info.config.is_none());
    let info = infos.find(|info| info.name == leader.name)?;
    let gains = unchanged(analysis).filter(|other| other.name != leader.name);
    Some(Change {
        leader: leader.name.clone(),
        overlay: info.overlay.clone(),
        remarks: remarks(leader),
        gains: gains.map(|other| (other.name.clone(), against(leader, other))),
    })
}

/// Who ran the config as it is: the contender of that name, else the first that changes nothing.
fn unchanged(analysis: &Analysis) -> Option<&Contender> {
    let own = |info: &&ContenderInfo| !info.mark && info.config.is_none();
    let infos = || analysis.run.contenders.iter().filter(own);
    let named = infos().find(|info| info.name == AS_IT_IS);
    let info = named.or_else(|| infos().find(|info| info.overlay.is_none()))?;
    let contenders = &analysis.report.contenders;
    let unchanged = contenders.iter().find(|contender| contender.name == info.name)?;
    contenders.get(position(analysis, unchanged)).filter(|contender| contender.was_played())
}

fn remarks(leader: &Contender) -> Vec<String> {
    let place = match leader.kind {
        ContenderKind::Emulated => Some("belongs into your LiteLLM config".to_owned()),
        ContenderKind::BuiltIn => {
            Some("belongs into the config that `brownout gateway` serves".to_owned())
        }
        ContenderKind::Process | ContenderKind::Remote => None,
    };
    let instances = (leader.instances > 1)
        .then(|| format!("played with {}", counted(u64::from(leader.instances), "instance")));
    place.into_iter().chain(instances).collect()
}

/// Requests, money and recovery, in that order; what cannot be told is left out.
fn against(leader: &Contender, other: &Contender) -> Vec<String> {
    let mut gains = Vec::new();
    let (more, fewer) = (
        leader.succeeded.saturating_sub(other.succeeded),
        other.succeeded.saturating_sub(leader.succeeded),
    );
    gains.push(match (more, fewer) {
        (0, 0) => "as many requests answered".to_owned(),
        (0, fewer) => format!("{} answered", counted(fewer, "request").replacen(' ', " fewer ", 1)),
        (more, _) => format!("{} answered", counted(more, "request").replacen(' ', " more ", 1)),
    });
    let costs = leader.cost_per_1k_good_usd.known().zip(other.cost_per_1k_good_usd.known());
    gains.extend(costs.map(|(mine, theirs)| {
        let word = if mine <= theirs { "less" } else { "more" };
        format!("{} {word} per 1,000 good answers", usd((mine - theirs).abs()))
    }));
    let impacts = leader.impact_usd.known().zip(other.impact_usd.known());
    gains.extend(impacts.map(|(mine, theirs)| match mine == theirs {
        true => "the same impact".to_owned(),
        false => {
            let word = if mine < theirs { "less" } else { "more" };
            format!("{} {word} impact", usd((mine - theirs).abs()))
        }
    }));
    let recovery =
        |who: &Contender| Measured::largest(who.faults.iter().map(|fault| fault.time_to_recover_s));
    let (mine, theirs) = (recovery(leader), recovery(other));
    if !mine.is_absent() && !theirs.is_absent() {
        let bound = (Metric::Recover, Aggregate::Max);
        let told = |value| or_not(value, |s| beside_own_bound(leader, bound, s));
        gains.push(format!("slowest recovery {} instead of {}", told(mine), told(theirs)));
    }
    gains
}
