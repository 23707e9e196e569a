//! The two sides of a case: the product on the wall clock, and its emulation in virtual time. Both play the same worlds.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plan::{Secrets, Text};
use runner::{
    ProbeError, ProbeScript, ProbeSeen, ProbedFake, Probing, Standing, probe_virtual, probe_wall,
};
use serde_json::Value;

use super::cases::Case;
use super::seen::{CaseSeen, seen};
use super::world::World;

/// Why a case could not be played.
#[derive(Debug, thiserror::Error)]
pub enum ParityError {
    /// The cases themselves.
    #[error("the parity cases are wrong: {0}")]
    Cases(String),
    /// A config of ours that the gateway does not take.
    #[error("the emulation cannot be set up: {0}")]
    Config(String),
    /// A world, or the product.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// The table that is committed.
    #[error("the published results cannot be read: {0}")]
    Published(#[from] serde_json::Error),
}

/// A product that can be started over a config, again and again.
pub trait Product {
    /// Starts it, and says where it listens once it is ready.
    ///
    /// # Errors
    /// Why it does not stand, in words for the user.
    fn start(&mut self, config: &Value) -> Result<Standing, String>;

    /// Why what was started does not run any more, if it does not.
    fn died(&mut self) -> Option<String>;

    /// Stops what was started; nothing if nothing was.
    fn stop(&mut self);
}

/// Told of each case that was played.
pub(crate) type Told<'a> = &'a mut dyn FnMut(&Case, CaseSeen);

/// Who plays: both sides of the table.
pub(crate) trait Side {
    /// Plays scripts over a config, and tells each that came to its end by its place. Whether all did.
    fn play(&mut self, scripts: Scripts<'_>) -> Result<bool, ParityError>;
}

/// What a side is to play.
pub(crate) struct Scripts<'a> {
    pub(crate) fakes: &'a [ProbedFake],
    pub(crate) scripts: &'a [ProbeScript],
    /// The config for fakes at the first URL; nobody listens at the second.
    pub(crate) config: &'a dyn Fn(&str, &str) -> Value,
    pub(crate) done: &'a mut dyn FnMut(usize, ProbeSeen),
}

/// Plays every case of a world. Whether all came to their end.
pub(crate) fn play_cases(
    side: &mut dyn Side,
    world: &World<'_>,
    told: Told<'_>,
) -> Result<bool, ParityError> {
    let mut parts = Parts { world, open: BTreeMap::new(), told };
    side.play(Scripts {
        fakes: &world.fakes,
        scripts: &world.scripts,
        config: &|fakes, nobody| world.config(fakes, nobody),
        done: &mut |script, told| parts.take(script, &told),
    })
}

/// The product itself.
pub(crate) struct Real<'a> {
    pub(crate) product: &'a mut dyn Product,
    pub(crate) at_a_time: usize,
    pub(crate) stop: &'a Arc<AtomicBool>,
}

/// Nobody listens here: the port of a service that is long out of use.
const NOBODY: &str = "http://127.0.0.1:1";

/// How often the product may die over one config before it is given up.
const DEATHS_MAX: usize = 3;

impl Side for Real<'_> {
    /// A script during which the product died is no play of it: it is started again, and plays those that are left.
    fn play(&mut self, mut scripts: Scripts<'_>) -> Result<bool, ParityError> {
        let mut left: Vec<usize> = (0..scripts.scripts.len()).collect();
        let mut why = String::new();
        for _ in 0..DEATHS_MAX {
            let (whole, died) = self.play_left(&mut scripts, &mut left)?;
            match died {
                Some(died) if !self.stop.load(Ordering::Relaxed) => why = died,
                Some(_) | None => return Ok(whole),
            }
        }
        let told = format!("the product died {DEATHS_MAX} times over the same config: {why}");
        Err(ParityError::Probe(ProbeError::Gateway(told)))
    }
}

impl Real<'_> {
    /// Plays the scripts at these places, and takes out those that came to their end. Whether all of them did, and of
    /// what the product died if it died.
    fn play_left(
        &mut self,
        scripts: &mut Scripts<'_>,
        left: &mut Vec<usize>,
    ) -> Result<(bool, Option<String>), ParityError> {
        let part: Vec<ProbeScript> =
            left.iter().filter_map(|&place| scripts.scripts.get(place).cloned()).collect();
        let product = RefCell::new(&mut *self.product);
        let (mut ended, mut died) = (Vec::new(), None);
        let probing = Probing {
            fakes: scripts.fakes,
            scripts: &part,
            at_a_time: self.at_a_time,
            stop: self.stop,
            done: &mut |place, seen| {
                died = died.take().or_else(|| product.borrow_mut().died());
                if died.is_none()
                    && let Some(&place) = left.get(place)
                {
                    ended.push(place);
                    (scripts.done)(place, seen);
                }
            },
        };
        let config = scripts.config;
        let start = &mut |fakes: &str| product.borrow_mut().start(&config(fakes, NOBODY));
        let played = probe_wall(start, probing);
        let product = product.into_inner();
        let died = died.or_else(|| product.died());
        product.stop();
        left.retain(|place| !ended.contains(place));
        Ok((played?, died))
    }
}

/// Its emulation, with one seed.
pub(crate) struct Emulated<'a> {
    pub(crate) personality: &'a str,
    pub(crate) seed: u64,
    pub(crate) stop: &'a Arc<AtomicBool>,
    pub(crate) stuck: &'a Arc<dyn Fn(&str) + Send + Sync>,
}

impl Side for Emulated<'_> {
    fn play(&mut self, scripts: Scripts<'_>) -> Result<bool, ParityError> {
        let config = (scripts.config)("http://fakes", "http://nobody").to_string();
        let text = Text::new("the config of a parity world", config);
        let (config, _) = plan::gateway_config(&text, &NoSecrets, Some(self.personality))
            .map_err(|report| ParityError::Config(report.lines().join("; ")))?;
        let probing = Probing {
            fakes: scripts.fakes,
            scripts: scripts.scripts,
            at_a_time: scripts.scripts.len(),
            stop: self.stop,
            done: scripts.done,
        };
        Ok(probe_virtual(&config, self.seed, probing, self.stuck)?)
    }
}

/// Everything stands in the configs of parity worlds.
struct NoSecrets;

impl Secrets for NoSecrets {
    fn resolve(&self, _name: &str, _path: &str) -> Option<String> {
        None
    }
}

/// Scripts that came to their end, until all of their case did.
struct Parts<'w, 't> {
    world: &'w World<'w>,
    open: BTreeMap<usize, CaseSeen>,
    told: Told<'t>,
}

impl Parts<'_, '_> {
    fn take(&mut self, script: usize, told: &ProbeSeen) {
        let Some(&(place, part)) = self.world.of_script.get(script) else { return };
        let Some(case) = self.world.cases.get(place) else { return };
        let Some((name, shape)) = case.shapes.get(part) else { return };
        let parts = self.open.entry(place).or_default();
        parts.insert(name.clone(), seen(case, (name, shape), told));
        if parts.len() == case.shapes.len()
            && let Some(whole) = self.open.remove(&place)
        {
            (self.told)(case, whole);
        }
    }
}
