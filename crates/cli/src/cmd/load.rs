//! `brownout load`: a scenario's traffic against a gateway that already stands.

use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use plan::{ClockKind, Plan};
use runner::{RunOptions, Secret, Standing, Watch};

use crate::args::Load;
use crate::cmd::run::{finish, stuck};
use crate::cmd::scenario::{self, Reading};
use crate::exit::{Failure, Outcome};
use crate::progress::Progress;
use crate::{screen, signals};

/// Replays the traffic and reports what clients saw.
pub(crate) fn load(args: &Load) -> Outcome {
    let scenario = scenario::find(&args.scenario)?;
    let reading = Reading::plain(ClockKind::Wall, &[], None);
    let mut plan = scenario::plan(&scenario, &args.plan, reading)?;
    let standing = standing(args)?;
    if let Some(url) = &args.fakes {
        let fakes = plan::standing_fakes(url).map_err(|report| scenario::mistakes(&report))?;
        // A scenario may know a token for the same fakes.
        let known = plan.standing_fakes.take().filter(|known| known.admin_url == fakes.admin_url);
        plan.standing_fakes = known.or(Some(fakes));
    }
    if args.require && plan.info.slo.is_empty() {
        return Err(Failure::User(format!(
            "error: --require: {} promises nothing\n  help: add `slo:`, such as \
             `slo: {{ success: \"rate > 0.995\" }}`",
            scenario.text.name
        )));
    }
    let stop = signals::stop_flag()
        .map_err(|error| Failure::Internal(format!("cannot watch for Ctrl-C: {error}")))?;
    let length = std::time::Duration::from_nanos(plan.info.scenario.duration_ns);
    screen::remark(&format!(
        "{} · seed {} · {} on the wall clock against {}",
        plan.info.scenario.name,
        plan.info.scenario.seed,
        vocab::show_duration(length),
        standing.to
    ));
    let watch = Arc::new(Watch::remote(&plan));
    let options = RunOptions {
        out: out_dir(args, &plan),
        scenario_path: scenario.text.name.clone(),
        config_path: plan.info.config.name.clone(),
        stop,
        products: runner::ProductOptions::default(),
        stuck: Arc::new(stuck),
    };
    let progress = Progress::show(&watch);
    let outcome = runner::load(&plan, &standing, &options, &watch);
    drop(progress);
    let required: Vec<String> =
        args.require.then(|| runner::REMOTE.to_owned()).into_iter().collect();
    finish(outcome, args.json, &required)
}

/// The target, with consent for hosts off loopback.
fn standing(args: &Load) -> Result<Standing, Failure> {
    let wrong = |why: &str| {
        Failure::User(format!(
            "error: --target {}: {why}\n  help: write http://127.0.0.1:4000 or https://host",
            args.target
        ))
    };
    let (to, path) =
        runner::target_of(&args.target).ok_or_else(|| wrong("not an http or https URL"))?;
    let loopback = to.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    let allowed = args.allow_remote.iter().any(|host| host.eq_ignore_ascii_case(&to.host));
    if !loopback && &*to.host != "localhost" && !allowed {
        return Err(Failure::User(format!(
            "error: {} is not this machine, and a load test there needs consent\n  help: add \
             --allow-remote {} if it is yours",
            to.host, to.host
        )));
    }
    let path = format!("{}/v1/chat/completions", path.trim_end_matches('/'));
    Ok(Standing { to, path, key: Secret(Arc::from(key(args)?.as_str())) })
}

#[expect(clippy::disallowed_methods, reason = "the cli may read the environment")]
fn key(args: &Load) -> Result<String, Failure> {
    let Some(name) = &args.key_env else { return Ok("sk-brownout-load".to_owned()) };
    std::env::var(name)
        .map_err(|_| Failure::User(format!("error: --key-env {name}: this variable is not set")))
}

fn out_dir(args: &Load, plan: &Plan) -> std::path::PathBuf {
    let info = &plan.info.scenario;
    let name = format!("{}-{}-load-{}", info.seed, plan.digest, runner::utc_stamp());
    args.out.clone().unwrap_or_else(|| Path::new("runs").join(&info.name).join(name))
}
