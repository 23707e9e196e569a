//! How many failures a config lets pass before a deployment cools. It must never count one.

use crate::config::{Config, Deployment, ErrorPolicy};
use crate::upstream::failure::ErrorClass;

/// How many failures a minute are let pass, where that is set: the deployment's own settings first, and
/// those for a class of error before those for all.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tolerance {
    own: (Option<ErrorPolicy>, Option<u32>),
    router: (Option<ErrorPolicy>, Option<u32>),
}

impl Tolerance {
    /// What the config says for one deployment.
    pub(super) const fn at(config: &Config, deployment: &Deployment) -> Self {
        Self {
            own: (deployment.allowed_fails_policy, deployment.allowed_fails),
            router: (config.router.allowed_fails_policy, config.router.allowed_fails),
        }
    }

    /// How many failures of a class are let pass; `None` where nobody says.
    pub(super) fn of(self, class: ErrorClass) -> Option<u32> {
        let by = |(policy, all): (Option<ErrorPolicy>, Option<u32>)| {
            policy.and_then(|policy| policy.of(class)).or(all)
        };
        by(self.own).or_else(|| by(self.router))
    }
}
