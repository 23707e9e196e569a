//! The last word of our own behaviour to a client whose request nobody answered: what it may do about it, and what
//! each deployment said.

use std::fmt::Write as _;
use std::time::Duration;

use super::super::wording::{Down, Silence};
use crate::upstream::failure::{ErrorClass, Failure, Reason};

/// Longest quotation of a deployment's words, in bytes; whoever wants more has the decisions.
const QUOTED_MAX: usize = 200;

/// Most deployments that are named.
const NAMED_MAX: usize = 16;

/// A fault of the request stays what it is, and so does a limit that ran out. Everything else is the providers', whose
/// statuses would tell the client something about itself that is not true: it gets a 503, the soonest time to
/// come back, and a line for each deployment.
pub(super) fn failure(failure: Failure, down: &Down<'_>) -> Failure {
    if stands(&failure) {
        return failure;
    }
    let soonest = down.soonest.or(failure.retry_after);
    let class = ErrorClass::ServiceUnavailable;
    Failure {
        class,
        status: class.status(),
        counts_as: None,
        upstream_status: None,
        retry_after: soonest.map(whole_seconds),
        retry_after_whole: None,
        message: words(down, &failure),
        kind: Some(Box::from("no_deployment_answered")),
        param: None,
        reason: failure.reason,
    }
}

fn stands(failure: &Failure) -> bool {
    let ours = matches!(
        failure.reason,
        Reason::ShuttingDown | Reason::NoMemory | Reason::Unsupported | Reason::NoTagMatches
    );
    let timeout = failure.class == ErrorClass::Timeout && failure.upstream_status.is_none();
    ours || timeout || failure.class.blames_request()
}

/// At least one: a client that is told 0 comes back at once.
fn whole_seconds(wait: Duration) -> Duration {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs(seconds.max(1))
}

fn words(down: &Down<'_>, failure: &Failure) -> String {
    if down.deployments.is_empty() {
        return failure.message.clone();
    }
    let mut text = "No deployment answered.".to_owned();
    for (id, why) in down.deployments.iter().take(NAMED_MAX) {
        // Writing to a string does not fail.
        let _ = match why {
            Silence::Failed(failure) => {
                let said = &failure.message;
                let said = &said[..said.floor_char_boundary(QUOTED_MAX)];
                let said = said.replace(['\n', '\r'], " ");
                match failure.upstream_status {
                    Some(status) => write!(text, "\n{id}: {status} ({}): {said}", failure.reason),
                    None => write!(text, "\n{id}: {}: {said}", failure.reason),
                }
            }
            Silence::Cools(wait) => write!(
                text,
                "\n{id}: not asked, since it failed before and cools for another {:.1} s",
                wait.as_secs_f64()
            ),
        };
    }
    let more = down.deployments.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        let _ = write!(text, "\nand {more} more");
    }
    text
}
