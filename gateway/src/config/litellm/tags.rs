//! What an entry of `model_list` says about tags. It must never know a request.

use std::sync::Arc;

use serde_json::Value;

use super::reader::{Reader, Section};
use crate::config::{TagPattern, Tags};

pub(super) fn read(
    params: &Section<'_>,
    info: Option<&Section<'_>>,
    reader: &mut Reader<'_>,
) -> Tags {
    let own = reader.list(params, "tags").unwrap_or_default();
    let mut flag = |key: &str| info.and_then(|info| reader.flag(info, key));
    let (filtering, fail_open) = (flag("enable_tag_filtering"), flag("allow_fail_open"));
    Tags {
        own: own.iter().filter_map(Value::as_str).map(Arc::from).collect(),
        patterns: patterns(params, reader),
        filtering,
        allow_fail_open: fail_open.unwrap_or(false),
    }
}

/// LiteLLM does not start with a pattern that is none (1.106.2, `router.py`: `_add_deployment`).
fn patterns(params: &Section<'_>, reader: &mut Reader<'_>) -> Vec<TagPattern> {
    let mut patterns = Vec::new();
    let list = reader.list(params, "tag_regex").unwrap_or_default();
    for (number, pattern) in list.iter().enumerate() {
        match pattern.as_str().and_then(TagPattern::new) {
            Some(pattern) => patterns.push(pattern),
            None => reader.error(
                &format!("{}[{number}]", params.path_of("tag_regex")),
                "this is no regular expression",
                "write one that may occur in a header, such as '^User-Agent: claude-code/'",
            ),
        }
    }
    patterns
}
