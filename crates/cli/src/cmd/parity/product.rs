//! LiteLLM for `brownout parity`: found once, started over each config, and stopped with its processes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use judge::parity::Product;
use plan::ProductName;
use runner::{
    FoundProduct, PRODUCT_READY_WITHIN, ProductLaunch, ProductSearch, RunningProduct, Secret,
    Standing, find_product, start_product, target_of,
};
use vocab::Protocol;

use crate::args::Parity;
use crate::cmd::products;
use crate::exit::Failure;
use crate::screen;

/// A LiteLLM that is installed.
#[derive(Debug)]
pub(crate) struct Found {
    product: FoundProduct,
    supervisor: PathBuf,
}

impl Found {
    /// The one of `--python`, else that of the version that is asked for.
    pub(crate) fn search(args: &Parity) -> Result<Self, Failure> {
        let options = products::options(args.python.as_deref());
        let search = ProductSearch {
            peers: options.peers,
            python: options.python,
            version: Some(args.litellm.clone()),
        };
        let product = find_product(ProductName::Litellm, &search)
            .map_err(|error| Failure::User(format!("error: {error}")))?;
        Ok(Self { product, supervisor: options.supervisor })
    }

    pub(crate) fn version(&self) -> &str {
        self.product.version()
    }

    /// Who it is, and where it was found.
    pub(crate) fn shown(&self) -> String {
        format!("{} {}", self.product.title(), self.product.program().display())
    }
}

/// A LiteLLM that is started again and again; dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Running {
    found: Found,
    /// Where its last config and log are kept.
    dir: PathBuf,
    stop: Arc<AtomicBool>,
    running: Option<RunningProduct>,
}

impl Running {
    /// Nothing runs yet.
    pub(crate) fn new(found: Found, dir: PathBuf, stop: Arc<AtomicBool>) -> Self {
        Self { found, dir, stop, running: None }
    }
}

impl Product for Running {
    fn start(&mut self, config: &serde_json::Value) -> Result<Standing, String> {
        self.stop();
        std::fs::create_dir_all(&self.dir)
            .map_err(|error| format!("cannot write {}: {error}", self.dir.display()))?;
        let protocols = BTreeSet::from([Protocol::OpenAi, Protocol::Azure, Protocol::Anthropic]);
        let running = start_product(ProductLaunch {
            found: &self.found.product,
            supervisor: &self.found.supervisor,
            settings: config,
            protocols: &protocols,
            dir: &self.dir,
            patience: PRODUCT_READY_WITHIN,
            stop: &self.stop,
        });
        let running = running.map_err(|error| error.to_string())?;
        let (to, _) = target_of(&running.base_url()).ok_or("it has no address")?;
        let key = Secret(Arc::from(running.key()));
        self.running = Some(running);
        Ok(Standing { to, path: "/v1/chat/completions".to_owned(), key })
    }

    fn died(&mut self) -> Option<String> {
        let died = self.running.as_ref().and_then(RunningProduct::died)?;
        screen::remark(&format!(
            "{} died while it was asked; that counts as no play, and it is started again: {died}",
            self.found.product.title()
        ));
        Some(died)
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop();
        }
    }
}
