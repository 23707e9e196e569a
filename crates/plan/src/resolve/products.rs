//! Products that a contender can be as a process, by name. What is done with one is the runner's
//! business: this module must never know a program.

use crate::text::diagnostic::{Problem, suggest};
use crate::text::read::Spot;

/// A gateway of somebody else that a run can start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProductName {
    /// The LiteLLM proxy.
    Litellm,
}

impl ProductName {
    /// Every product, in the order in which they are listed.
    pub const ALL: &'static [Self] = &[Self::Litellm];

    /// The word of scenarios and files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Litellm => "litellm",
        }
    }
}

impl std::fmt::Display for ProductName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// The product that `process:` names.
///
/// # Errors
/// A name that is none.
pub(crate) fn product(name: &Spot<String>) -> Result<ProductName, Problem> {
    let known: Vec<&str> = ProductName::ALL.iter().map(|product| product.word()).collect();
    let mut all = ProductName::ALL.iter().copied();
    all.find(|product| product.word() == name.value).ok_or_else(|| {
        Problem::new(format!("no product `{}` can be run as a process", name.value))
            .help(suggest(&name.value, &known, "products"))
            .at(name.at)
    })
}
