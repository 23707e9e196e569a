//! What a model can be asked for, in the words of LiteLLM's `model_info`. What nobody says, it can.
//!
//! The config's own word decides; what a list says where the config is silent makes others be preferred, no more.

/// One thing that not every model can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// Look at pictures.
    Pictures,
    /// Listen.
    Sounds,
    /// Read PDF files.
    Documents,
    /// Call functions.
    Functions,
    /// Answer by a schema.
    Schemas,
    /// Go on with a last message of the assistant.
    Prefill,
}

impl Ability {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Pictures,
        Self::Sounds,
        Self::Documents,
        Self::Functions,
        Self::Schemas,
        Self::Prefill,
    ];

    /// The key of `model_info` that says whether a model has it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pictures => "supports_vision",
            Self::Sounds => "supports_audio_input",
            Self::Documents => "supports_pdf_input",
            Self::Functions => "supports_function_calling",
            Self::Schemas => "supports_response_schema",
            Self::Prefill => "supports_assistant_prefill",
        }
    }
}

/// What a list of models says of one where the config says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// What it lacks.
    pub lacks: Vec<Ability>,
    /// Largest prompt in tokens.
    pub max_input_tokens: Option<u64>,
}
