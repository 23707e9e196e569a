//! A function that a chat completion lets the model call (an entry of `tools`), read once for everybody into whose
//! words it is put.
//!
//! It must never know a provider.

use serde_json::{Value, json};

use super::beyond::{UNSAID, beyond};
use super::dialect::Refused;
use super::members::Members;

/// Why a choice that forces a call cannot be said where there are no tools.
pub(super) const WITHOUT_TOOLS: &str = "forces a call, and there are no `tools`";

/// Refuses a choice that forces a call, for who has no tools.
///
/// # Errors
/// The refusal, unless the choice may be dropped.
pub(super) fn without_tools(choice: Option<&Value>, members: &mut Members) -> Result<(), Refused> {
    let forces = choice.is_some_and(|choice| choice == "required" || choice.is_object());
    if forces { members.refuse("tool_choice", WITHOUT_TOOLS) } else { Ok(()) }
}

/// Anthropic's word for a stream that is cut more finely: it asks for nothing of the answer.
pub(super) const EAGERLY: &str = "eager_input_streaming";

/// What is told of it where nobody knows it.
pub(super) const EAGERLY_AT: &str = "tools[*].eager_input_streaming";

/// What a tool says beside what a [`Function`] holds: the path, the name, and the value.
pub(super) fn more(tool: &Value) -> impl Iterator<Item = (String, &str, &Value)> {
    const OF_TOOL: [&str; 3] = ["cache_control", "function", "type"];
    const OF_FUNCTION: [&str; 5] = ["cache_control", "description", "name", "parameters", "strict"];
    let function = &tool["function"];
    let own = beyond(tool, &OF_TOOL).map(|name| (name.to_owned(), name, &tool[name]));
    let inner = beyond(function, &OF_FUNCTION)
        .map(move |name| (format!("function.{name}"), name, &function[name]));
    own.chain(inner)
}

/// Refuses what stands at that path of the tool of that number.
///
/// # Errors
/// The refusal, unless it may be dropped.
pub(super) fn refuse_more(members: &mut Members, number: usize, path: &str) -> Result<(), Refused> {
    members.refuse(&format!("tools[{number}].{path}"), UNSAID)
}

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

    /// The function of the tool of that number, which must be one and no more than that.
    ///
    /// # Errors
    /// The refusal of `tools`, or of what else it holds, unless that may be dropped.
    pub(super) fn of(
        (number, tool): (usize, &'t Value),
        members: &mut Members,
    ) -> Result<Self, Refused> {
        let function = Self::read(tool)
            .ok_or_else(|| members.refusal("tools", "holds a tool that is no function"))?;
        more(tool).try_for_each(|(path, name, _)| match name {
            EAGERLY => {
                members.leave_out(EAGERLY_AT);
                Ok(())
            }
            _ => refuse_more(members, number, &path),
        })?;
        Ok(function)
    }

    /// The schema of its arguments, for who wants one even where there are none.
    pub(super) fn schema(&self) -> Value {
        let nothing = || json!({ "type": "object", "properties": {} });
        self.parameters.cloned().unwrap_or_else(nothing)
    }
}
