//! Distributions as written, checked: of durations and of token counts.

use std::time::Duration;

use fake_providers::config::Spread;
use loadgen::config::TokenSpread;
use vocab::show_duration;

use crate::text::raw::{SpreadText, TokensText};

/// Longest median of a latency: beyond it a provider is not slow but down.
const LATENCY_MAX: Duration = Duration::from_secs(3600);
/// Most tokens of one prompt or answer: the largest context windows sold.
const TOKENS_MAX: u32 = 2_000_000;

/// Checks a distribution of durations.
///
/// # Errors
/// What is wrong with it; a remedy follows after a line break.
pub(crate) fn spread(text: SpreadText) -> Result<Spread, String> {
    match text {
        SpreadText::Constant(time) if time.0 <= LATENCY_MAX => Ok(Spread::Constant(time.0)),
        SpreadText::Constant(_) => Err("a latency over an hour\nuse a fault for outages".into()),
        SpreadText::Lognormal(quantiles) => {
            let (p50, p99) = (quantiles.p50.0, quantiles.p99.0);
            if p50.is_zero() {
                return Err("a log-normal median of 0s\nwrite `constant: 0s`".to_owned());
            }
            if p99 < p50 {
                return Err(format!(
                    "p99 ({}) is under p50 ({})\nexchange them",
                    show_duration(p99),
                    show_duration(p50)
                ));
            }
            if p50 > LATENCY_MAX {
                return Err("a median over an hour\nuse a fault for outages".to_owned());
            }
            Ok(Spread::Lognormal { p50, p99 })
        }
    }
}

/// Checks a distribution of token counts.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn token_spread(text: TokensText) -> Result<TokenSpread, String> {
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
