//! Whose model it is that Bedrock serves, as far as its name says it: thoughts and schemas are asked for in the
//! words of the model's own house.

use crate::upstream::anthropic::Model as Claude;

/// A model's house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum House {
    /// Anthropic's, and which.
    Claude(Claude),
    /// OpenAI's open models.
    GptOss,
    /// Anybody else's, or behind a name that does not say whose.
    Other,
}

impl House {
    /// The house of a model's id, inference profile or ARN.
    pub(super) fn of(model: &str) -> Self {
        if model.contains("anthropic.") {
            Self::Claude(Claude::named(model))
        } else if model.contains("gpt-oss") {
            Self::GptOss
        } else {
            Self::Other
        }
    }

    /// Whether answers and calls can be held to a schema.
    pub(super) const fn holds_to_schemas(self) -> bool {
        match self {
            Self::Claude(model) => model.holds_to_schemas(),
            Self::GptOss | Self::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::House;

    #[test]
    fn names_tell_the_house() {
        for (model, schemas) in [
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", true),
            ("anthropic.claude-3-5-sonnet-20240620-v1:0", false),
        ] {
            let house = House::of(model);
            assert!(matches!(house, House::Claude(_)), "{model}");
            assert_eq!(house.holds_to_schemas(), schemas, "{model}");
        }
        assert_eq!(House::of("openai.gpt-oss-120b-1:0"), House::GptOss);
        for other in ["amazon.nova-pro-v1:0", "arn:aws:bedrock:us-west-2:1:inference-profile/abc"] {
            assert_eq!(House::of(other), House::Other);
        }
    }
}
