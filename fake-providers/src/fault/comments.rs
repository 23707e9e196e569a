//! Frames that carry nothing stand between the tokens: comments and bare colons where the stream is SSE,
//! an event of an unknown kind in Bedrock's framing. The answer is whole.
//!
//! Gemini's own streams have none, and its SDK takes them for broken JSON.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, Fault, Group, Moment, Twist, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "comments",
    source: include_str!("comments.rs"),
    example: "{ comments: { every: 1, ids: true } }",
    group: Group::Stream,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `comments`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// Before every so many tokens; 1 by default.
    #[schemars(range(min = 1))]
    every: u32,
    /// Whether lines with an `id:` come with them: a comment after one breaks some SDKs.
    ids: bool,
}

#[derive(Debug)]
struct Comments(Params);

impl Default for Params {
    fn default() -> Self {
        Self { every: 1, ids: false }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let params: Params = params::read(value)?;
    if params.every == 0 {
        return Err(ParamError::at("every", "use 1 or more tokens between two comments"));
    }
    Ok(Box::new(Comments(params)))
}

impl Fault for Comments {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match moment {
            Moment::AfterTokens(n) if n.is_multiple_of(self.0.every) => {
                Verdict::Twist(Twist::Comments { ids: self.0.ids })
            }
            Moment::AfterTokens(_)
            | Moment::Resolve
            | Moment::Accept { .. }
            | Moment::Onset
            | Moment::Reuse { .. }
            | Moment::Request
            | Moment::Head
            | Moment::End => Verdict::Pass,
        }
    }

    fn only_slows(&self) -> bool {
        true
    }

    fn describe(&self) -> String {
        let ids = if self.0.ids { ", with ids" } else { "" };
        format!("comments (every {} tokens{ids})", self.0.every)
    }
}
