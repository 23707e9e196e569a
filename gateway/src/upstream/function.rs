//! A function that a chat completion lets the model call (an entry of `tools`), read once for everybody into whose
//! words it is put.
//!
//! It must never know a provider.

use serde_json::{Value, json};

use super::dialect::Refused;
use super::members::Members;

/// One function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Function<'t> {
    pub(super) name: &'t str,
    pub(super) description: Option<&'t str>,
    /// JSON schema of its arguments.
    pub(super) parameters: Option<&'t Value>,
    /// Whether calls must follow the schema exactly.
    pub(super) strict: bool,
    /// Anthropic's mark behind which a prompt is cached.
    pub(super) cache: Option<&'t Value>,
}

impl<'t> Function<'t> {
    /// The function of a tool; none where it is another kind of tool, or has no name.
    pub(super) fn read(tool: &'t Value) -> Option<Self> {
        let text = |path: &str| tool.pointer(path).and_then(Value::as_str);
        let given = |path: &&str| tool.pointer(path).filter(|value| !value.is_null());
        if text("/type") != Some("function") {
            return None;
        }
        Some(Self {
            name: text("/function/name")?,
            description: text("/function/description"),
            parameters: given(&"/function/parameters"),
            strict: tool.pointer("/function/strict") == Some(&Value::Bool(true)),
            cache: ["/cache_control", "/function/cache_control"].iter().find_map(given),
        })
    }

    /// The function of a tool that must be one.
    ///
    /// # Errors
    /// The refusal of `tools`.
    pub(super) fn of(tool: &'t Value, members: &Members) -> Result<Self, Refused> {
        let refusal = || members.refusal("tools", "holds a tool that is no function");
        Self::read(tool).ok_or_else(refusal)
    }

    /// The schema of its arguments, for who wants one even where there are none.
    pub(super) fn schema(&self) -> Value {
        let nothing = || json!({ "type": "object", "properties": {} });
        self.parameters.cloned().unwrap_or_else(nothing)
    }
}
