//! A scenario's traffic against a gateway that already stands. The client's side is observed; and the
//! providers', where the fakes behind the gateway tell what they saw. It must never know what stands there.

use std::sync::Arc;
use std::time::Duration;

use loadgen::Surroundings;
use loadgen::config::{Dialect, Secret, Target};
use plan::Plan;
use record::RunInfo;
use record::machine::FakesHealth;
use record::run::{
    Balance, Clock as RunClock, ContenderInfo, ContenderKind, Personality, Strategy,
};
use serde_json::json;
use world::{Authority, Clock, TcpConnector};

use crate::calibrate;
use crate::directory::{Finish, RunDirectory};
use crate::error::RunError;
use crate::loopback::runtime;
use crate::machine::{GENERATOR, Meter, Stopwatch, measured_health};
use crate::options::{RunOptions, RunOutcome};
use crate::places::names;
use crate::process::Probe;
use crate::recorder::{Decisions, Hosts, Recorder};
use crate::stand_run::{Reached, reach_behind};
use crate::target_error::TargetError;
use crate::watch::Watch;

/// Name and directory of the gateway under load.
pub const REMOTE: &str = "target";

/// Time between setting up and the first request.
const LEAD: Duration = Duration::from_millis(150);

/// A gateway that stands somewhere.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Where.
    pub to: Authority,
    /// Path of chat completions, with leading slash.
    pub path: String,
    /// Key to present.
    pub key: Secret,
}

/// Host and path prefix of a base URL; `None` if it is not http or https.
pub fn target_of(url: &str) -> Option<(Authority, String)> {
    let uri: http::Uri = url.parse().ok()?;
    Some((Authority::from_uri(&uri)?, uri.path().to_owned()))
}

/// Asks the gateway one calm request for each model that the traffic calls. What else it answers than that it
/// does not know us is its business.
async fn preflight(plan: &Plan, standing: &Standing) -> Result<(), TargetError> {
    let probe = Probe::of(standing.to.clone(), standing.key.0.to_string());
    let mut models: Vec<&str> = Vec::new();
    for phase in &plan.load.phases {
        if models.contains(&&*phase.model) {
            continue;
        }
        models.push(&phase.model);
        let body = json!({
            "model": phase.model,
            "max_tokens": 4,
            "messages": [{ "role": "user", "content": "Is anybody there?" }],
        });
        let (to, model) = (standing.to.clone(), phase.model.clone());
        let answer = probe.post(&standing.path, &body).await;
        let (status, said) = answer.map_err(|why| TargetError::Silent { to: to.clone(), why })?;
        match status {
            401 | 403 => return Err(TargetError::Key { to, status, said }),
            400 | 404 | 405 | 422 => return Err(TargetError::Model { to, model, status, said }),
            _ => {}
        }
    }
    Ok(())
}

/// Replays the traffic of `plan` against `standing` and writes a run directory with one contender of
/// kind `remote`.
///
/// # Errors
/// [`RunError`].
pub fn load(
    plan: &Plan,
    standing: &Standing,
    options: &RunOptions,
    watch: &Watch,
) -> Result<RunOutcome, RunError> {
    let stopwatch = Stopwatch::start();
    let failed = |source| RunError::World { contender: REMOTE.to_owned(), source };
    let beside = runtime("bo-witness").map_err(failed)?;
    beside.block_on(preflight(plan, standing))?;
    let reached = reach_behind(plan, &plan.fakes, (&options.scenario_path, &beside))?;
    let info = remote_info(plan);
    let directory = RunDirectory::prepare(&options.out)?;
    directory.write_run(&info)?;
    let (dir, stop) = (directory.contender(REMOTE)?, Arc::clone(&options.stop));
    let recorder = Arc::new(Recorder::create_with(&dir, stop, Decisions::Untold)?);
    let calibration = calibrate::run(plan.load.seed).map_err(failed)?;
    let generator = runtime(GENERATOR).map_err(failed)?;
    let clock = Clock::wall_in(reached.as_ref().map_or(LEAD, Reached::lead));
    let armed = reached.map(|reached| reached.arm(clock, &beside)).transpose()?;
    let target = Target {
        to: standing.to.clone(),
        path: Arc::from(standing.path.as_str()),
        stream_path: None,
        dialect: Dialect::OpenAi,
        key: standing.key.clone(),
        model: None,
    };
    let around = Surroundings {
        names: names(plan),
        clock,
        connector: Arc::new(TcpConnector::default()),
        sink: Arc::clone(&recorder) as Arc<dyn loadgen::Sink>,
        live: watch.contenders.first().map(|one| Arc::clone(&one.live)).unwrap_or_default(),
        stop: Arc::clone(&options.stop),
    };
    let meter = Meter::start();
    let summary = generator
        .block_on(loadgen::run(&plan.load, target, around))
        .map_err(|error| failed(std::io::Error::other(error)))?;
    let workings = meter.read();
    let witnessed = armed.map(|armed| armed.pull(&recorder, REMOTE, &beside)).transpose()?;
    for runtime in [generator, beside] {
        runtime.shutdown_timeout(Duration::from_secs(5));
    }
    let recorder = Arc::try_unwrap(recorder)
        .map_err(|_| failed(std::io::Error::other("a task outlived the load")))?;
    recorder.finish(&Hosts::new())?;
    let mut machine = stopwatch.stop();
    let took = Duration::from_secs_f64(machine.wall_seconds);
    machine.scenario_path.clone_from(&options.scenario_path);
    machine.config_path.clone_from(&options.config_path);
    let health = measured_health(REMOTE, &summary, clock, workings);
    machine.generators = vec![calibration.noted_in(health)];
    if let Some((clock, lateness)) = witnessed {
        machine.standing_clocks.push(clock);
        let contender = REMOTE.to_owned();
        machine.fakes.extend(lateness.map(|lateness| FakesHealth { contender, lateness }));
    }
    machine.incomplete = summary.interrupted.then(|| "interrupted".to_owned());
    directory.write_machine(&machine)?;
    let finish = if summary.interrupted { Finish::Interrupted } else { Finish::Measured };
    let (dir, settled, claim) = directory.settle(&info, finish)?;
    let interrupted = summary.interrupted;
    Ok(RunOutcome { dir, settled, digest: String::new(), took, interrupted, claim })
}

/// What `run.json` says: the scenario's traffic and promise; the gateway and its decisions are somebody
/// else's, and so are its providers, unless our fakes stand behind it.
fn remote_info(plan: &Plan) -> RunInfo {
    let mut info = plan.info.clone();
    info.contenders = vec![ContenderInfo {
        name: REMOTE.to_owned(),
        kind: ContenderKind::Remote,
        personality: Personality::Unknown,
        product: None,
        witnessed: plan.standing_fakes.is_some(),
        strategy: Strategy::Unknown,
        instances: 1,
        balance: Balance::Unknown,
        cooldown_ns: 0,
        mark: false,
        config: None,
        overlay: None,
        reach: Vec::new(),
    }];
    info.scenario.clock = RunClock::Wall;
    if plan.standing_fakes.is_none() {
        // No fake is involved: nothing was assumed about one.
        info.assumed.clear();
    }
    info
}
