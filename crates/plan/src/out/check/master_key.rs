//! Master keys with which LiteLLM does not start (1.106.2, `proxy/auth/master_key_boot_check.py`).

use crate::resolve::finding::{Finding, Sort};
use crate::text::diagnostic::Sources;
use crate::text::node::{Node, Part, Value};

const PATH: &str = "general_settings.master_key";
const KEY: &str = "master_key";

/// The one that everybody knows: LiteLLM's documentation had it as an example.
const KNOWN: &str = "sk-1234";

/// With it LiteLLM starts all the same.
const PERMISSION: &str = "dangerously_permit_weak_or_unset_master_key";

/// Why LiteLLM would refuse to start, or where it would have to find its key.
pub(super) fn finding(tree: &Node, sources: &Sources) -> Option<Finding> {
    let general = tree.get("general_settings");
    let of = |key: &str| Some(&general?.get(key)?.value);
    if matches!(of(PERMISSION), Some(Value::Bool(true))) {
        return None;
    }
    let about = |says: &str| Finding::note(Sort::Advice, PATH.to_owned(), says);
    let place = sources.place(tree.place(PATH, Part::Key));
    match of(KEY) {
        None | Some(Value::Null) => Some(
            about(
                "is not set: LiteLLM 1.106 starts only if the environment has LITELLM_MASTER_KEY",
            )
            .remedy(
                "set it to os.environ/LITELLM_MASTER_KEY, and the variable to a key of your own",
            ),
        ),
        Some(Value::Text(text)) if text.trim().is_empty() => {
            let says = "is empty: LiteLLM 1.106 refuses to start";
            Some(about(says).warning().at(place).remedy("write a key of your own"))
        }
        Some(Value::Text(text)) if text.trim() == KNOWN => {
            let says = "is the one of LiteLLM's documentation, which everybody knows: LiteLLM 1.106 refuses to start";
            Some(about(says).warning().at(place).remedy("write a key of your own"))
        }
        Some(
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_),
        ) => None,
    }
}
