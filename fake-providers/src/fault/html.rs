//! `html`: a page in the place of an answer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::params::ErrorStatus;
use super::{Entry, Fault, Group, params};
use crate::action::{
    Action, BeforeHead, ErrorBody, HeadEnd, OnRequest, ProviderError, RequestEnd, Strength,
    Substitute,
};

pub(super) const ENTRY: Entry = Entry {
    name: "html",
    example: "{ html: { status: 200 } }",
    group: Group::Response,
    parse: params::parse::<Html>,
    document: params::document::<Html>,
};

/// The HTML page of a proxy in the place of an answer: a login or maintenance page under 200, or an
/// error page.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Html {
    /// HTTP status; 200 by default, or 400 to 599.
    #[schemars(with = "u16", range(min = 200, max = 599))]
    status: PageStatus,
}

/// 200, or an error.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
enum PageStatus {
    #[default]
    Good,
    Error(ErrorStatus),
}

impl TryFrom<u16> for PageStatus {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        if status == 200 { Ok(Self::Good) } else { ErrorStatus::try_from(status).map(Self::Error) }
    }
}

impl From<PageStatus> for u16 {
    fn from(status: PageStatus) -> Self {
        match status {
            PageStatus::Good => 200,
            PageStatus::Error(ErrorStatus(status)) => status,
        }
    }
}

impl Fault for Html {
    fn on_request(&self, _: Strength) -> OnRequest {
        match self.status {
            PageStatus::Good => Action::Pass,
            PageStatus::Error(ErrorStatus(status)) => {
                let error = ProviderError::of_status(status);
                Action::End(RequestEnd::Error(ProviderError { body: ErrorBody::Html, ..error }))
            }
        }
    }

    fn before_head(&self, _: Strength) -> BeforeHead {
        match self.status {
            PageStatus::Good => Action::End(HeadEnd::Substitute(Substitute::Html)),
            PageStatus::Error(_) => Action::Pass,
        }
    }

    fn describe(&self) -> String {
        format!("a proxy's page with {}", u16::from(self.status))
    }
}
