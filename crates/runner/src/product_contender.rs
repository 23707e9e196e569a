//! Contenders that are products: found before a run begins, started with the addresses of its fakes, and
//! measured from outside. It must never know how a schedule is played.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fake_providers::config::DeploymentConfig;
use plan::{Plan, ProcessPlan};
use record::RunInfo;
use record::machine::ProcessHealth;
use record::run::ProductInfo;
use tokio::time::Instant;
use vocab::DeploymentId;
use world::Directory;

use crate::error::RunError;
use crate::machine::cores;
use crate::options::RunOptions;
use crate::process::{
    FoundProduct, PRODUCT_READY_WITHIN, ProductError, ProductLaunch, ProductSearch, RunningProduct,
    Usage, find_product, start_product,
};
use crate::subject::Subject;

/// The products of a plan, by the names of their contenders.
#[derive(Debug)]
pub(crate) struct Products(Vec<(String, FoundProduct)>);

impl Products {
    /// Finds all of them, so that a missing one costs no run.
    pub(crate) fn find(plan: &Plan, options: &RunOptions) -> Result<Self, RunError> {
        let mut found = Vec::new();
        for contender in &plan.contenders {
            let Some(ProcessPlan { spec, .. }) = &contender.process else { continue };
            let python = spec.python.as_ref().map(PathBuf::from);
            let search = ProductSearch {
                peers: options.products.peers.clone(),
                python: options.products.python.clone().or(python),
                version: spec.version.clone(),
            };
            let product = find_product(spec.product, &search).map_err(|source| {
                RunError::Product { contender: contender.name.to_string(), source }
            })?;
            found.push((contender.name.to_string(), product));
        }
        Ok(Self(found))
    }

    fn of(&self, contender: &str) -> Option<&FoundProduct> {
        self.0.iter().find(|(name, _)| name == contender).map(|(_, found)| found)
    }

    /// `info`, with the versions that the products say they are.
    pub(crate) fn noted_in(&self, info: &RunInfo) -> RunInfo {
        let mut info = info.clone();
        for who in &mut info.contenders {
            if let Some(found) = self.of(&who.name) {
                who.product = Some(ProductInfo {
                    name: found.title().to_owned(),
                    version: Some(found.version().to_owned()),
                });
            }
        }
        info
    }

    /// Starts the product that `subject` is, if it is one, with its deployments where `hosts` says.
    pub(crate) fn start(
        &self,
        (plan, subject): (&Plan, &Subject<'_>),
        hosts: &Directory,
        dir: &Path,
        options: &RunOptions,
    ) -> Result<Started, RunError> {
        let Subject::Contender(contender) = subject else { return Ok(Started::NoProduct) };
        let name = contender.name.as_str();
        let Some((process, found)) = contender.process.as_ref().zip(self.of(name)) else {
            return Ok(Started::NoProduct);
        };
        let own: Vec<DeploymentId> =
            contender.gateway.deployments.iter().map(|own| own.id.clone()).collect();
        let base_url = |fake: &DeploymentConfig| {
            let at =
                hosts.iter().find(|((host, port), _)| **host == *fake.host && *port == fake.port);
            at.map(|(_, address)| format!("http://{address}"))
        };
        let settings = plan::pointed_config(&process.settings, &own, &plan.fakes, &base_url);
        let fakes = plan.fakes.deployments.iter().filter(|fake| own.contains(&fake.id));
        let protocols: BTreeSet<_> = fakes.map(|fake| fake.protocol).collect();
        let started = start_product(ProductLaunch {
            found,
            supervisor: &options.products.supervisor,
            settings: &settings,
            protocols: &protocols,
            dir,
            patience: PRODUCT_READY_WITHIN,
            stop: &options.stop,
        });
        match started {
            Ok(running) => Ok(Started::Running(Box::new(running))),
            Err(ProductError::Interrupted(_)) => Ok(Started::Interrupted),
            Err(source) => Err(RunError::Product { contender: name.to_owned(), source }),
        }
    }
}

/// What became of starting a contender's product.
#[derive(Debug)]
pub(crate) enum Started {
    /// It is a gateway of ours.
    NoProduct,
    /// It answers.
    Running(Box<RunningProduct>),
    /// The run was interrupted before it did.
    Interrupted,
}

/// Measures what a product uses from now on.
#[derive(Debug)]
pub(crate) struct ProductMeter {
    before: Usage,
    since: Instant,
}

impl ProductMeter {
    pub(crate) fn start(product: &RunningProduct) -> Self {
        Self { before: product.usage(), since: Instant::now() }
    }

    /// What `machine.json` says about it.
    pub(crate) fn read(&self, contender: &str, product: &RunningProduct) -> ProcessHealth {
        let after = product.usage();
        let cpu = after.cpu.zip(self.before.cpu);
        let cpu = cpu.map(|(after, before)| after.saturating_sub(before).as_secs_f64());
        let passed = self.since.elapsed().max(Duration::from_millis(1)).as_secs_f64();
        let cores = product.found().cores().min(cores()).max(1) as f64;
        ProcessHealth {
            contender: contender.to_owned(),
            cpu_seconds: cpu,
            cpu_share: cpu.map(|cpu| cpu / passed / cores),
            resident_mb_max: after.resident_bytes_max.map(|bytes| bytes as f64 / 1e6),
        }
    }
}
