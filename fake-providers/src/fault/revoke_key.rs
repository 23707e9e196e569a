//! The key was revoked: 401, or what the provider says instead.

use super::{Entry, Failure, FailureKind, Fault, Group, Moment, Verdict, params};

pub(super) const ENTRY: Entry = Entry {
    name: "revoke_key",
    source: include_str!("revoke_key.rs"),
    example: "revoke_key",
    group: Group::Provider,
    parse: |value| {
        params::none(value)?;
        Ok(Box::new(RevokeKey))
    },
    schema: params::no_schema,
};

#[derive(Debug)]
struct RevokeKey;

impl Fault for RevokeKey {
    fn at(&self, moment: Moment, _: f64) -> Verdict {
        if moment != Moment::Request {
            return Verdict::Pass;
        }
        Verdict::Fail(Failure { kind: FailureKind::KeyRevoked, ..Failure::of_status(401) })
    }

    fn describe(&self) -> String {
        "revoke_key (key refused)".to_owned()
    }
}
