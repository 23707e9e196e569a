//! Deployments whose kind of model nobody serves here: their groups are listed, and every call of them fails.

use gateway::config::{Config, Deployment, Mode};
use vocab::Protocol;

use crate::resolve::finding::{Finding, Sort};
use crate::text::diagnostic::Sources;
use crate::text::node::{Node, Part, Value};

/// What a model is for, of what is not for every provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    Embeddings,
    Moderations,
    Images,
    Sound,
    /// Nobody serves it, at whatever provider.
    Nobody,
}

/// `model_info.mode` of LiteLLM 1.106, and parts of the names of models where nothing says it.
const KINDS: &[(&str, &[&str], For)] = &[
    ("embedding", &["embed"], For::Embeddings),
    ("moderation", &["moderation"], For::Moderations),
    (
        "image_generation",
        &["dall-e", "gpt-image", "imagen", "flux", "stable-diffusion"],
        For::Images,
    ),
    ("audio_transcription", &["whisper", "transcribe"], For::Sound),
    ("audio_speech", &["tts-"], For::Sound),
    ("rerank", &["rerank"], For::Nobody),
    ("image_edit", &[], For::Nobody),
    ("video_generation", &["sora-", "veo-"], For::Nobody),
    ("ocr", &["-ocr"], For::Nobody),
    ("search", &[], For::Nobody),
    ("realtime", &["realtime"], For::Nobody),
    ("vector_store", &[], For::Nobody),
    ("batch", &[], For::Nobody),
];

/// Groups for something else than text whose failed calls `default_fallbacks` send to a model of text, which knows no
/// such call.
pub(super) fn led_astray(config: &Config, (tree, sources): (&Node, &Sources)) -> Option<Finding> {
    let all = &config.deployments;
    let of_text =
        |group: &str| all.iter().any(|one| *one.group == *group && one.mode == Mode::Chat);
    let led = config.router.fallbacks.get("*")?.iter().find(|target| of_text(target))?;
    let mut groups: Vec<String> = Vec::new();
    for one in all.iter().filter(|one| one.mode == Mode::Other) {
        let name = format!("`{}`", one.group);
        // An entry of its own comes before those for all.
        if !config.router.fallbacks.contains_key(&one.group) && !groups.contains(&name) {
            groups.push(name);
        }
    }
    let says = format!(
        "default_fallbacks send the failed calls of {} to `{led}`, a model of text, which fails each of them once more",
        (!groups.is_empty()).then(|| groups.join(", "))?
    );
    let says_so = |name: &&str| {
        tree.get(name).is_some_and(|section| section.get("default_fallbacks").is_some())
    };
    let section = ["router_settings", "litellm_settings"].into_iter().find(says_so)?;
    let at = sources.place(tree.place(&format!("{section}.default_fallbacks"), Part::Value));
    let finding = Finding::note(Sort::Outage, section.to_owned(), says);
    Some(finding.remedy("write `fallbacks` for the groups of text instead").at(at))
}

/// Every deployment that cannot do what its model is for.
pub(super) fn findings(config: &Config, (tree, sources): (&Node, &Sources)) -> Vec<Finding> {
    let list = match tree.get("model_list").map(|list| &list.value) {
        Some(Value::List(items)) => items.as_slice(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_))
        | None => &[],
    };
    let mut findings = Vec::new();
    for (position, deployment) in config.deployments.iter().enumerate() {
        let written = list.get(position).and_then(|entry| entry.get("model_info")?.get("mode"));
        let written = match written.map(|mode| &mode.value) {
            Some(Value::Text(mode)) => Some(mode.trim()),
            Some(
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_),
            )
            | None => None,
        };
        let Some((mode, kind)) = kind(written, &deployment.model) else { continue };
        if is_served(kind, deployment) {
            continue;
        }
        let path = format!("model_list[{position}].model_name");
        let says = match kind {
            For::Nobody => {
                format!("is for `{mode}`, of which nothing is served here: every call of it fails")
            }
            For::Embeddings | For::Moderations | For::Images | For::Sound => format!(
                "is for `{mode}`, which is not served at {} providers here: every call of it fails",
                deployment.protocol
            ),
        };
        let finding = Finding::note(Sort::NotYet, deployment.group.to_string(), says);
        findings.push(finding.warning().at(sources.place(tree.place(&path, Part::Value))));
    }
    findings
}

fn kind(written: Option<&str>, model: &str) -> Option<(&'static str, For)> {
    let model = model.to_ascii_lowercase();
    let by_name =
        |(_, parts, _): &&(&str, &[&str], For)| parts.iter().any(|part| model.contains(part));
    let found = match written {
        Some(mode) => KINDS.iter().find(|(name, ..)| *name == mode),
        None => KINDS.iter().find(by_name),
    };
    found.map(|(name, _, kind)| (*name, *kind))
}

/// As `gateway`'s table of endpoints and protocols has it.
fn is_served(kind: For, deployment: &Deployment) -> bool {
    match (kind, deployment.protocol) {
        (For::Nobody, _) => false,
        (For::Embeddings, protocol) => protocol != Protocol::Anthropic,
        (For::Moderations, protocol) => protocol == Protocol::OpenAi,
        (For::Images | For::Sound, Protocol::OpenAi | Protocol::Azure) => true,
        (
            For::Images | For::Sound,
            Protocol::Anthropic | Protocol::Gemini | Protocol::Bedrock | Protocol::Ollama,
        ) => false,
    }
}
