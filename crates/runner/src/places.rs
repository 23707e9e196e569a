//! What places inside a world are called: gateways, balancer and the hosts of fakes. It must never
//! open one.

use std::sync::Arc;

use plan::Plan;
use world::Authority;

/// Port on which gateways and balancers listen inside a world: LiteLLM's.
pub(crate) const GATEWAY_PORT: u16 = 4000;

/// A host of this world, in plain text.
pub(crate) fn authority(host: &str, port: u16) -> Authority {
    Authority { host: Arc::from(host), port, tls: false }
}

/// Ids of deployments by number, for the marks in tokens; number 1 stands first.
pub(crate) fn names(plan: &Plan) -> Arc<[String]> {
    plan.fakes.deployments.iter().map(|deployment| deployment.id.to_string()).collect()
}
