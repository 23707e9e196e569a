//! The model is gone: 404 in the provider's own words.

use super::{Entry, Failure, FailureKind, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "remove_model",
    source: include_str!("remove_model.rs"),
    example: "remove_model",
    group: Group::Provider,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(RemoveModel))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct RemoveModel;

impl Fault for RemoveModel {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment != Moment::Request {
            return Verdict::Pass;
        }
        Verdict::Fail(Failure { kind: FailureKind::ModelRemoved, ..Failure::of_status(404) })
    }

    fn describe(&self) -> String {
        "remove_model (404)".to_owned()
    }
}
