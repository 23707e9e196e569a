//! `brownout fakes`: the providers of a scenario, standing alone until Ctrl-C.

use std::net::SocketAddr;
use std::sync::Arc;

use plan::{ClockKind, Text};
use record::AttemptRow;
use runner::{Journal, StandingFakes};
use vocab::{Protocol, Seed};

use crate::args::Fakes;
use crate::cmd::gateway::stand_failure;
use crate::cmd::scenario::{self, Reading};
use crate::exit::{Ended, Failure, Outcome};
use crate::{files, screen, signals};

/// Serves until told to stop.
pub(crate) fn fakes(args: &Fakes) -> Outcome {
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let standing = match (&args.persona, &args.scenario) {
        (Some(persona), _) => persona_alone(args, persona)?,
        (None, Some(scenario)) => of_scenario(args, scenario)?,
        (None, None) => return Err(Failure::User("error: name a scenario or a --persona".into())),
    };
    screen::remark(&format!("fakes listen on http://{}", standing.address()));
    let journal: Journal = if args.journal { Arc::new(print_attempt) } else { Arc::new(|_| {}) };
    standing.serve(!args.start_now, journal, &stop).map_err(|error| stand_failure(&error))?;
    Ok(Ended::Done)
}

fn of_scenario(args: &Fakes, name: &str) -> Result<StandingFakes, Failure> {
    let scenario = scenario::find(name)?;
    let reading = Reading { clock: ClockKind::Wall, seed: None, contenders: &[] };
    let (plan, config) = scenario::plan_with_config(&scenario, &args.plan, reading)?;
    scenario::print_notes(&plan);
    let fakes = plan.fakes.clone();
    let standing =
        runner::stand_fakes(plan.fakes, address(args)).map_err(|error| stand_failure(&error))?;
    for fake in &fakes.deployments {
        screen::remark(&format!("  {}  {}  key {}", fake.id, fake.protocol, fake.key));
    }
    if let (Some(path), Some(config)) = (&args.write_config, &config) {
        let url =
            args.public_url.clone().unwrap_or_else(|| format!("http://{}", standing.address()));
        write_config(path, config, &fakes, url.trim_end_matches('/'))?;
    }
    Ok(standing)
}

fn write_config(
    path: &std::path::Path,
    config: &Text,
    fakes: &plan::FakesConfig,
    url: &str,
) -> Result<(), Failure> {
    let served =
        plan::served_config(config, fakes, url).map_err(|report| scenario::mistakes(&report))?;
    let text = serde_json::to_string_pretty(&served)
        .map_err(|error| Failure::Internal(error.to_string()))?;
    files::write(path, format!("{text}\n").as_bytes())?;
    screen::remark(&format!("  {} points here", path.display()));
    Ok(())
}

fn persona_alone(args: &Fakes, name: &str) -> Result<StandingFakes, Failure> {
    let (protocol, model) = match name {
        "openai" => (Protocol::OpenAi, "gpt-4o"),
        "azure" => (Protocol::Azure, "gpt-4o"),
        "anthropic" => (Protocol::Anthropic, "claude-3-5-sonnet-20241022"),
        "gemini" => (Protocol::Gemini, "gemini-2.5-flash"),
        "bedrock" => (Protocol::Bedrock, "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        _ => {
            return Err(Failure::User(format!(
                "error: no persona `{name}`\n  help: there are openai, azure, anthropic, gemini and \
                 bedrock"
            )));
        }
    };
    let seed = Seed(args.plan.seed.unwrap_or(42));
    let config = plan::persona(protocol, model, ("fakes", 80), seed)
        .map_err(|report| scenario::mistakes(&report))?;
    for fake in &config.deployments {
        screen::remark(&format!("  {} speaks {}  key {}", fake.model, fake.protocol, fake.key));
    }
    runner::stand_fakes(config, address(args)).map_err(|error| stand_failure(&error))
}

fn address(args: &Fakes) -> SocketAddr {
    SocketAddr::new(args.bind.host, args.bind.port)
}

fn print_attempt(row: &AttemptRow) {
    // A row is plain data: what fails here is the reader's pipe.
    if let Ok(line) = serde_json::to_string(row) {
        screen::print(&line);
    }
}
