//! Money in integers: a price of $0.0375 per million tokens must not round.

use serde::{Deserialize, Serialize};

/// An amount in pico-US-dollars (10⁻¹² USD). `u64` holds up to 18 million dollars.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct PicoUsd(pub u64);

impl PicoUsd {
    /// The amount in US dollars, for printing.
    pub fn usd(self) -> f64 {
        self.0 as f64 / 1e12
    }

    /// `self + other`, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// What one token costs, by direction. One US dollar per million tokens is 1,000,000 pico-dollars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Per token of the prompt.
    pub input: PicoUsd,
    /// Per token of the answer.
    pub output: PicoUsd,
}

impl Price {
    /// From the providers' own unit, US dollars per million tokens. `None` if negative or not finite.
    pub fn per_million(input_usd: f64, output_usd: f64) -> Option<Self> {
        Some(Self { input: per_token(input_usd)?, output: per_token(output_usd)? })
    }

    /// Cost of an attempt: `tokens_in × input + tokens_out × output`.
    pub fn cost(self, tokens_in: u64, tokens_out: u64) -> PicoUsd {
        PicoUsd(
            self.input
                .0
                .saturating_mul(tokens_in)
                .saturating_add(self.output.0.saturating_mul(tokens_out)),
        )
    }
}

fn per_token(usd_per_million: f64) -> Option<PicoUsd> {
    let sane = usd_per_million.is_finite() && (0.0..=1e6).contains(&usd_per_million);
    sane.then_some(PicoUsd((usd_per_million * 1e6 + 0.5) as u64))
}

#[cfg(test)]
mod tests {
    use super::Price;

    #[test]
    fn gpt_4o_prices_are_exact() {
        let price = Price::per_million(2.5, 10.0).expect("finite");
        assert_eq!(price.cost(1_000_000, 1_000_000).usd(), 12.5);
        assert_eq!(Price::per_million(0.0375, 0.0).expect("finite").input.0, 37_500);
        assert!(Price::per_million(-1.0, 0.0).is_none());
        assert!(Price::per_million(f64::NAN, 0.0).is_none());
    }
}
