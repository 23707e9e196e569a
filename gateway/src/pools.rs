//! Connections to providers, by whom they believe: most deployments share one pool, and those that believe others have
//! their own. It must never know a request.

use std::sync::Arc;

use world::pool::{Pool, PoolOptions};
use world::{Connector, TrustError, TrustOptions};

/// The pools of a fleet.
#[derive(Clone, Debug)]
pub(crate) struct Pools {
    connector: Arc<dyn Connector>,
    /// At most one per deployment, and the usual one.
    known: Vec<(TrustOptions, Pool)>,
}

impl Pools {
    /// None yet; connections are made by `connector`.
    pub(crate) fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector, known: Vec::new() }
    }

    /// The pool of those who believe as `options` say.
    ///
    /// # Errors
    /// Options that make no client.
    pub(crate) fn of(&mut self, options: &TrustOptions) -> Result<Pool, TrustError> {
        if let Some((_, pool)) = self.known.iter().find(|(known, _)| known == options) {
            return Ok(pool.clone());
        }
        let usual = *options == TrustOptions::default();
        let own = if usual { None } else { self.connector.trusting(options)? };
        let connector = own.unwrap_or_else(|| Arc::clone(&self.connector));
        let pool = Pool::new(connector, PoolOptions::default());
        self.known.push((options.clone(), pool.clone()));
        Ok(pool)
    }
}
