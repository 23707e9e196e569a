//! The wire protocols that providers speak. A closed set: a sixth provider is a new variant, and the
//! compiler then lists what it must do.

use serde::{Deserialize, Serialize};

/// What a deployment speaks on the wire, decided by its LiteLLM prefix (`azure/`, `anthropic/`, …).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// OpenAI chat completions; also the default for a model name without a prefix.
    OpenAi,
    /// Azure OpenAI: OpenAI's bodies under deployment paths, with content-filter frames.
    Azure,
    /// Anthropic Messages.
    Anthropic,
    /// Google Gemini `generateContent`.
    Gemini,
    /// AWS Bedrock runtime.
    Bedrock,
    /// Ollama's own API.
    Ollama,
}

impl Protocol {
    /// The provider's name as scenarios write it in `provider:…` targets and as configs prefix it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Azure => "azure",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Bedrock => "bedrock",
            Self::Ollama => "ollama",
        }
    }
}

impl std::fmt::Display for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
