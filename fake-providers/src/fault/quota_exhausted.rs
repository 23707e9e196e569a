//! Nothing is left to spend: the provider's own 429 for that, without a word on when to try again.

use super::{Entry, Failure, FailureKind, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "quota_exhausted",
    source: include_str!("quota_exhausted.rs"),
    example: "quota_exhausted",
    group: Group::Provider,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(QuotaExhausted))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct QuotaExhausted;

impl Fault for QuotaExhausted {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment != Moment::Request {
            return Verdict::Pass;
        }
        Verdict::Fail(Failure { kind: FailureKind::Quota, ..Failure::of_status(429) })
    }

    fn describe(&self) -> String {
        "quota_exhausted (429, nothing left to spend)".to_owned()
    }
}
