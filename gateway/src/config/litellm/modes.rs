//! What an entry's model is for: by the config's word, else by LiteLLM's map and the model's name. It must never know a
//! provider.

use super::reader::{Reader, Section};
use crate::config::{Mode, modes};

/// What `model_info.mode` says, else what LiteLLM's map or its name tells.
pub(super) fn of_entry(
    info: Option<&Section<'_>>,
    (prefix, model): (&str, &str),
    reader: &mut Reader<'_>,
) -> Mode {
    const CHAT: &[&str] = &["chat", "completion", "responses"];
    match info.and_then(|info| reader.text(info, "mode")) {
        Some(mode) if CHAT.contains(&mode.trim()) => Mode::Chat,
        Some(_) => Mode::Other,
        None => modes::of(prefix, model),
    }
}
