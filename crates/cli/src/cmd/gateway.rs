//! `brownout gateway`: real sockets, real secrets from the environment, until Ctrl-C. It takes on another config when its
//! file changes, and keeps the old one while that is wrong.

mod watch;

use std::net::SocketAddr;
use std::time::Duration;

use plan::Level;
use runner::{Door, Drain, GatewayConfig, GatewayPlace, Hosts, Keyless, Limits, LogForm, Logged};

use crate::args::{Gateway, Log};
use crate::cmd::scenario;
use crate::environment::{self, Environment};
use crate::exit::{Ended, Failure, Outcome};
use crate::{files, screen, signals};
use watch::Watch;

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
    if open && !args.place.host.is_loopback() && !args.place.trust_network {
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
    let standing = runner::stand_gateway(config, place(args)?, (logged, form), environment::way()?)
        .map_err(|error| stand_failure(&error))?;
    if open {
        screen::remark("  no master key: every program that reaches this port may call");
    }
    screen::remark(&format!("  strategy {strategy}, personality {personality}"));
    if let Some(url) = standing.metrics_url() {
        screen::remark(&format!("  metrics on {url}"));
    }
    screen::remark(&format!("gateway listens on {}", standing.url()));
    let mut watch = Watch::new(args)?;
    standing.serve(&stop, &mut watch).map_err(|error| stand_failure(&error))?;
    Ok(Ended::Done)
}

/// Where to stand, and how clients are received.
fn place(args: &Gateway) -> Result<GatewayPlace, Failure> {
    let place = &args.place;
    let tls = match (&place.tls_cert, &place.tls_key) {
        (Some(certificate), Some(key)) => Some(files::read_pem(certificate, key)?),
        (Some(_), None) | (None, Some(_)) | (None, None) => None,
    };
    let hosts = match place.trust_network {
        true => Hosts::Any,
        false => Hosts::Known(place.allow_hosts.clone()),
    };
    let drain = Drain {
        notice: Duration::from_secs(args.farewell.grace),
        limit: Duration::from_secs(args.farewell.drain),
    };
    let limits = Limits {
        requests_max: usize::try_from(args.most.max_requests).unwrap_or(usize::MAX),
        body_bytes_max: usize::try_from(args.most.max_body_memory)
            .unwrap_or(usize::MAX)
            .saturating_mul(1024 * 1024),
    };
    let keyless = Keyless::Programs(hosts.clone());
    let door = Door { drain, keyless, limits: Some(limits), ..Door::default() };
    // Whoever lets the network have them lets it ask by any name.
    let named = if place.metrics_host.is_loopback() { hosts } else { Hosts::Any };
    let metrics = place.metrics_port.map(|port| (SocketAddr::new(place.metrics_host, port), named));
    let address = SocketAddr::new(place.host, place.port);
    Ok(GatewayPlace { address, tls, door, metrics })
}

/// A taken port is the user's to mend; a machine without threads is not.
pub(crate) fn stand_failure(error: &runner::StandError) -> Failure {
    match error {
        runner::StandError::Listen { .. }
        | runner::StandError::Gateway(_)
        | runner::StandError::Believed(_)
        | runner::StandError::Tls(_)
        | runner::StandError::Fakes(_) => Failure::User(format!("error: {error}")),
        runner::StandError::Machine(_) | runner::StandError::Ended(_) => {
            Failure::Internal(error.to_string())
        }
    }
}
