//! `retry_policy` and `allowed_fails_policy`: a count per class of error, under names such as
//! `RateLimitErrorRetries` or `TimeoutErrorAllowedFails`.

use super::NoteKind;
use super::reader::{Reader, Section, nearest};
use crate::config::ErrorPolicy;

/// Where a policy keeps the count of one class.
type Slot = fn(&mut ErrorPolicy) -> &mut Option<u32>;

/// A name of a policy, and where its count goes.
pub(super) type Name = (&'static str, Slot);

/// The names of a `retry_policy` (litellm 1.106, `types/router.py`, `RetryPolicy`).
pub(super) const RETRIES: &[Name] = &[
    ("BadRequestErrorRetries", |policy| &mut policy.bad_request),
    ("AuthenticationErrorRetries", |policy| &mut policy.authentication),
    ("TimeoutErrorRetries", |policy| &mut policy.timeout),
    ("RateLimitErrorRetries", |policy| &mut policy.rate_limit),
    ("ContentPolicyViolationErrorRetries", |policy| &mut policy.content_policy),
    ("InternalServerErrorRetries", |policy| &mut policy.internal_server),
    ("ServiceUnavailableErrorRetries", |policy| &mut policy.service_unavailable),
    ("NotFoundErrorRetries", |policy| &mut policy.not_found),
    ("DefaultRetries", |policy| &mut policy.default),
];

/// The names of an `allowed_fails_policy` (litellm 1.106, `types/router.py`, `AllowedFailsPolicy`).
pub(super) const ALLOWED_FAILS: &[Name] = &[
    ("BadRequestErrorAllowedFails", |policy| &mut policy.bad_request),
    ("AuthenticationErrorAllowedFails", |policy| &mut policy.authentication),
    ("TimeoutErrorAllowedFails", |policy| &mut policy.timeout),
    ("RateLimitErrorAllowedFails", |policy| &mut policy.rate_limit),
    ("ContentPolicyViolationErrorAllowedFails", |policy| &mut policy.content_policy),
    ("InternalServerErrorAllowedFails", |policy| &mut policy.internal_server),
    ("ServiceUnavailableErrorAllowedFails", |policy| &mut policy.service_unavailable),
    ("BadGatewayErrorAllowedFails", |policy| &mut policy.bad_gateway),
    ("NotFoundErrorAllowedFails", |policy| &mut policy.not_found),
];

/// Reads the policy under `key`, which may hold these `names`.
pub(super) fn read(
    section: &Section<'_>,
    key: &str,
    names: &[Name],
    reader: &mut Reader<'_>,
) -> Option<ErrorPolicy> {
    let given = reader.section(section, key)?;
    let mut policy = ErrorPolicy::default();
    for (name, _) in given.entries() {
        match names.iter().find(|(known, _)| known == name) {
            Some((_, slot)) => *slot(&mut policy) = reader.small_count(&given, name),
            None => {
                let known = names.iter().map(|&(known, _)| known);
                let text = match nearest(name, known.clone()) {
                    Some(near) => format!("unknown class, no effect; did you mean `{near}`?"),
                    None => {
                        let known = known.collect::<Vec<_>>().join(", ");
                        format!("unknown class, no effect; known: {known}")
                    }
                };
                reader.note(given.path_of(name), NoteKind::Unknown, text);
            }
        }
    }
    Some(policy)
}
