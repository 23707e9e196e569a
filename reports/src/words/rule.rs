//! Why a gateway did not do something: the rule of its policy, in words, with the figures that it compared.

use record::{Omission, Rule};

use super::figures::{count, counted, millis};
use super::text::plain;

/// What was not done: `no cooldown`.
pub(crate) const fn not_done(what: Omission) -> &'static str {
    match what {
        Omission::Cooldown => "no cooldown",
        Omission::Retry => "no retry",
        Omission::Fallback => "no fallback",
    }
}

/// The rule and its figures: `2 of 9 calls of that minute had failed, the rule asks for more than half`.
pub(crate) fn rule(rule: &Rule) -> String {
    match rule {
        Rule::CooldownsOff => "the config switches cooldowns off".to_owned(),
        Rule::CooldownOfNoTime => "the config sets a cooldown of 0 s".to_owned(),
        Rule::WildcardGroup => "deployments of a wildcard group are never cooled".to_owned(),
        Rule::RequestAtFault => "the request itself is at fault".to_owned(),
        Rule::KindSpared { reason } => {
            format!("failures of this kind ({}) cool nobody", plain(reason))
        }
        Rule::LaterFailure => {
            "only the first failure of a request within its group is counted".to_owned()
        }
        Rule::LimitOfRequest => {
            "a timeout that the client set itself is not held against the deployment".to_owned()
        }
        Rule::AllowedFails { failed, allowed } => {
            let failed = counted(*failed, "failure");
            format!("{failed} so far, the config allows {}", count(*allowed))
        }
        Rule::LoneDeployment { failed, calls, calls_min } => format!(
            "a single deployment of its group is cooled only once {} calls in a row have failed; {}",
            count(*calls_min),
            failed_of(*failed, *calls)
        ),
        Rule::FewCalls { failed, calls, calls_min } => format!(
            "{}, the rule asks for at least {} calls",
            failed_of(*failed, *calls),
            count(*calls_min)
        ),
        Rule::LowShare { failed, calls, above_percent } => {
            low_share(*failed, *calls, *above_percent)
        }
        Rule::FewFailures { in_a_row, in_a_row_min, recent, recent_min, outcomes } => format!(
            "{in_a_row} failed in a row and {recent} of the last {outcomes}, the rule asks for {in_a_row_min} in a row \
             or {recent_min} of {outcomes}"
        ),
        Rule::AlreadyCooling { left_ms } => {
            format!("it cools already, for another {}", millis(*left_ms as f64))
        }
        Rule::Unknown => "the gateway keeps no book on it".to_owned(),
        Rule::KindNotRetried => "failures of this kind are not retried".to_owned(),
        Rule::OwnFallbacks => "failures of this kind go to fallbacks of their own".to_owned(),
        Rule::NoOtherKey => "nobody else is in the group whose key might be better".to_owned(),
        Rule::RetriesUsed { failed, retries } => retries_used(*failed, *retries),
        Rule::FallbackFollows => {
            "everybody in the group was tried, and a fallback follows".to_owned()
        }
        Rule::EmptyGroup => "nobody is in the group".to_owned(),
        Rule::NobodyHealthy => "everybody in the group is cooling".to_owned(),
        Rule::LongWait { asked_ms, longest_ms } => format!(
            "the provider asks to wait {}, and a client is made to wait {} at most",
            millis(*asked_ms as f64),
            millis(*longest_ms as f64)
        ),
        Rule::StreamBegun => {
            "a stream had begun, and what breaks then goes to the fallbacks".to_owned()
        }
        Rule::Committed => "content had reached the client and cannot be taken back".to_owned(),
        Rule::RetryBudgetUsed { share_percent } => budget_used(*share_percent),
        Rule::TriesMax { tries } => format!("{} tries of one request are the most", count(*tries)),
        Rule::NoTimeLeft => "the time that the request allows is over".to_owned(),
        Rule::FallbacksDisabled => "the request wants none".to_owned(),
        Rule::NoneNamed => "the config names none for this group and this kind of error".to_owned(),
        Rule::AllTried { tried: 0 } => "the only one is the group itself".to_owned(),
        Rule::AllTried { tried } => format!("all were tried ({})", count(*tried)),
        Rule::DepthMax { depth } => {
            format!("fallbacks of fallbacks go {} deep at most", count(*depth))
        }
    }
}

fn budget_used(percent: u64) -> String {
    format!("the group's requests had caused as many retries as they may ({percent} %)")
}

fn failed_of(failed: u64, calls: u64) -> String {
    format!("{} of {} of that minute had failed", count(failed), counted(calls, "call"))
}

fn low_share(failed: u64, calls: u64, above_percent: u64) -> String {
    let share = match above_percent {
        50 => "half".to_owned(),
        percent => format!("{percent} %"),
    };
    format!("{}, the rule asks for more than {share}", failed_of(failed, calls))
}

fn retries_used(failed: u64, retries: u64) -> String {
    let allowed = match retries {
        0 => return "the config allows none".to_owned(),
        1 => "1 retry is".to_owned(),
        more => format!("{} retries are", count(more)),
    };
    format!("{} failed, {allowed} allowed", counted(failed, "attempt"))
}
