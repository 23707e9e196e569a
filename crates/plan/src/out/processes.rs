//! Contenders that are real products: what a run can do with them, and what it keeps from them.

use gateway::policy::Kind;
use record::run::{ActsOn, EventKind};

use crate::out::checked::Checked;
use crate::out::isolated_config::isolated_config;
use crate::resolve::contenders::ContenderConfig;
use crate::resolve::timeline::Source;
use crate::text::request::ClockKind;

/// Why a product cannot be run as the scenario wants it, with what to do; nothing if it can.
pub(crate) fn refusal(checked: &Checked<'_>) -> Option<String> {
    let is_process = |one: &&ContenderConfig| one.spec.process.is_some();
    let one = checked.contenders.iter().find(is_process)?;
    let product = one.spec.process.as_ref()?.product;
    let (name, strategy) = (&one.spec.name, one.gateway.router.routing_strategy.name);
    let others = format!("leave {name} out (`--contender` names those that are run)");
    if checked.request.clock == ClockKind::Virtual {
        return Some(format!(
            "contender {name} is the real {product}, and that lives in real time: run with --clock wall, or {others}"
        ));
    }
    if one.gateway.personality.kind != Kind::Emulated {
        return Some(format!("contender {name}: {product} has no routing strategy `{strategy}`"));
    }
    let changes = |kind: EventKind| match kind {
        EventKind::Apply | EventKind::Rollout => true,
        EventKind::Mark => false,
    };
    if let Some(event) = checked.events.infos.iter().find(|event| changes(event.kind)) {
        let id = &event.id;
        return Some(format!(
            "event {id} changes the config while it runs, and {product} reads its config once: {others}"
        ));
    }
    let instance = checked.timeline.infos.iter().find(|fault| fault.acts_on == ActsOn::Instances);
    if let Some(fault) = instance {
        let id = &fault.id;
        return Some(format!("fault {id} acts on a gateway of ours, and {name} is none: {others}"));
    }
    let ours = |source: Source| match source {
        Source::Client => false,
        Source::Anybody | Source::Gateway(_) => true,
    };
    let link = checked.timeline.links.iter().find(|fault| ours(fault.source))?;
    Some(format!(
        "fault {} acts on links of our own gateways, and {name} dials by itself: {others}",
        link.id
    ))
}

/// What of the config is kept from a product, in one line; nothing of a gateway of ours.
pub(crate) fn left_out(contender: &ContenderConfig) -> Option<String> {
    let product = contender.spec.process.as_ref()?.product;
    let (_, paths) = isolated_config(&contender.settings);
    (!paths.is_empty()).then(|| {
        format!(
            "contender {}: kept from {product}, for a run touches nothing but itself: {}",
            contender.spec.name,
            paths.join(", ")
        )
    })
}
