//! Connections are refused and open ones reset, pooled ones included, as when a region's front end is
//! down.
//!
//! On sockets a dial is accepted and reset, so that it can be counted; in memory it is refused. A
//! request that still arrives on an open connection (share below 100 %) is reset.

use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "refuse",
    source: include_str!("refuse.rs"),
    example: "refuse",
    group: Group::Connection,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(Refuse))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct Refuse;

impl Fault for Refuse {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::Accept { .. } => Verdict::Refuse,
            Moment::Onset | Moment::Request => Verdict::Reset,
            Moment::Resolve
            | Moment::Reuse { .. }
            | Moment::Head
            | Moment::AfterTokens(_)
            | Moment::End => Verdict::Pass,
        }
    }

    fn at_connect(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "refuse (connections refused and reset)".to_owned()
    }
}
