//! What models are for, by their names: most configs leave `model_info.mode` out, and LiteLLM asks its map of models. It
//! must never know a config.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Mode;

/// One line per kind and some of its models, which answer no prompt with text; `scripts/modes.py` writes it.
static LISTED: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("modes.txt").lines().filter(|line| !line.starts_with('#'));
    let named = |line: &'static str| {
        let (mode, models) = line.split_once(' ').unwrap_or((line, ""));
        models.split(' ').map(move |model| (model, mode))
    };
    lines.flat_map(named).collect()
});

/// Parts of the names of such models that no list has.
const TELLING: &[&str] = &[
    "embed",
    "bge-",
    "whisper",
    "tts",
    "transcribe",
    "dall-e",
    "gpt-image",
    "flux",
    "rerank",
    "moderation",
    "stable-diffusion",
    "imagen",
    "voyage-",
];

/// LiteLLM's word for what a model is for, at the provider of that prefix; `None` where its map says nothing, or that it
/// answers with text.
fn listed(prefix: &str, model: &str) -> Option<&'static str> {
    let model = model.to_ascii_lowercase();
    let whole = format!("{prefix}/{model}");
    [&*whole, &*model].iter().find_map(|name| LISTED.get(name).copied())
}

/// What a model is for, at the provider of that prefix.
pub(crate) fn of(prefix: &str, model: &str) -> Mode {
    let name = model.to_ascii_lowercase();
    let other = listed(prefix, model).is_some() || TELLING.iter().any(|part| name.contains(part));
    if other { Mode::Other } else { Mode::Chat }
}

#[cfg(test)]
mod tests {
    use super::{Mode, of};

    #[test]
    fn a_model_is_for_what_litellms_map_says_or_its_name() {
        for (prefix, model, mode) in [
            ("together_ai", "BAAI/bge-base-en-v1.5", Mode::Other),
            ("fireworks_ai", "thenlper/gte-large", Mode::Other),
            ("azure", "ada", Mode::Other),
            ("bedrock", "amazon.nova-canvas-v1:0", Mode::Other),
            ("voyage", "voyage-3", Mode::Other),
            ("openai", "text-embedding-9", Mode::Other),
            ("openai", "gpt-4o", Mode::Chat),
            ("openai", "ada", Mode::Chat),
            ("openai", "gpt-3.5-turbo-instruct", Mode::Chat),
            ("gemini", "gemini-2.5-flash-image", Mode::Chat),
            ("openai", "my-model", Mode::Chat),
        ] {
            assert_eq!(of(prefix, model), mode, "{prefix}/{model}");
        }
    }
}
