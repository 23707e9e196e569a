//! `brownout gateway`: real sockets, real secrets from the environment, until Ctrl-C.

use std::net::SocketAddr;

use plan::{Level, Secrets};

use crate::args::Gateway;
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

/// Serves until told to stop.
pub(crate) fn gateway(args: &Gateway) -> Outcome {
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
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let open = config.master_key.is_none();
    let (strategy, personality) = (config.router.routing_strategy.name, config.personality.name);
    let address = SocketAddr::new(args.bind.host, args.bind.port);
    let standing = runner::stand_gateway(config, address).map_err(|error| stand_failure(&error))?;
    if open {
        screen::remark("  no master key: everybody who reaches this port may call");
    }
    screen::remark(&format!("  strategy {strategy}, personality {personality}"));
    screen::remark(&format!("gateway listens on http://{}", standing.address()));
    standing.serve(&stop).map_err(|error| stand_failure(&error))?;
    Ok(Ended::Done)
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
