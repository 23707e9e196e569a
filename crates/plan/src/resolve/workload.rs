//! Workloads: what requests look like, from a preset by name or from properties over a preset.

use loadgen::config::{TokenSpread, Workload};

use crate::resolve::presets::Presets;
use crate::text::diagnostic::Problem;
use crate::text::raw::{InlineWorkload, TokensText, WorkloadText};
use crate::text::read::Spot;

/// Most tokens of one prompt or answer: the largest context windows sold.
const TOKENS_MAX: u32 = 2_000_000;

/// The workload of a phase; without one, the default preset.
///
/// # Errors
/// An unknown name, or a property that is none, with its place.
pub(crate) fn workload(
    text: Option<&Spot<WorkloadText>>,
    presets: &Presets,
) -> Result<Workload, Problem> {
    let Some(Spot { value, at }) = text else { return presets.workload(None).cloned() };
    match value {
        WorkloadText::Named(name) => {
            presets.workload(Some(name)).cloned().map_err(|problem| problem.at(*at))
        }
        WorkloadText::Inline(inline) => {
            let like = inline.like.as_ref();
            let base = presets.workload(like.map(|like| like.value.as_str()));
            let base = base.map_err(|problem| problem.at(like.map_or(*at, |like| like.at)))?;
            workload_from("custom", inline, Some(base)).map_err(|problem| problem.at(*at))
        }
    }
}

/// Makes a workload; what `text` leaves out comes from `base`.
///
/// # Errors
/// A distribution that is none, or a property that neither gives.
pub(crate) fn workload_from(
    name: &str,
    text: &InlineWorkload,
    base: Option<&Workload>,
) -> Result<Workload, Problem> {
    let tokens = |given: &Option<Spot<TokensText>>, base: Option<TokenSpread>, what: &str| match (
        given, base,
    ) {
        (Some(Spot { value, at }), _) => token_spread(*value).map_err(|message| {
            Problem::new(format!("{what}: {message}"))
                .help("write a number, or { lognormal: { p50: 100, p99: 500 } }")
                .at(*at)
        }),
        (None, Some(base)) => Ok(base),
        (None, None) => Err(Problem::new(format!("the workload `{name}` has no {what}"))),
    };
    if text.max_tokens == Some(0) {
        return Err(Problem::new("max_tokens of 0 asks for nothing").help("leave it out"));
    }
    let stream = text.stream.map(|share| share.0).or(base.map(|base| base.stream_share));
    let repeat = text.repeat.map(|share| share.0).or(base.map(|base| base.repeat_share));
    Ok(Workload {
        name: name.to_owned(),
        stream_share: stream.unwrap_or(1.0),
        prompt_tokens: tokens(
            &text.prompt_tokens,
            base.map(|base| base.prompt_tokens),
            "prompt_tokens",
        )?,
        answer_tokens: tokens(
            &text.answer_tokens,
            base.map(|base| base.answer_tokens),
            "answer_tokens",
        )?,
        max_tokens: text.max_tokens.or(base.and_then(|base| base.max_tokens)),
        repeat_share: repeat.unwrap_or(0.0),
    })
}

fn token_spread(text: TokensText) -> Result<TokenSpread, String> {
    match text {
        TokensText::Constant(tokens) if (1..=TOKENS_MAX).contains(&tokens) => {
            Ok(TokenSpread::Constant(tokens))
        }
        TokensText::Constant(tokens) => {
            Err(format!("{tokens} is not between 1 and {TOKENS_MAX} tokens"))
        }
        TokensText::Lognormal(quantiles) => {
            let (p50, p99) = (quantiles.p50, quantiles.p99);
            if !(p50 >= 1.0 && p50 <= p99 && p99 <= f64::from(TOKENS_MAX)) {
                return Err(format!(
                    "p50 {p50} and p99 {p99} must rise between 1 and {TOKENS_MAX} tokens"
                ));
            }
            let max = quantiles.max.unwrap_or((p99 * 2.0).min(f64::from(TOKENS_MAX)) as u32);
            if f64::from(max) < p50 || max > TOKENS_MAX {
                return Err(format!("max {max} is not between the median and {TOKENS_MAX} tokens"));
            }
            Ok(TokenSpread::Lognormal { p50, p99, max })
        }
    }
}

/// Token counts in words: `p50 65 p99 300`.
pub(crate) fn show_tokens(spread: TokenSpread) -> String {
    match spread {
        TokenSpread::Constant(tokens) => format!("{tokens} tokens"),
        TokenSpread::Lognormal { p50, p99, max } => {
            format!("p50 {p50} p99 {p99} tokens (at most {max})")
        }
    }
}
