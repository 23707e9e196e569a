//! What a model of Anthropic's can do, as far as its name says it: from which version on it thinks, is
//! held to schemas, and thinks as much as it sees fit. From Anthropic's documentation, and the same as in
//! LiteLLM 1.106's table of models.

/// A model, by the version in its name; a name without one is taken for a newer one that can do what 4.0
/// can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::upstream) struct Model {
    major: u8,
    minor: u8,
}

/// Version of a model whose name says none.
const UNKNOWN: Model = Model { major: 4, minor: 0 };

impl Model {
    /// The model of that name: `claude-3-7-sonnet-20250219`, `claude-opus-4-6`,
    /// `us.anthropic.claude-sonnet-4-5-20250929-v1:0`.
    pub(in crate::upstream) fn named(name: &str) -> Self {
        let Some((_, after)) = name.split_once("claude") else { return UNKNOWN };
        let number = |part: &str| (part.len() <= 2).then(|| part.parse().ok()).flatten();
        let mut numbers = after.split(['-', '@', '.']).skip_while(|part| number(part).is_none());
        match numbers.next().and_then(number) {
            None => UNKNOWN,
            Some(major) => Self { major, minor: numbers.next().and_then(number).unwrap_or(0) },
        }
    }

    /// Whether it has thoughts.
    pub(in crate::upstream) const fn thinks(self) -> bool {
        self.is_from(3, 7)
    }

    /// Whether it can be held to a schema.
    pub(in crate::upstream) const fn holds_to_schemas(self) -> bool {
        self.is_from(4, 5)
    }

    /// Whether it decides for itself how much to think.
    pub(in crate::upstream) const fn thinks_adaptively(self) -> bool {
        self.is_from(4, 6)
    }

    const fn is_from(self, major: u8, minor: u8) -> bool {
        self.major > major || (self.major == major && self.minor >= minor)
    }
}

#[cfg(test)]
mod tests {
    use super::{Model, UNKNOWN};

    #[test]
    fn versions_are_read_from_names() {
        for (name, major, minor) in [
            ("claude-3-7-sonnet-20250219", 3, 7),
            ("claude-3-opus-20240229", 3, 0),
            ("claude-sonnet-4-20250514", 4, 0),
            ("claude-opus-4-6", 4, 6),
            ("claude-sonnet-5", 5, 0),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", 4, 5),
            ("claude-3-5-sonnet@20240620", 3, 5),
        ] {
            assert_eq!(Model::named(name), Model { major, minor }, "{name}");
        }
        assert_eq!(Model::named("claude"), UNKNOWN);
        assert_eq!(Model::named("my-model-7"), UNKNOWN);
    }
}
