//! `content_type`: another content type in the head.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, MediaType, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "content_type",
    example: "{ content_type: { as: html } }",
    group: Group::Response,
    parse: params::parse::<ContentType>,
    document: params::document::<ContentType>,
};

/// A good answer under a head that names the wrong content type.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct ContentType {
    /// `html` (default), `text`, `json`, `stream`, or `none`.
    #[serde(rename = "as")]
    named: MediaType,
}

impl Fault for ContentType {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::Mutate(HeadMutation::ContentType(self.named))
    }

    fn describe(&self) -> String {
        self.named.value().unwrap_or("none").to_owned()
    }
}
