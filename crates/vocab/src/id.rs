//! Names and numbers by which the rooms talk about the same thing.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Number of an offered request within one run, from 0 in order of the intended instant.
///
/// Travels in the headers `x-brownout-request` and `x-litellm-call-id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// Number of a prompt's content, carried inside the prompt as `[[brownout:000123]]`.
///
/// Equal to the request's number unless the workload repeats prompts on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PromptId(pub u64);

/// Position of a deployment in `run.json`, from 1; written into every token a fake says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeploymentNumber(pub u32);

/// How many attempts of one request reached one deployment before, plus one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Visit(pub u32);

/// A deployment's id: `model_info.id`, or `azure/gpt-4o@westus-primary` where the config has none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DeploymentId(pub Arc<str>);

/// A contender's name; matches `[a-z0-9][a-z0-9._-]*`, so that it can name a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContenderName(Arc<str>);

impl DeploymentId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for DeploymentId {
    fn from(id: &str) -> Self {
        Self(Arc::from(id))
    }
}

impl std::fmt::Display for DeploymentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl ContenderName {
    /// Longest accepted name, in bytes: it becomes a directory name and a table column.
    pub const LENGTH_MAX: usize = 64;

    /// Checks the name. Returns `None` unless it matches `[a-z0-9][a-z0-9._-]*` and is short enough.
    pub fn new(name: &str) -> Option<Self> {
        let mut bytes = name.bytes();
        let head = bytes.next()?;
        let starts = head.is_ascii_lowercase() || head.is_ascii_digit();
        let rest = bytes.all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
        });
        (starts && rest && name.len() <= Self::LENGTH_MAX).then(|| Self(Arc::from(name)))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ContenderName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ContenderName;

    #[test]
    fn contender_names_are_directory_safe() {
        assert!(ContenderName::new("least-busy").is_some());
        assert!(ContenderName::new("v1.2_b").is_some());
        for bad in ["", ".hidden", "-x", "Upper", "a/b", "a b", "ü"] {
            assert!(ContenderName::new(bad).is_none(), "{bad}");
        }
        assert!(ContenderName::new(&"a".repeat(65)).is_none());
    }
}
