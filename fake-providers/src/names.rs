//! The names of the hosts: whoever dials through this program has them resolved here, so that a name
//! can fail before anything is dialled.

use std::io;
use std::sync::Weak;
use std::time::Duration;

use record::AttemptEnd;
use world::{BoxFuture, Dial, Names};

use crate::action::{NameError, NameFailure};
use crate::door::turned_away;
use crate::estate::Estate;
use crate::ledger::Attempt;
use crate::schedule::Caller;

/// Resolves the names of an estate's hosts, as long as there is one; all others resolve at once.
#[derive(Clone, Debug)]
pub(crate) struct Resolver(pub(crate) Weak<Estate>);

impl Names for Resolver {
    fn resolve<'a>(&'a self, dial: Dial<'a>, from: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match self.0.upgrade() {
                Some(estate) => resolve(&estate, dial, from).await,
                None => Ok(()),
            }
        })
    }
}

async fn resolve(estate: &Estate, dial: Dial<'_>, from: &str) -> io::Result<()> {
    let site = estate
        .hosts
        .iter()
        .position(|known| *known.host == *dial.to.host && known.port == dial.to.port)
        .and_then(|at| estate.sites.get(at));
    let Some(first) = site.and_then(|site| site.deployments.first().copied()) else {
        return Ok(());
    };
    let request = dial.on_behalf_of.parse().ok();
    let caller = request.map(|request| {
        let numbers = estate.book.next_numbers(request, first);
        Caller { request, numbers }
    });
    let schedule = estate.schedule.snapshot();
    let met = schedule.on_resolve(first, estate.clock.now(), caller);
    let delay = met.effect.delay.stretch(Duration::ZERO);
    let Some(NameFailure { error, after }) = met.effect.end else {
        estate.clock.sleep(delay).await;
        return Ok(());
    };
    // Dropped where the client gives up before: that is an ending, too.
    let attempt: Attempt = turned_away(estate, first, request, from);
    for rule in &met.rules {
        attempt.entry().met(rule);
    }
    estate.clock.sleep(delay.saturating_add(after)).await;
    attempt.end(AttemptEnd::Refused);
    let (kind, message) = match error {
        NameError::Nxdomain => (io::ErrorKind::NotFound, "no such name"),
        NameError::Servfail => (io::ErrorKind::Other, "the resolver failed"),
        NameError::Timeout => (io::ErrorKind::TimedOut, "the resolver did not answer"),
    };
    Err(io::Error::new(kind, format!("failed to resolve {}: {message}", dial.to.host)))
}
