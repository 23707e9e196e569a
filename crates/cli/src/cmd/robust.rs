//! `--robust`: the variants of a run that was just played, and what they say about its verdict.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use judge::{Question, RobustError, robust};
use plan::{Plan, Variation};
use reports::Analysis;
use reports::report::{Robust, ValidityVerdict};
use runner::{RunOutcome, VariantOptions};

use crate::args::PlanArgs;
use crate::cmd::run::stuck;
use crate::cmd::scenario::{self, Reading, Scenario};
use crate::exit::Failure;
use crate::progress::Variants;
use crate::screen;

/// A run that was played, and how it was asked for.
pub(crate) struct Played<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) args: &'a PlanArgs,
    pub(crate) reading: Reading<'a>,
    pub(crate) plan: &'a Plan,
    pub(crate) outcome: &'a RunOutcome,
    pub(crate) analysis: &'a Analysis,
}

/// Plays `number` variants; nothing where there is no verdict to judge, or where it was interrupted.
pub(crate) fn variants(
    played: &Played<'_>,
    number: u32,
    stop: &Arc<AtomicBool>,
) -> Result<Option<Robust>, Failure> {
    let valid = played.analysis.report.validity.verdict == ValidityVerdict::Valid;
    if played.outcome.interrupted || !valid {
        screen::remark("--robust: there is no verdict to judge");
        return Ok(None);
    }
    let at_a_time = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    screen::remark(&format!(
        "--robust: {number} variants, about {}",
        vocab::show_duration(expected(played, number))
    ));
    let options = VariantOptions {
        beside: played.outcome.dir.clone(),
        stop: Arc::clone(stop),
        stuck: Arc::new(stuck),
    };
    let vary = |variation: &Variation| {
        let varied = scenario::vary(played.scenario, played.args, played.reading, variation);
        varied.map_err(|failure| match failure {
            Failure::User(text)
            | Failure::Mistakes(text)
            | Failure::Unmeasured(text)
            | Failure::Internal(text) => text,
        })
    };
    let progress = Variants::show(number);
    let answer = robust(&Question {
        plan: played.plan,
        report: &played.analysis.report,
        variants: number,
        at_a_time,
        vary: &vary,
        options: &options,
        done: &|done| progress.set(done),
    });
    drop(progress);
    answer.map_err(|error| match error {
        RobustError::Plan { .. } => Failure::User(format!("error: {error}")),
        RobustError::Run { .. } | RobustError::Analyse { .. } => {
            Failure::Internal(error.to_string())
        }
    })
}

/// As long as the run took, each, less the mark that they leave out.
fn expected(played: &Played<'_>, number: u32) -> Duration {
    let contenders = u32::try_from(played.plan.contenders.len()).unwrap_or(u32::MAX);
    let each = played.outcome.took * contenders / contenders.saturating_add(1);
    Duration::from_secs((each * number).as_secs().max(1))
}
