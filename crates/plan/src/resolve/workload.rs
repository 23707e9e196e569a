//! Workloads: what requests look like, from a preset by name or from properties over a preset.

use loadgen::config::{TokenSpread, Workload};

use crate::resolve::distributions::token_spread;
use crate::text::diagnostic::Problem;
use crate::text::raw::{InlineWorkload, TokensText};
use crate::text::read::Spot;

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
