//! A head that promises more bytes than come: half of them, and then the end of the connection.

use super::{Entry, Fault, Group, Instead, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "short_body",
    source: include_str!("short_body.rs"),
    example: "short_body",
    group: Group::Response,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(ShortBody))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct ShortBody;

impl Fault for ShortBody {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head { Verdict::Instead(Instead::Short) } else { Verdict::Pass }
    }

    fn describe(&self) -> String {
        "short_body (half of the promised length)".to_owned()
    }
}
