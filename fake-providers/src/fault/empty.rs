//! A whole and well-formed answer with nothing in it, finished in order: no choices, no candidates, no
//! content.

use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "empty",
    source: include_str!("empty.rs"),
    example: "empty",
    group: Group::Response,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(Empty))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct Empty;

impl Fault for Empty {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head { Verdict::Twist(Twist::Empty) } else { Verdict::Pass }
    }

    fn describe(&self) -> String {
        "empty (finished without content)".to_owned()
    }
}
