//! The answer never tells how many tokens it took; it is whole otherwise.

use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "no_usage",
    source: include_str!("no_usage.rs"),
    example: "no_usage",
    group: Group::Stream,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(NoUsage))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct NoUsage;

impl Fault for NoUsage {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head { Verdict::Twist(Twist::NoUsage) } else { Verdict::Pass }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "no_usage (no token counts)".to_owned()
    }
}
