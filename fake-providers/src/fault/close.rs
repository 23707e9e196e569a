//! Connections are accepted and closed at once (FIN), as by a load balancer without healthy backends.
//!
//! A request that arrives on a connection that was open before is answered the same way.

use super::{Entry, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "close",
    source: include_str!("close.rs"),
    example: "close",
    group: Group::Connection,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(Close))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct Close;

impl Fault for Close {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if matches!(moment, Moment::Accept { .. } | Moment::Request) {
            Verdict::Close
        } else {
            Verdict::Pass
        }
    }

    fn at_connect(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        "close (accepted, then closed)".to_owned()
    }
}
