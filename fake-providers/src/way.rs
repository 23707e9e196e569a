//! What happened on the way: links between a caller and a host that harmed a call, or never let it
//! arrive. The fakes do not do this; they only keep the book of it, because attempts are numbered
//! here.

use std::sync::Arc;

use record::{AttemptEnd, AttemptKind, Stage};
use world::Dial;

use crate::estate::Estate;
use crate::ledger::{Numbers, Opening};

/// Writes the row of a dial that did not arrive. Dials to hosts that are not ours leave none.
pub(crate) fn turned_away(estate: &Estate, dial: Dial<'_>, gateway: &str, rule: &Arc<str>) {
    let site = estate
        .hosts
        .iter()
        .position(|host| *host.host == *dial.to.host && host.port == dial.to.port);
    let Some(first) = site.and_then(|at| estate.sites.get(at)?.deployments.first().copied()) else {
        return;
    };
    let request = dial.on_behalf_of.parse().ok();
    let numbers = request.map_or(Numbers::default(), |request| estate.book.count(request, first));
    let deployment = estate.deployments.get(first).map(|first| first.config.id.clone());
    let attempt = estate.book.open(Opening {
        request,
        numbers,
        kind: AttemptKind::Request,
        stage: Stage::Connect,
        deployment: deployment.unwrap_or_else(|| vocab::DeploymentId::from("")),
        gateway: gateway.to_owned(),
        prompt_tokens: 0,
    });
    attempt.entry().met(rule);
    attempt.end(AttemptEnd::Refused);
}
