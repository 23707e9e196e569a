//! `retry_policy` and `allowed_fails_policy`: a count per class of error, under names such as
//! `RateLimitErrorRetries` or `TimeoutErrorAllowedFails`.

use super::NoteKind;
use super::reader::{Reader, Section, nearest};
use crate::config::ErrorPolicy;

/// Where a policy keeps the count of one class.
type Slot = fn(&mut ErrorPolicy) -> &mut Option<u32>;

/// The classes that a policy may name, without the suffix.
const CLASSES: &[(&str, Slot)] = &[
    ("BadRequestError", |policy| &mut policy.bad_request),
    ("AuthenticationError", |policy| &mut policy.authentication),
    ("TimeoutError", |policy| &mut policy.timeout),
    ("RateLimitError", |policy| &mut policy.rate_limit),
    ("ContentPolicyViolationError", |policy| &mut policy.content_policy),
    ("InternalServerError", |policy| &mut policy.internal_server),
];

/// Reads the policy under `key`, whose names end in `suffix`.
pub(super) fn read(
    section: &Section<'_>,
    key: &str,
    suffix: &str,
    reader: &mut Reader<'_>,
) -> Option<ErrorPolicy> {
    let given = reader.section(section, key)?;
    let mut policy = ErrorPolicy::default();
    for (name, _) in given.entries() {
        let class = name.strip_suffix(suffix);
        match CLASSES.iter().find(|(known, _)| Some(*known) == class) {
            Some((_, slot)) => *slot(&mut policy) = reader.small_count(&given, name),
            None => {
                let names: Vec<String> =
                    CLASSES.iter().map(|(class, _)| format!("{class}{suffix}")).collect();
                let text = match nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => format!("unknown class, no effect; did you mean `{near}`?"),
                    None => format!("unknown class, no effect; known: {}", names.join(", ")),
                };
                reader.note(given.path_of(name), NoteKind::Unknown, text);
            }
        }
    }
    Some(policy)
}
