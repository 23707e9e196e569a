//! What the requests of a called model can reach.

use record::RunInfo;
use record::run::{ContenderInfo, DeploymentInfo, ReachInfo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One called model, and where its requests can end up by a contender's config. At least one deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reach {
    /// The model as clients call it.
    pub model: String,
    /// Ids of the called group, in the order of the config.
    pub deployments: Vec<String>,
    /// Ids of what the fallbacks add.
    pub fallbacks: Vec<String>,
}

impl Reach {
    /// Of every model that is called; none where nobody knows the config.
    pub(crate) fn all(run: &RunInfo, who: &ContenderInfo) -> Vec<Self> {
        who.reach.iter().map(|reach| Self::of(&run.deployments, reach)).collect()
    }

    /// The called group is the one of the first deployment, whatever alias clients called it by.
    fn of(deployments: &[DeploymentInfo], reach: &ReachInfo) -> Self {
        let group = |id: &String| {
            deployments.iter().find(|deployment| deployment.id == *id).map(|found| &found.group)
        };
        let called = reach.deployments.first().and_then(group);
        let (deployments, fallbacks) =
            reach.deployments.iter().cloned().partition(|id| group(id) == called);
        Self { model: reach.model.clone(), deployments, fallbacks }
    }
}
