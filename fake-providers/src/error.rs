//! Why fakes cannot be made, or rules not be loaded.

/// Why fakes cannot be made from a config. `plan` reports all of these with line and column before
/// it gets here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FakesError {
    /// A rule names a fault that is not in the catalogue.
    #[error("fault rule {rule} injects unknown fault `{name}`; `brownout list faults` lists all")]
    UnknownFault {
        /// The rule's id.
        rule: String,
        /// What it names.
        name: String,
    },
    /// A rule's parameters cannot be.
    #[error("fault rule {rule}: {}: {source}", source.path)]
    Param {
        /// The rule's id.
        rule: String,
        /// What is wrong.
        source: crate::fault::ParamError,
    },
    /// A rule's target does not exist.
    #[error("fault rule {rule} targets deployment {target}, which does not exist")]
    NoTarget {
        /// The rule's id.
        rule: String,
        /// Position in the list of deployments.
        target: usize,
    },
    /// A rule says something that cannot be.
    #[error("fault rule {rule}: {problem}")]
    Rule {
        /// The rule's id.
        rule: String,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// More rules than a timeline holds.
    #[error("{0} fault rules are more than the {max} that a timeline holds", max = crate::config::RULES_MAX)]
    TooManyRules(usize),
}
