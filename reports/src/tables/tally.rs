//! Joining the two books: what the attempts of the offered requests add up to, in counts, tokens and
//! money, and whether the books agree.

use record::{RunInfo, Stage};
use vocab::{PicoUsd, Price};

use super::ledger::{Attempt, Ledger, is_warmup};
use super::requests::{Request, Requests};
use crate::words::figures::counted;

/// Sums over the attempts of requests outside warm-up; dials that nobody can attribute count by
/// their instant.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) attempts: u64,
    pub(crate) unattributed: u64,
    /// Unattributed dials that met a fault: where there are any, "rescued" is not observed.
    pub(crate) unattributed_faults: u64,
    /// Attempts by deployment number.
    pub(crate) by_deployment: Vec<u64>,
    pub(crate) billed_in: u64,
    pub(crate) billed_out: u64,
    pub(crate) wasted: u64,
    /// Bill of those with a price.
    pub(crate) cost: PicoUsd,
    /// Billed tokens of those without one.
    pub(crate) unpriced: u64,
    /// By position among the requests.
    pub(crate) requests: Vec<PerRequest>,
    /// Attempts of stage `request` that belong to no offered request.
    pub(crate) stray: u64,
}

/// What the ledger says about one request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PerRequest {
    pub(crate) billed_out: u64,
}

impl Tally {
    /// One pass over the ledger.
    pub(crate) fn of(run: &RunInfo, requests: &Requests, ledger: &Ledger) -> Self {
        let prices: Vec<Option<Price>> = run
            .deployments
            .iter()
            .map(|d| Price::per_million(d.usd_per_million_in?, d.usd_per_million_out?))
            .collect();
        let mut tally = Self {
            by_deployment: vec![0; ledger.deployments.all().len()],
            requests: vec![PerRequest::default(); requests.rows.len()],
            ..Self::default()
        };
        for attempt in &ledger.attempts {
            let position = attempt.request.and_then(|request| requests.position(request));
            if let Some(position) = position {
                tally.requests[position].billed_out += attempt.tokens_out;
            } else if attempt.stage == Stage::Request {
                tally.stray += 1;
            }
            let request = position.map(|position| &requests.rows[position]);
            let warmup = request
                .map_or_else(|| is_warmup(run, attempt.arrived_ns), |request| request.warmup);
            if !warmup {
                let price = prices.get(attempt.deployment).copied().flatten();
                tally.add(attempt, price);
                if !request.is_some_and(|request| serves(request, attempt, ledger)) {
                    tally.wasted += attempt.billed();
                }
                tally.unattributed += u64::from(request.is_none());
                tally.unattributed_faults += u64::from(request.is_none() && attempt.met_any());
            }
        }
        tally
    }

    /// Why the ledger does not reconcile with the clients' table; empty if it does.
    pub(crate) fn mismatches(&self, requests: &Requests) -> Vec<String> {
        let mut reasons = Vec::new();
        if self.stray > 0 {
            let belong = if self.stray == 1 { "belongs" } else { "belong" };
            reasons.push(format!(
                "{} in the ledger {belong} to no offered request",
                counted(self.stray, "attempt")
            ));
        }
        let unbilled = requests.rows.iter().zip(&self.requests);
        let mut unbilled = unbilled
            .filter(|(request, attempted)| request.tokens > attempted.billed_out)
            .peekable();
        if let Some((request, attempted)) = unbilled.peek().copied() {
            reasons.push(format!(
                "{} received tokens that no provider billed, request {} for one ({} received, {} billed)",
                counted(unbilled.count() as u64, "request"),
                request.id,
                request.tokens,
                attempted.billed_out
            ));
        }
        reasons
    }

    fn add(&mut self, attempt: &Attempt, price: Option<Price>) {
        self.attempts += 1;
        self.by_deployment[attempt.deployment] += 1;
        self.billed_in += attempt.tokens_in;
        self.billed_out += attempt.tokens_out;
        match price {
            Some(price) => {
                self.cost = self.cost.plus(price.cost(attempt.tokens_in, attempt.tokens_out));
            }
            None => self.unpriced += attempt.billed(),
        }
    }
}

/// Whether this attempt is the visit whose answer the client accepted.
fn serves(request: &Request, attempt: &Attempt, ledger: &Ledger) -> bool {
    request.succeeded()
        && attempt.stage == Stage::Request
        && request.served.as_ref().is_some_and(|(deployment, visit)| {
            *visit == attempt.visit
                && ledger.deployments.find(deployment) == Some(attempt.deployment)
        })
}
