//! How firm a verdict is: the same plan with other values for what nobody knows, again and again in virtual time.

use std::path::PathBuf;

use plan::{Plan, Variation};
use reports::report::{Led, ROBUST_SCHEMA, Robust, RobustVariant, RunReport, ValidityVerdict};
use reports::{AnalyseError, analyse};
use runner::{RunError, VariantOptions, run_variant};

use crate::pool::in_parallel;
use crate::split::split;
use crate::variations::{ranges, variation};

/// What is to be judged, and how.
pub struct Question<'a> {
    /// The plan whose verdict is judged.
    pub plan: &'a Plan,
    /// Its report.
    pub report: &'a RunReport,
    /// How many variants.
    pub variants: u32,
    /// How many are played at a time, at least one.
    pub at_a_time: usize,
    /// Makes the plan of a variant; an error in one sentence.
    pub vary: &'a (dyn Fn(&Variation) -> Result<Plan, String> + Sync),
    /// How they are played; each stands beside a directory of its own name.
    pub options: &'a VariantOptions,
    /// Told after each how many are done.
    pub done: &'a (dyn Fn(u32) + Sync),
}

impl std::fmt::Debug for Question<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { variants, at_a_time, .. } = self;
        let mut shown = f.debug_struct("Question");
        shown.field("variants", variants).field("at_a_time", at_a_time).finish_non_exhaustive()
    }
}

/// Why a verdict could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum RobustError {
    /// A variant has no plan.
    #[error("variant {number} cannot be planned: {reason}")]
    Plan {
        /// Which, from 1.
        number: u32,
        /// Why.
        reason: String,
    },
    /// A variant could not be played.
    #[error("variant {number} cannot be played: {source}")]
    Run {
        /// Which, from 1.
        number: u32,
        /// Why.
        #[source]
        source: RunError,
    },
    /// A variant's tables cannot be read.
    #[error("variant {number}: {source}")]
    Analyse {
        /// Which, from 1.
        number: u32,
        /// Why.
        #[source]
        source: AnalyseError,
    },
}

/// Plays the variants; `None` if it was stopped before the end. The result is a function of plan and number.
///
/// # Errors
/// The first of [`RobustError`], by number.
pub fn robust(question: &Question<'_>) -> Result<Option<Robust>, RobustError> {
    let wanted = usize::try_from(question.variants).unwrap_or(usize::MAX);
    let done = |number: usize| (question.done)(u32::try_from(number).unwrap_or(u32::MAX));
    let stop = (&*question.options.stop, &done as &(dyn Fn(usize) + Sync));
    let number = |at: usize| u32::try_from(at + 1).unwrap_or(u32::MAX);
    let results = in_parallel(wanted, question.at_a_time, stop, |at| play(question, number(at)));
    let Some(results) = results else { return Ok(None) };
    let mut variants = Vec::with_capacity(results.len());
    for result in results {
        let Some(variant) = result? else { return Ok(None) };
        variants.push(variant);
    }
    Ok(Some(summed_up(question, variants)))
}

fn play(question: &Question<'_>, number: u32) -> Result<Option<RobustVariant>, RobustError> {
    let drawn = variation(&question.plan.info, number);
    let plan = (question.vary)(&drawn).map_err(|reason| RobustError::Plan { number, reason })?;
    let options = VariantOptions {
        beside: beside(&question.options.beside, number),
        ..question.options.clone()
    };
    let played = run_variant(&plan, &options, analyse);
    let Some(analysis) = played.map_err(|source| RobustError::Run { number, source })? else {
        return Ok(None);
    };
    let report = analysis.map_err(|source| RobustError::Analyse { number, source })?.report;
    Ok(Some(RobustVariant {
        number,
        seed: drawn.seed,
        latency: drawn.latency,
        starts_s: drawn.starts_ns.into_iter().map(|(id, ns)| (id, ns as f64 / 1e9)).collect(),
        severity: drawn.severity,
        validity: report.validity.verdict,
        winner: report.verdict.winner,
        ranking: report.verdict.ranking,
        kept: report.verdict.kept,
    }))
}

/// A directory of its own for each variant.
fn beside(out: &std::path::Path, number: u32) -> PathBuf {
    let name = out.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy());
    out.with_file_name(format!("{name}-variant-{number}"))
}

fn summed_up(question: &Question<'_>, variants: Vec<RobustVariant>) -> Robust {
    let (plan, leader) = (question.plan, question.report.verdict.winner.clone());
    let valid: Vec<RobustVariant> =
        variants.iter().filter(|one| one.validity == ValidityVerdict::Valid).cloned().collect();
    let count = |holds: &dyn Fn(&RobustVariant) -> bool| {
        u32::try_from(valid.iter().filter(|one| holds(one)).count()).unwrap_or(u32::MAX)
    };
    let turned: Vec<bool> = valid.iter().map(|one| one.winner != leader).collect();
    let led = plan.contenders.iter().map(|contender| {
        let name = contender.name.to_string();
        let variants = count(&|one| one.winner.as_deref() == Some(name.as_str()));
        Led { name, variants }
    });
    Robust {
        schema: ROBUST_SCHEMA.to_owned(),
        valid: count(&|_| true),
        stayed: count(&|one| one.winner == leader),
        kept: count(&|one| leader.as_ref().is_some_and(|leader| one.kept.contains(leader))),
        nobody: count(&|one| one.winner.is_none()),
        led: led.filter(|led| led.variants > 0).collect(),
        split: leader.as_ref().and_then(|_| split(&plan.info, &valid, &turned)),
        varied: ranges(&plan.info),
        leader,
        variants,
    }
}
