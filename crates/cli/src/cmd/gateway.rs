//! `brownout gateway`: real sockets, real secrets from the environment, until Ctrl-C. It takes on another config when its
//! file changes, and keeps the old one while that is wrong.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plan::{Level, Secrets};
use runner::{GatewayConfig, LogForm, Logged};

use crate::args::{Gateway, Log};
use crate::cmd::scenario;
use crate::exit::{Ended, Failure, Outcome};
use crate::{screen, signals};

/// The environment, as a config's `os.environ/NAME` sees it.
#[derive(Debug)]
struct Environment;

impl Secrets for Environment {
    #[expect(clippy::disallowed_methods, reason = "the cli may read the environment")]
    fn resolve(&self, name: &str, _: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

/// The personality of a gateway that serves real requests, unless somebody asks for another: a run plays a config as
/// LiteLLM would, to tell what LiteLLM does.
const OURS: &str = "brownout";

/// Reads the config, and says what there is to say of it.
fn read(args: &Gateway) -> Result<GatewayConfig, Failure> {
    let text = scenario::config_text(&args.config)?;
    let personality = args.personality.as_deref().unwrap_or(OURS);
    let (config, findings) = plan::gateway_config(&text, &Environment, Some(personality))
        .map_err(|report| scenario::mistakes(&report))?;
    for finding in &findings {
        match finding.level {
            Level::Warning => screen::remark(&format!("warning: {}", finding.line())),
            Level::Note => screen::remark(&format!("  {}", finding.line())),
        }
    }
    let mistakes = findings.iter().filter(|finding| finding.level == Level::Warning).count();
    scenario::refuse_mistakes(args.strict, mistakes)?;
    Ok(config)
}

/// Serves until told to stop.
pub(crate) fn gateway(args: &Gateway) -> Outcome {
    let config = read(args)?;
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let open = config.master_key.is_none();
    let (strategy, personality) = (config.router.routing_strategy.name, config.personality.name);
    let address = SocketAddr::new(args.bind.host, args.bind.port);
    if open && !args.bind.host.is_loopback() && !args.trust_network {
        let text = "error: there is no master key, and --host is beyond loopback: everybody who reaches the port could spend \
                    the providers' money; set general_settings.master_key, or say --trust-network";
        return Err(Failure::User(text.to_owned()));
    }
    let logged = match args.log {
        Log::Off => Logged::Nothing,
        Log::Failures => Logged::Failures,
        Log::All => Logged::Everything,
    };
    let form = if args.log_json { LogForm::Json } else { LogForm::Text };
    let standing = runner::stand_gateway(config, address, (logged, form))
        .map_err(|error| stand_failure(&error))?;
    if open {
        screen::remark("  no master key: everybody who reaches this port may call");
    }
    screen::remark(&format!("  strategy {strategy}, personality {personality}"));
    screen::remark(&format!("gateway listens on http://{}", standing.address()));
    let mut watch = Watch::new(args)?;
    standing.serve(&stop, &mut watch).map_err(|error| stand_failure(&error))?;
    Ok(Ended::Done)
}

/// Looks for another config: when SIGHUP comes, and when the file has changed. Files that it includes are read again
/// with it, and not watched.
#[derive(Debug)]
struct Watch<'a> {
    args: &'a Gateway,
    asked: Arc<AtomicBool>,
    seen: Option<Stamp>,
    /// Turns until the file is looked at again.
    rest: u32,
}

/// By what a file is seen to have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: (i64, i64),
    length: u64,
}

/// Of so many turns one looks at the file: about once a second.
const TURNS: u32 = 20;

impl<'a> Watch<'a> {
    fn new(args: &'a Gateway) -> Result<Self, Failure> {
        let asked = signals::reload_flag()
            .map_err(|error| Failure::Internal(format!("cannot watch for SIGHUP: {error}")))?;
        Ok(Self { args, asked, seen: stamp(&args.config), rest: TURNS })
    }

    /// Whether the config is to be read anew.
    fn is_due(&mut self) -> bool {
        let asked = self.asked.swap(false, Ordering::Relaxed);
        self.rest = self.rest.saturating_sub(1);
        if self.rest > 0 && !asked {
            return false;
        }
        self.rest = TURNS;
        let now = stamp(&self.args.config);
        // One that is gone is about to be replaced.
        let changed = now.is_some() && now != self.seen;
        self.seen = now.or(self.seen);
        changed || asked
    }
}

impl runner::News for Watch<'_> {
    fn config(&mut self) -> Option<GatewayConfig> {
        if !self.is_due() {
            return None;
        }
        let name = self.args.config.display();
        match read(self.args) {
            Ok(config) => Some(config),
            Err(failure) => {
                failure.tell();
                screen::remark(&format!(
                    "{name} has changed and cannot be used: the old config stays"
                ));
                None
            }
        }
    }

    fn taken_on(&mut self, result: Result<(), String>) {
        let name = self.args.config.display();
        match result {
            Ok(()) => screen::remark(&format!("{name} was read again")),
            Err(why) => screen::remark(&format!("{name}: {why}: the old config stays")),
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    let modified = (metadata.mtime(), metadata.mtime_nsec());
    Some(Stamp { modified, length: metadata.len() })
}

/// A taken port is the user's to mend; a machine without threads is not.
pub(crate) fn stand_failure(error: &runner::StandError) -> Failure {
    match error {
        runner::StandError::Listen { .. }
        | runner::StandError::Gateway(_)
        | runner::StandError::Tls(_)
        | runner::StandError::Fakes(_) => Failure::User(format!("error: {error}")),
        runner::StandError::Machine(_) | runner::StandError::Ended(_) => {
            Failure::Internal(error.to_string())
        }
    }
}
