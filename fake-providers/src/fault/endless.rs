//! The stream never ends: tokens follow the planned last one for as long as the client listens. A plain
//! answer never completes its body.

use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "endless",
    source: include_str!("endless.rs"),
    example: "endless",
    group: Group::Stream,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(Endless))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct Endless;

impl Fault for Endless {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head { Verdict::Twist(Twist::Endless) } else { Verdict::Pass }
    }

    fn describe(&self) -> String {
        "endless (tokens without end)".to_owned()
    }
}
