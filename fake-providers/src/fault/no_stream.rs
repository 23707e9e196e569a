//! `no_stream`: a whole JSON answer to a request for a stream.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, BeforeHead, HeadMutation, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "no_stream",
    example: "no_stream",
    group: Group::Stream,
    parse: params::parse::<NoStream>,
    document: params::document::<NoStream>,
};

/// A request for a stream gets the whole answer as one JSON document, when its last token is due: what servers
/// do that do not know `stream`. A plain answer is as it should be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoStream {}

impl Fault for NoStream {
    fn before_head(&self, _: Strength) -> BeforeHead {
        Action::Mutate(HeadMutation::NoStream)
    }

    fn describe(&self) -> String {
        "one JSON document for a stream".to_owned()
    }
}
