//! Packets vanish: dials hang and open connections fall silent without FIN or RST, as in a network
//! partition.
//!
//! A dial stands until its client gives up; when the window ends those that still wait are turned away.
//! Silent connections stay silent.

use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "blackhole",
    source: include_str!("blackhole.rs"),
    example: "blackhole",
    group: Group::Connection,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(Blackhole))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct Blackhole;

impl Fault for Blackhole {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if matches!(moment, Moment::Accept { .. } | Moment::Onset | Moment::Request) {
            Verdict::Blackhole
        } else {
            Verdict::Pass
        }
    }

    fn at_connect(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "blackhole (packets vanish)".to_owned()
    }
}
