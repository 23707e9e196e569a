//! Rate limits, with each provider's own arithmetic.
//!
//! - OpenAI: buckets of requests and of tokens; a request takes its prompt plus `max_tokens`.
//! - Azure: requests are judged over windows of 10 s, from 600 per minute on over windows of 1 s;
//!   tokens (prompt plus `max_tokens`) are counted up per UTC minute; a request larger than the whole
//!   quota is told to wait for a day.
//! - Anthropic: buckets of requests, of input tokens and of output tokens; the last is reserved from
//!   `max_tokens` and settled at the answer's end.
//! - Gemini: buckets of requests and of input tokens, and requests per day.
//! - Bedrock: buckets of requests and of tokens; prompt plus `max_tokens` is reserved, and settled
//!   with five tokens for each token of the answer.
//!
//! Headers and refusals are read off the same meters that admit. Deployments of one quota share one
//! throttle. Sources: the providers' rate-limit pages.

mod meter;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vocab::Protocol;

use crate::config::{Limits, Rate};
pub(crate) use meter::Gauge;
use meter::Meter;

/// Azure judges requests per minute over 1 s or 10 s; this is the usual one.
const AZURE_REQUEST_WINDOW: Duration = Duration::from_secs(10);

/// From so many requests per minute on Azure judges them over 1 s: ten per window.
const AZURE_SHORT_FROM: u64 = 600;

/// A day, over which Gemini counts requests.
const DAY: Duration = Duration::from_secs(86_400);

/// What a token of an answer takes from Bedrock's quota: its burndown rate for Claude 3.7 and later
/// ("Tokens per minute quotas", Bedrock user guide).
const BEDROCK_OUTPUT_WEIGHT: u64 = 5;

/// What Azure tells a request that can never fit.
const AZURE_NEVER: Duration = Duration::from_secs(86_400);

/// The limits of one deployment.
#[derive(Debug)]
pub(crate) struct Throttle {
    protocol: Protocol,
    meters: Mutex<Meters>,
}

#[derive(Debug)]
struct Meters {
    requests: Option<Meter>,
    tokens: Option<Meter>,
    output_tokens: Option<Meter>,
    requests_per_day: Option<Meter>,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    pub(crate) prompt_tokens: u64,
    pub(crate) max_tokens: u64,
}

/// What the meters show; a dimension without a limit is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) requests: Option<Gauge>,
    pub(crate) tokens: Option<Gauge>,
    pub(crate) output_tokens: Option<Gauge>,
}

/// A request that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    /// The dimension with the longest wait.
    pub(crate) dimension: Dimension,
    /// What it showed.
    pub(crate) gauge: Gauge,
    /// Units that the request would have taken.
    pub(crate) requested: u64,
    /// When it would fit.
    pub(crate) wait: Duration,
    /// All meters.
    pub(crate) reading: Reading,
}

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dimension {
    Requests,
    Tokens,
    OutputTokens,
    RequestsPerDay,
}

impl Throttle {
    /// `None` if nothing is limited.
    pub(crate) fn new(protocol: Protocol, limits: &Limits, now_ns: u64) -> Option<Self> {
        let bucket = |rate: Option<_>| rate.map(|rate| Meter::bucket(rate, now_ns));
        let requests_per_day =
            limits.requests_per_day.map(|amount| Meter::window(Rate { amount, per: DAY }, DAY));
        let buckets = Meters {
            requests: bucket(limits.requests),
            tokens: bucket(limits.tokens),
            output_tokens: None,
            requests_per_day: None,
        };
        let meters = match protocol {
            Protocol::Azure => Meters {
                requests: limits.requests.map(azure_requests),
                tokens: limits.tokens.map(|rate| Meter::window(rate, rate.per)),
                ..buckets
            },
            Protocol::OpenAi | Protocol::Bedrock | Protocol::Ollama => buckets,
            Protocol::Gemini => Meters { requests_per_day, ..buckets },
            Protocol::Anthropic => {
                Meters { output_tokens: bucket(limits.output_tokens), ..buckets }
            }
        };
        let Meters { requests, tokens, output_tokens, requests_per_day } = &meters;
        let limited = [requests, tokens, output_tokens, requests_per_day];
        let limited = limited.into_iter().any(Option::is_some);
        limited.then(|| Self { protocol, meters: Mutex::new(meters) })
    }

    /// Takes what the request needs from all meters, or from none.
    ///
    /// # Errors
    /// [`Excess`], about the meter that makes it wait longest.
    pub(crate) fn admit(&self, need: Need, now_ns: u64) -> Result<Reading, Box<Excess>> {
        let mut meters = self.meters();
        let costs = self.costs(need);
        let mut worst: Option<(Dimension, u64, Duration)> = None;
        for (dimension, units) in costs {
            let Some(meter) = meters.of(dimension) else { continue };
            let wait = meter.wait(units, now_ns).unwrap_or(self.never());
            if !wait.is_zero() && worst.is_none_or(|(.., longest)| wait > longest) {
                worst = Some((dimension, units, wait));
            }
        }
        if let Some((dimension, requested, wait)) = worst
            && let Some(gauge) = meters.of(dimension).map(|meter| meter.gauge(now_ns))
        {
            let reading = meters.read(now_ns);
            return Err(Box::new(Excess { dimension, gauge, requested, wait, reading }));
        }
        for (dimension, units) in costs {
            if let Some(meter) = meters.of(dimension) {
                meter.take(units, now_ns);
            }
        }
        Ok(meters.read(now_ns))
    }

    /// Lowers every limit to `factor` of what the config says (1 is as it says) from now on: a region
    /// under pressure. Headers and refusals show the lowered limits.
    pub(crate) fn scale(&self, factor: f64, now_ns: u64) {
        let mut meters = self.meters();
        let Meters { requests, tokens, output_tokens, requests_per_day } = &mut *meters;
        for meter in [requests, tokens, output_tokens, requests_per_day].into_iter().flatten() {
            meter.scale(factor, now_ns);
        }
    }

    /// What the meters show.
    pub(crate) fn reading(&self, now_ns: u64) -> Reading {
        self.meters().read(now_ns)
    }

    /// Fills every meter, as at the start.
    pub(crate) fn refill(&self, now_ns: u64) {
        let meters = &mut *self.meters();
        let Meters { requests, tokens, output_tokens, requests_per_day } = meters;
        let all = [requests, tokens, output_tokens, requests_per_day];
        all.into_iter().flatten().for_each(|meter| meter.refill(now_ns));
    }

    /// The answer is over: what was reserved for it beyond what it took is given back.
    pub(crate) fn settle(&self, reserved: u64, generated: u64, now_ns: u64) {
        let mut meters = self.meters();
        if let Some(meter) = meters.of(Dimension::OutputTokens) {
            meter.give_back(reserved.saturating_sub(generated), now_ns);
        }
        match self.protocol {
            Protocol::Bedrock => {}
            Protocol::OpenAi
            | Protocol::Azure
            | Protocol::Anthropic
            | Protocol::Gemini
            | Protocol::Ollama => return,
        }
        if let Some(meter) = meters.of(Dimension::Tokens) {
            let taken = generated.saturating_mul(BEDROCK_OUTPUT_WEIGHT);
            meter.give_back(reserved.saturating_sub(taken), now_ns);
            meter.take(taken.saturating_sub(reserved), now_ns);
        }
    }

    fn costs(&self, need: Need) -> [(Dimension, u64); 4] {
        let tokens = match self.protocol {
            Protocol::Anthropic | Protocol::Gemini => need.prompt_tokens,
            Protocol::OpenAi | Protocol::Azure | Protocol::Bedrock | Protocol::Ollama => {
                need.prompt_tokens.saturating_add(need.max_tokens)
            }
        };
        [
            (Dimension::Requests, 1),
            (Dimension::Tokens, tokens),
            (Dimension::OutputTokens, need.max_tokens),
            (Dimension::RequestsPerDay, 1),
        ]
    }

    /// The wait of a request that is larger than a whole quota.
    const fn never(&self) -> Duration {
        match self.protocol {
            Protocol::Azure => AZURE_NEVER,
            // The others name the time in which an empty bucket fills, and refuse again.
            Protocol::OpenAi
            | Protocol::Anthropic
            | Protocol::Gemini
            | Protocol::Bedrock
            | Protocol::Ollama => Duration::from_secs(60),
        }
    }

    fn meters(&self) -> MutexGuard<'_, Meters> {
        self.meters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Azure's windows are shorter the more it admits.
fn azure_requests(rate: Rate) -> Meter {
    let per_minute = u128::from(rate.amount) * 60_000_000_000 / rate.per.as_nanos().max(1);
    let short = per_minute >= u128::from(AZURE_SHORT_FROM);
    Meter::window(rate, if short { Duration::from_secs(1) } else { AZURE_REQUEST_WINDOW })
}

impl Meters {
    const fn of(&mut self, dimension: Dimension) -> Option<&mut Meter> {
        match dimension {
            Dimension::Requests => self.requests.as_mut(),
            Dimension::Tokens => self.tokens.as_mut(),
            Dimension::OutputTokens => self.output_tokens.as_mut(),
            Dimension::RequestsPerDay => self.requests_per_day.as_mut(),
        }
    }

    fn read(&mut self, now_ns: u64) -> Reading {
        let gauge = |meter: &mut Option<Meter>| meter.as_mut().map(|meter| meter.gauge(now_ns));
        Reading {
            requests: gauge(&mut self.requests),
            tokens: gauge(&mut self.tokens),
            output_tokens: gauge(&mut self.output_tokens),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vocab::Protocol;

    use super::{Dimension, Need, Throttle};
    use crate::config::{Limits, Rate};

    const MINUTE: Duration = Duration::from_secs(60);

    fn throttle(protocol: Protocol, limits: Limits) -> Throttle {
        Throttle::new(protocol, &limits, 0).unwrap()
    }

    fn tokens(amount: u64) -> Limits {
        Limits { tokens: Some(Rate { amount, per: MINUTE }), ..Limits::default() }
    }

    #[test]
    fn bedrock_reserves_the_answer_and_settles_at_five_times_its_tokens() {
        let throttle = throttle(Protocol::Bedrock, tokens(1000));
        let need = Need { prompt_tokens: 100, max_tokens: 500 };
        assert_eq!(throttle.admit(need, 0).unwrap().tokens.unwrap().remaining, 400);
        throttle.settle(500, 20, 0);
        let need = Need { prompt_tokens: 1, max_tokens: 0 };
        assert_eq!(throttle.admit(need, 0).unwrap().tokens.unwrap().remaining, 799);
        throttle.settle(0, 100, 0);
        assert_eq!(throttle.admit(need, 0).unwrap().tokens.unwrap().remaining, 298);
    }

    #[test]
    fn gemini_counts_input_and_days() {
        let limits = Limits { requests_per_day: Some(2), ..tokens(1000) };
        let throttle = throttle(Protocol::Gemini, limits);
        let need = Need { prompt_tokens: 10, max_tokens: 500 };
        assert_eq!(throttle.admit(need, 0).unwrap().tokens.unwrap().remaining, 990);
        assert!(throttle.admit(need, 0).is_ok());
        let excess = throttle.admit(need, 0).unwrap_err();
        assert_eq!(excess.dimension, Dimension::RequestsPerDay);
        assert_eq!(excess.wait, Duration::from_secs(86_400));
    }

    #[test]
    fn azure_judges_over_a_second_or_ten() {
        let limited = |amount| {
            let requests = Some(Rate { amount, per: MINUTE });
            throttle(Protocol::Azure, Limits { requests, ..Limits::default() })
        };
        let limit = |amount| {
            let need = Need { prompt_tokens: 1, max_tokens: 0 };
            limited(amount).admit(need, 0).unwrap().requests.unwrap().limit
        };
        assert_eq!((limit(60), limit(599), limit(600), limit(6000)), (10, 99, 10, 100));
    }
}
