//! The request is read and never answered, without any failure code; the connection stays open.

use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "hang",
    source: include_str!("hang.rs"),
    example: "hang",
    group: Group::Response,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(Hang))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct Hang;

impl Fault for Hang {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head { Verdict::Stall } else { Verdict::Pass }
    }

    fn describe(&self) -> String {
        "hang (never answers)".to_owned()
    }
}
