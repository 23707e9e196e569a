//! A good answer under a head that names the wrong content type.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{ContentType, Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "content_type",
    source: include_str!("content_type.rs"),
    example: "{ content_type: { as: html } }",
    group: Group::Response,
    parse: |value| Ok(Box::new(Named(params::read(value)?))),
    schema: || schema_for!(Params),
};

/// Parameters of `content_type`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// `html` (default), `text`, `json`, `stream`, or `none`.
    #[serde(rename = "as")]
    named: ContentType,
}

#[derive(Debug)]
struct Named(Params);

impl Fault for Named {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment == Moment::Head {
            Verdict::Twist(Twist::ContentType(self.0.named))
        } else {
            Verdict::Pass
        }
    }

    fn describe(&self) -> String {
        format!("content_type ({})", self.0.named.value().unwrap_or("none"))
    }
}
