//! The names of the hosts: whoever dials through this program has them resolved here, so that a name
//! can fail before anything is dialled.

use std::io;
use std::sync::Weak;
use std::time::Duration;

use record::AttemptEnd;
use world::{BoxFuture, Dial, Names};

use crate::action::{NameError, NameFailure};
use crate::ledger::Attempt;
use crate::schedule::Caller;
use crate::state::State;

/// Resolves the names of a state's hosts, as long as there is one; all others resolve at once.
#[derive(Clone, Debug)]
pub(crate) struct Resolver(pub(crate) Weak<State>);

impl Names for Resolver {
    fn resolve<'a>(&'a self, dial: Dial<'a>, from: &'a str) -> BoxFuture<'a, io::Result<()>> {
        Box::pin(async move {
            match self.0.upgrade() {
                Some(state) => resolve(&state, dial, from).await,
                None => Ok(()),
            }
        })
    }
}

async fn resolve(state: &State, dial: Dial<'_>, from: &str) -> io::Result<()> {
    let Some((_, first)) = state.dialled(dial) else { return Ok(()) };
    let request = dial.on_behalf_of.parse().ok();
    let caller = request.map(|request| {
        let numbers = state.book.next_numbers(request, first);
        Caller { request, numbers }
    });
    let schedule = state.schedule.snapshot();
    let dialled = schedule.on_resolve(first, state.clock.now(), caller);
    let delay = dialled.effect.delay.stretch(Duration::ZERO);
    let Some(NameFailure { error, after }) = dialled.effect.end else {
        state.clock.sleep(delay).await;
        return Ok(());
    };
    // Dropped where the client gives up before: that is an ending, too.
    let attempt: Attempt = state.open_dial(first, dial.on_behalf_of, from);
    for rule in &dialled.rules {
        attempt.record().met(rule);
    }
    state.clock.sleep(delay.saturating_add(after)).await;
    attempt.end(AttemptEnd::Refused);
    let (kind, message) = match error {
        NameError::Nxdomain => (io::ErrorKind::NotFound, "no such name"),
        NameError::Servfail => (io::ErrorKind::Other, "the resolver failed"),
        NameError::Timeout => (io::ErrorKind::TimedOut, "the resolver did not answer"),
    };
    Err(io::Error::new(kind, format!("failed to resolve {}: {message}", dial.to.host)))
}
