//! The first half of an answer, correctly framed: the length is right, the JSON is not.

use super::{Entry, Fault, Group, Instead, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "truncate_json",
    source: include_str!("truncate_json.rs"),
    example: "truncate_json",
    group: Group::Response,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(TruncateJson))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct TruncateJson;

impl Fault for TruncateJson {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head { Verdict::Instead(Instead::HalfJson) } else { Verdict::Pass }
    }

    fn describe(&self) -> String {
        "truncate_json (half of the JSON, well framed)".to_owned()
    }
}
