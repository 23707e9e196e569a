//! The terminator comes twice, with a token between the two; what a client reads after the first one is
//! its own fault.

use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "double_done",
    source: include_str!("double_done.rs"),
    example: "double_done",
    group: Group::Stream,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(DoubleDone))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct DoubleDone;

impl Fault for DoubleDone {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::End { Verdict::Twist(Twist::DoubleDone) } else { Verdict::Pass }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "double_done (terminator twice)".to_owned()
    }
}
