//! The HTML page of a proxy in the place of an answer: a login or maintenance page under 200, or an
//! error page.

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::Value;

use super::params::ParamError;
use super::{Entry, ErrorBody, Failure, Fault, Group, Instead, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "html",
    source: include_str!("html.rs"),
    example: "{ html: { status: 200 } }",
    group: Group::Response,
    parse,
    schema: || schema_for!(Params),
};

/// Parameters of `html`.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// HTTP status; 200 by default, or 400 to 599.
    #[schemars(range(min = 200, max = 599))]
    status: u16,
}

#[derive(Debug)]
struct Html(Params);

impl Default for Params {
    fn default() -> Self {
        Self { status: 200 }
    }
}

fn parse(value: &Value) -> Result<Box<dyn Fault>, ParamError> {
    let read: Params = params::read(value)?;
    if read.status != 200 {
        params::error_status(read.status)?;
    }
    Ok(Box::new(Html(read)))
}

impl Fault for Html {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        match (moment, self.0.status) {
            (Moment::Head, 200) => Verdict::Instead(Instead::Html),
            (Moment::Request, status @ 400..) => {
                Verdict::Fail(Failure { body: ErrorBody::Html, ..Failure::of_status(status) })
            }
            _ => Verdict::Pass,
        }
    }

    fn describe(&self) -> String {
        format!("html (a proxy's page with {})", self.0.status)
    }
}
