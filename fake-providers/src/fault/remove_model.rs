//! `remove_model`: the provider's error of a model that is gone.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Entry, Fault, Group, params};
use crate::action::{Action, OnRequest, ProviderError, ProviderErrorKind, RequestEnd, Strength};

pub(super) const ENTRY: Entry = Entry {
    name: "remove_model",
    example: "remove_model",
    group: Group::Provider,
    parse: params::parse::<RemoveModel>,
    document: params::document::<RemoveModel>,
};

/// The model is gone: 404 in the provider's own words.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RemoveModel {}

impl Fault for RemoveModel {
    fn on_request(&self, _: Strength) -> OnRequest {
        let error = ProviderError::of_kind(404, ProviderErrorKind::ModelRemoved);
        Action::End(RequestEnd::Error(error))
    }

    fn describe(&self) -> String {
        "404".to_owned()
    }
}
