//! A scenario's traffic against a gateway that already stands: only the client's side is observed.
//! It must never know what stands there.

use std::sync::Arc;
use std::time::Duration;

use loadgen::Surroundings;
use loadgen::config::{Dialect, Secret, Target};
use plan::Plan;
use record::RunInfo;
use record::run::{
    Balance, Clock as RunClock, ContenderInfo, ContenderKind, Personality, Strategy,
};
use world::{Authority, Clock, TcpConnector};

use crate::calibrate;
use crate::directory::{Finish, RunDirectory};
use crate::error::RunError;
use crate::loopback::runtime;
use crate::machine::{GENERATOR, Meter, Stopwatch, measured_health};
use crate::options::{RunOptions, RunOutcome};
use crate::places::names;
use crate::recorder::{Hosts, Recorder};
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
    let info = remote_info(plan);
    let directory = RunDirectory::prepare(&options.out)?;
    directory.write_run(&info)?;
    let recorder =
        Arc::new(Recorder::create(&directory.contender(REMOTE)?, Arc::clone(&options.stop))?);
    let failed = |source| RunError::World { contender: REMOTE.to_owned(), source };
    let calibration = calibrate::run(plan.load.seed).map_err(failed)?;
    let generator = runtime(GENERATOR).map_err(failed)?;
    let clock = Clock::wall_in(LEAD);
    let target = Target {
        to: standing.to.clone(),
        path: Arc::from(standing.path.as_str()),
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
    generator.shutdown_timeout(Duration::from_secs(5));
    let recorder = Arc::try_unwrap(recorder)
        .map_err(|_| failed(std::io::Error::other("a task outlived the load")))?;
    recorder.finish(&Hosts::new())?;
    let mut machine = stopwatch.stop();
    let took = Duration::from_secs_f64(machine.wall_seconds);
    machine.scenario_path.clone_from(&options.scenario_path);
    machine.config_path.clone_from(&options.config_path);
    let health = measured_health(REMOTE, &summary, clock, workings);
    machine.generators = vec![calibration.noted_in(health)];
    machine.incomplete = summary.interrupted.then(|| "interrupted".to_owned());
    directory.write_machine(&machine)?;
    let finish = if summary.interrupted { Finish::Interrupted } else { Finish::Measured };
    let (dir, settled, claim) = directory.settle(&info, finish)?;
    let interrupted = summary.interrupted;
    Ok(RunOutcome { dir, settled, digest: String::new(), took, interrupted, claim })
}

/// What `run.json` says: the scenario's traffic and promise; the gateway, its deployments' faults and
/// its decisions are somebody else's.
fn remote_info(plan: &Plan) -> RunInfo {
    let mut info = plan.info.clone();
    info.contenders = vec![ContenderInfo {
        name: REMOTE.to_owned(),
        kind: ContenderKind::Remote,
        personality: Personality::Unknown,
        product: None,
        witnessed: false,
        strategy: Strategy::Unknown,
        instances: 1,
        balance: Balance::Unknown,
        cooldown_ns: 0,
        mark: false,
        overlay: None,
        reach: Vec::new(),
    }];
    info.scenario.clock = RunClock::Wall;
    // No fake is involved: nothing was assumed about one.
    info.assumed.clear();
    info
}
