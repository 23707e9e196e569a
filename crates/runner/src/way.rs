//! The way out for what stands alone: whose certificates are believed, and through which proxies. It must never know where
//! either was written down.

use std::sync::Arc;

use world::{Connector, Proxies, TcpConnector, Trust, TrustError, TrustOptions};

/// What lies between this machine and the providers.
#[derive(Clone, Debug, Default)]
pub struct Way {
    /// Authorities that are believed beside the usual ones, PEM.
    pub further: Option<Arc<str>>,
    /// Proxies.
    pub proxies: Proxies,
}

impl Way {
    /// Dials that way.
    pub(crate) fn connector(self) -> Result<Arc<dyn Connector>, TrustError> {
        let Self { further, proxies } = self;
        let options = TrustOptions { further: further.clone(), ..TrustOptions::default() };
        let trust = further.is_some().then(|| Trust::new(&options)).transpose()?;
        let proxies = Arc::new(proxies);
        Ok(Arc::new(TcpConnector { trust, further, proxies, ..TcpConnector::default() }))
    }
}
