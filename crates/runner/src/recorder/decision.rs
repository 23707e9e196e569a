//! A gateway's decision in the columns of `decisions.csv`: its kind, and its facts as `key=value`.

use std::time::Duration;

use gateway::observer::{CheckResult, Choice, NoCooldown, NoFallback, NoRetry, Reason};
use record::{DecisionKind, Rule};
use vocab::DeploymentId;

/// The columns `kind` and `detail`.
pub(crate) fn kind_and_detail(choice: &Choice<'_>) -> (DecisionKind, String) {
    match choice {
        Choice::Pick => (DecisionKind::Pick, String::new()),
        Choice::Retry { attempt, wait } => {
            (DecisionKind::Retry, format!("attempt={attempt};wait_ms={}", wait.as_millis()))
        }
        Choice::Failover { to } => (DecisionKind::Failover, format!("to={to}")),
        Choice::Probe => (DecisionKind::Probe, String::new()),
        Choice::Checked { result, took } => (DecisionKind::Probe, checked(*result, *took)),
        Choice::Hedge { attempt, after } => {
            (DecisionKind::Hedge, format!("attempt={attempt};after_ms={}", after.as_millis()))
        }
        Choice::AtLimit { most } => (DecisionKind::AtLimit, format!("limit={most}")),
        Choice::PassedOver { counted, left, needs } => {
            (DecisionKind::PassedOver, format!("limit={counted};left={left};needs={needs}"))
        }
        Choice::AttemptFailed { status, reason } => (
            DecisionKind::AttemptFailed,
            match status {
                Some(status) => format!("status={status};reason={reason}"),
                None => format!("reason={reason}"),
            },
        ),
        Choice::Cooldown { lasts, reason } => (DecisionKind::Cooldown, cooled(*lasts, *reason)),
        Choice::CooldownProlonged { lasts, reason } => {
            (DecisionKind::CooldownProlonged, cooled(*lasts, *reason))
        }
        Choice::NoCooldown { why, reason } => {
            (DecisionKind::NoCooldown, no_cooldown(*why, *reason).detail())
        }
        Choice::NoRetry { why } => (DecisionKind::NoRetry, no_retry(*why).detail()),
        Choice::NoFallback { why } => (DecisionKind::NoFallback, no_fallback(*why).detail()),
        Choice::Served { attempts } => (DecisionKind::Served, format!("attempts={attempts}")),
        Choice::GaveUp { status, reason } => {
            (DecisionKind::GaveUp, format!("status={status};reason={reason}"))
        }
        Choice::Resumed { tokens } => (DecisionKind::Resumed, format!("tokens={tokens}")),
        Choice::StreamBroken { reason } => (DecisionKind::StreamBroken, format!("reason={reason}")),
        Choice::ClientLeft { waiting } => (
            DecisionKind::ClientLeft,
            waiting.map_or_else(String::new, |waiting| {
                format!("waited_ms={};limit_ms={}", ms(waiting.waited), ms(waiting.limit))
            }),
        ),
        Choice::Start => (DecisionKind::Start, String::new()),
        Choice::Reload { forgets } => (DecisionKind::Reload, forgotten(forgets)),
        Choice::Kill { forgets } => (DecisionKind::Kill, forgotten(forgets)),
    }
}

/// What tells a check of the gateway's own from a client's request that is a probe.
fn checked(result: CheckResult, took: Duration) -> String {
    match result {
        CheckResult::Passed => format!("check=passed;took_ms={}", ms(took)),
        CheckResult::Failed { reason } => {
            format!("{CHECK_FAILED};took_ms={};reason={reason}", ms(took))
        }
    }
}

/// How the detail of a check that failed begins.
pub(super) const CHECK_FAILED: &str = "check=failed";

fn cooled(lasts: Duration, reason: Reason) -> String {
    format!("for_ms={};reason={reason}", lasts.as_millis())
}

fn forgotten(forgets: &[DeploymentId]) -> String {
    let ids: Vec<&str> = forgets.iter().map(DeploymentId::as_str).collect();
    if ids.is_empty() { String::new() } else { format!("forgets={}", ids.join("+")) }
}

fn no_cooldown(why: NoCooldown, reason: Reason) -> Rule {
    match why {
        NoCooldown::Off => Rule::CooldownsOff,
        NoCooldown::NoTime => Rule::CooldownOfNoTime,
        NoCooldown::Wildcard => Rule::WildcardGroup,
        NoCooldown::RequestAtFault => Rule::RequestAtFault,
        NoCooldown::OurOwn | NoCooldown::KindSpared => {
            Rule::KindSpared { reason: reason.as_str().to_owned() }
        }
        NoCooldown::LaterFailure => Rule::LaterFailure,
        NoCooldown::LimitOfRequest => Rule::LimitOfRequest,
        NoCooldown::AllowedFails { failed, allowed } => Rule::AllowedFails { failed, allowed },
        NoCooldown::LoneDeployment { failed, calls, calls_min } => {
            Rule::LoneDeployment { failed, calls, calls_min }
        }
        NoCooldown::FewCalls { failed, calls, calls_min } => {
            Rule::FewCalls { failed, calls, calls_min }
        }
        NoCooldown::LowShare { failed, calls, above_percent } => {
            Rule::LowShare { failed, calls, above_percent }
        }
        NoCooldown::FewFailures { in_a_row, in_a_row_min, recent, recent_min, outcomes } => {
            Rule::FewFailures {
                in_a_row: in_a_row.into(),
                in_a_row_min: in_a_row_min.into(),
                recent: recent.into(),
                recent_min: recent_min.into(),
                outcomes: outcomes.into(),
            }
        }
        NoCooldown::AlreadyCooling { left } => Rule::AlreadyCooling { left_ms: ms(left) },
        NoCooldown::Unknown => Rule::Unknown,
    }
}

fn no_retry(why: NoRetry) -> Rule {
    match why {
        NoRetry::RequestAtFault => Rule::RequestAtFault,
        NoRetry::KindNotRetried => Rule::KindNotRetried,
        NoRetry::OwnFallbacks => Rule::OwnFallbacks,
        NoRetry::LoneDeployment => Rule::NoOtherKey,
        NoRetry::RetriesUsed { failed, retries } => {
            Rule::RetriesUsed { failed: failed.into(), retries: retries.into() }
        }
        NoRetry::FallbackFollows => Rule::FallbackFollows,
        NoRetry::EmptyGroup => Rule::EmptyGroup,
        NoRetry::NobodyHealthy => Rule::NobodyHealthy,
        NoRetry::LongWait { asked, longest } => {
            Rule::LongWait { asked_ms: ms(asked), longest_ms: ms(longest) }
        }
        NoRetry::StreamBegun => Rule::StreamBegun,
        NoRetry::Committed => Rule::Committed,
        NoRetry::BudgetUsed { share } => {
            Rule::RetryBudgetUsed { share_percent: (share * 100.0).round() as u64 }
        }
        NoRetry::TriesMax { tries } => Rule::TriesMax { tries: tries.into() },
    }
}

fn no_fallback(why: NoFallback) -> Rule {
    match why {
        NoFallback::Disabled => Rule::FallbacksDisabled,
        NoFallback::RequestAtFault => Rule::RequestAtFault,
        NoFallback::NoneNamed => Rule::NoneNamed,
        NoFallback::AllTried { tried } => Rule::AllTried { tried: tried.into() },
        NoFallback::DepthMax { depth } => Rule::DepthMax { depth: depth.into() },
        NoFallback::NoTime => Rule::NoTimeLeft,
        NoFallback::TriesMax { tries } => Rule::TriesMax { tries: tries.into() },
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
