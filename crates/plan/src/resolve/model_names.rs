//! Names of models in lists of them, looked up with some tolerance, as LiteLLM does: with a provider's prefix and without
//! it, without the date of a snapshot; capitals do not count.

use std::collections::BTreeMap;

/// Prefixes that do not change who sells. A reseller's model is its own, but for OpenRouter, which passes
/// on that of its maker at the maker's price (openrouter.ai/docs, "FAQ", 2026-10).
const SAME_SELLER: &[(&str, &str)] = &[
    ("openai/", ""),
    ("anthropic/", ""),
    ("azure/", ""),
    ("azure_ai/", "azure/"),
    ("vertex_ai/", ""),
    ("cohere/", ""),
    ("cohere_chat/", ""),
    ("openrouter/openai/", ""),
    ("openrouter/anthropic/", ""),
    ("openrouter/google/", "gemini/"),
    ("openrouter/deepseek/", "deepseek/"),
    ("openrouter/mistralai/", "mistral/"),
    ("openrouter/x-ai/", "xai/"),
];

/// What a list says of a model, as a config writes it, and of what it really is (`base_model`), which comes first.
pub(crate) fn known<'l, T>(
    list: &'l BTreeMap<String, T>,
    written: &str,
    base: Option<&str>,
) -> Option<(&'l str, &'l T)> {
    let provider = written.split_once('/').map(|(provider, _)| provider);
    let qualified = base.zip(provider).map(|(base, provider)| format!("{provider}/{base}"));
    let names = [qualified.as_deref(), base, Some(written)];
    names.into_iter().flatten().find_map(|name| find(list, name))
}

fn find<'l, T>(list: &'l BTreeMap<String, T>, model: &str) -> Option<(&'l str, &'l T)> {
    let own = SAME_SELLER.iter().find_map(|(prefix, instead)| {
        model.strip_prefix(prefix).map(|own| format!("{instead}{own}"))
    });
    // OpenRouter writes versions with dots: `claude-sonnet-4.5`.
    let dashed = model.strip_prefix("openrouter/anthropic/").map(|own| own.replace('.', "-"));
    let names = [Some(model), own.as_deref(), dashed.as_deref()];
    let named = || names.into_iter().flatten();
    named()
        .find_map(|name| entry(list, name))
        .or_else(|| named().find_map(|name| entry(list, undated(name)?)))
        .or_else(|| bedrock(list, model.strip_prefix("bedrock/")?))
}

fn entry<'l, T>(list: &'l BTreeMap<String, T>, name: &str) -> Option<(&'l str, &'l T)> {
    let mut entries = list.iter();
    let exact = list.get_key_value(name);
    let entry = exact.or_else(|| entries.find(|(known, _)| known.eq_ignore_ascii_case(name)));
    entry.map(|(name, entry)| (name.as_str(), entry))
}

/// A model of Bedrock by its family: nobody has to write the date and the version.
fn bedrock<'l, T>(list: &'l BTreeMap<String, T>, model: &str) -> Option<(&'l str, &'l T)> {
    let alike = |known: &str| !known.contains('/') && family(known) == family(model);
    let entry = list.iter().find(|(known, _)| alike(known));
    entry.map(|(name, entry)| (name.as_str(), entry))
}

/// The name without the date of a snapshot at its end: `-2024-08-06` or `-20250929`.
pub(crate) fn undated(name: &str) -> Option<&str> {
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let (rest, day) = name.rsplit_once('-')?;
    if digits(day, 8) {
        return Some(rest);
    }
    let (rest, month) = rest.rsplit_once('-').filter(|_| digits(day, 2))?;
    let (rest, year) = rest.rsplit_once('-').filter(|_| digits(month, 2))?;
    digits(year, 4).then_some(rest)
}

/// A model of Bedrock without the way to it, its region, its date and its version:
/// `converse/us.anthropic.claude-sonnet-4-5-20250929-v1:0` is `us.anthropic.claude-sonnet-4-5`.
fn family(model: &str) -> &str {
    let own = model.rsplit('/').next().unwrap_or(model);
    let versioned = own.rsplit_once("-v").filter(|(_, version)| {
        version.starts_with(|c: char| c.is_ascii_digit())
            && version.chars().all(|c| c.is_ascii_digit() || c == ':')
    });
    let own = versioned.map_or(own, |(name, _)| name);
    let dated = own
        .rsplit_once('-')
        .filter(|(_, date)| date.len() == 8 && date.bytes().all(|digit| digit.is_ascii_digit()));
    dated.map_or(own, |(name, _)| name)
}
