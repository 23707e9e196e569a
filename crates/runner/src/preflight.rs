//! Before anybody is measured, each deployment answers one calm request over each contender's own way,
//! in a virtual world of its own, of which nobody learns anything.
//!
//! The gateway's config is narrowed to the deployment; its fakes have no faults and no limits and
//! speak at once, so that what fails is the way itself: an address that our own fake does not know, a
//! key, a model, a translation. Deployments that no request can reach are not asked. It must never
//! decide what follows.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fake_providers::Fakes;
use fake_providers::config::{DeploymentConfig, FakesConfig, Latency, Limits, Spread};
use gateway::config::{Config, RouterSettings};
use gateway::observer::Unobserved;
use gateway::{Foreseen, Gateway, Luck, Parts};
use loadgen::config::{ClientConfig, LoadConfig, Phase, Targets, TokenSpread, Workload};
use loadgen::{Surroundings, arrival};
use plan::{ContenderPlan, InstanceEventKind, Plan};
use record::{AttemptRow, PreflightRow, RequestRow, RowWriter};
use vocab::{At, Outcome};
use world::{Clock, Link, run_virtual};

use crate::error::RunError;
use crate::memory_world::MemoryWorld;
use crate::options::RunOptions;
use crate::parallel;
use crate::places::{GATEWAY_PORT, authority, names};
use crate::recorder::RecordError;
use crate::servers;
use crate::subject::{Subject, straight_at};

/// One question: can this deployment be reached by that way?
#[derive(Clone, Copy, Debug)]
struct Question<'a> {
    subject: Subject<'a>,
    deployment: &'a DeploymentConfig,
}

impl Question<'_> {
    fn failed(&self, source: std::io::Error) -> RunError {
        RunError::World { contender: self.subject.name().to_owned(), source }
    }
}

/// How a request asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Stream,
    Plain,
}

/// What came of one request.
#[derive(Debug, Default)]
struct Heard(Mutex<Came>);

#[derive(Debug, Default)]
struct Came {
    row: Option<RequestRow>,
    attempt: Option<AttemptRow>,
    /// The provider's sentence about a request that it does not take, and the member that it names.
    sentence: Option<(String, Option<String>)>,
}

/// What is wrong with a way, and the key of the config that is to blame, where one is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrong {
    detail: String,
    key: Option<String>,
}

/// A way of a contender, as far as the config says.
#[derive(Clone, Debug)]
struct Way {
    /// The path that is asked.
    path: String,
    /// Why nothing is asked.
    foreseen: Option<Foreseen>,
    /// What the config sends along.
    sends: Vec<String>,
}

/// How long a calm answer may take: fakes that speak at once need none of it.
const PATIENCE: Duration = Duration::from_secs(30);

/// The gateway under test.
const INSTANCE: &str = "gateway[1]";

/// Asks every deployment, and writes `preflight.csv` into `dir`.
///
/// # Errors
/// If a world could not be set up, or the table not written.
pub(crate) fn write(plan: &Plan, options: &RunOptions, dir: &Path) -> Result<(), RunError> {
    let questions = questions(plan);
    let ask = |index: usize| questions.get(index).map(|question| ask(plan, options, *question));
    let answers = parallel::all(questions.len(), ask);
    let write = |source| RecordError::Write { dir: dir.to_owned(), source };
    let mut table = RowWriter::create(&dir.join("preflight.csv")).map_err(write)?;
    for (place, (question, answer)) in (0..).zip(questions.iter().zip(answers)) {
        let name = question.subject.name();
        let panicked = || RunError::Panicked(name.to_owned());
        let problems = answer.flatten().ok_or_else(panicked)??;
        let details: Vec<&str> = problems.iter().map(|wrong| wrong.detail.as_str()).collect();
        let key = problems.iter().find_map(|wrong| wrong.key.clone());
        let row = PreflightRow {
            contender: name.to_owned(),
            deployment: question.deployment.id.to_string(),
            ok: problems.is_empty(),
            detail: details.join("; "),
            key: key.unwrap_or_default(),
        };
        table.push(0, place, row).map_err(write)?;
    }
    table.finish().map_err(write)?;
    Ok(())
}

/// Who is asked over whose way, in the order of the contenders and of the config.
fn questions(plan: &Plan) -> Vec<Question<'_>> {
    let mut questions = Vec::new();
    for subject in Subject::all(plan) {
        // A product is nobody's to narrow: its own warm-up asks it.
        if matches!(subject, Subject::Contender(contender) if contender.process.is_some()) {
            continue;
        }
        let infos = plan.info.contenders.iter().filter(|info| info.name == subject.name());
        let reached: Vec<&String> =
            infos.flat_map(|info| &info.reach).flat_map(|reach| &reach.deployments).collect();
        let fakes = plan.fakes.deployments.iter();
        let fakes = fakes.filter(|fake| reached.iter().any(|id| **id == fake.id.as_str()));
        questions.extend(fakes.map(|deployment| Question { subject, deployment }));
    }
    questions
}

/// What is wrong with a way; nothing if each shape of the traffic's requests was answered.
fn ask(plan: &Plan, options: &RunOptions, question: Question<'_>) -> Result<Vec<Wrong>, RunError> {
    let shares = || plan.load.phases.iter().map(|phase| phase.workload.stream_share);
    let mut shapes = Vec::new();
    if shares().any(|share| share > 0.0) {
        shapes.push(Shape::Stream);
    }
    if shares().any(|share| share < 1.0) {
        shapes.push(Shape::Plain);
    }
    let mut problems: Vec<Wrong> = Vec::new();
    for shape in shapes {
        let problem = ask_once(plan, options, question, shape)?;
        // Mostly both shapes fail alike.
        problems.extend(problem.filter(|problem| !problems.contains(problem)));
    }
    Ok(problems)
}

/// One request in a world of its own; what was wrong with its answer.
fn ask_once(
    plan: &Plan,
    options: &RunOptions,
    question: Question<'_>,
    shape: Shape,
) -> Result<Option<Wrong>, RunError> {
    let heard = Arc::new(Heard::default());
    let asked = run_virtual(
        &Arc::new(AtomicU64::new(0)),
        exchange((plan, options), question, shape, &heard),
    );
    let way = asked.map_err(|source| question.failed(source))??;
    let heard = heard.0.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(way.and_then(|way| problem(&heard, question.deployment, &way)))
}

/// Everything that happens inside the world. Returns the way that was asked; `None` if no config
/// leads there.
async fn exchange(
    (plan, options): (&Plan, &RunOptions),
    question: Question<'_>,
    shape: Shape,
    heard: &Arc<Heard>,
) -> Result<Option<Way>, RunError> {
    let Question { subject, deployment } = question;
    let failed = |source| question.failed(source);
    let ledger = Arc::clone(heard) as Arc<dyn fake_providers::Ledger>;
    let fakes = Fakes::new(calm(&plan.fakes, deployment), Clock::simulated(), ledger)?;
    let mut world = MemoryWorld::new(fakes, &BTreeMap::new()).map_err(failed)?;
    let (targets, model, way) = match subject {
        Subject::Direct => {
            let target = straight_at(deployment);
            let way = Way { path: target.path.to_string(), foreseen: None, sends: Vec::new() };
            (Targets::from(target), deployment.model.clone(), way)
        }
        Subject::Contender(contender) => {
            let Some(config) = narrowed(plan, contender, deployment) else { return Ok(None) };
            let own = config.deployments.first();
            let way = Way {
                path: own.map(gateway::path_to).unwrap_or_default(),
                foreseen: own.and_then(|own| gateway::foreseen(&config, own)),
                sends: own
                    .map(|own| own.additions.defaults.keys().cloned().collect())
                    .unwrap_or_default(),
            };
            let model = called(plan, &config, deployment);
            serve(plan, contender, Arc::new(config), &mut world)?;
            (subject.targets(plan, authority(INSTANCE, GATEWAY_PORT), None), model, way)
        }
    };
    let around = Surroundings {
        names: names(plan),
        clock: Clock::simulated(),
        connector: world.network.connector("client"),
        sink: Arc::clone(heard) as Arc<dyn loadgen::Sink>,
        live: Arc::default(),
        stop: Arc::clone(&options.stop),
    };
    let load = one_request(plan, &model, shape);
    let load = loadgen::run(&load, targets, around);
    let played = world.during(load).await.map_err(|end| end.of(subject.name()))?;
    played.map_err(|error| failed(std::io::Error::other(error)))?;
    Ok(Some(way))
}

/// Serves a contender's gateway with `config`.
fn serve(
    plan: &Plan,
    contender: &ContenderPlan,
    config: Arc<Config>,
    world: &mut MemoryWorld,
) -> Result<(), RunError> {
    let failed = |source| RunError::World { contender: contender.name.to_string(), source };
    let listener = world.network.listen(INSTANCE, GATEWAY_PORT, Link::default());
    let gateway = Gateway::new(Parts {
        luck: Luck::CallId,
        config,
        clock: Clock::simulated(),
        connector: world.network.connector(INSTANCE),
        observer: Arc::new(Unobserved),
        seed: plan.load.seed,
        instance: Arc::from(INSTANCE),
    });
    let gateway = gateway.map_err(|error| RunError::Gateway {
        contender: contender.name.to_string(),
        message: error.to_string(),
    })?;
    world.start(servers::calm_gateway(gateway, listener.map_err(failed)?)).map_err(failed)
}

/// Longest part of a provider's sentence that is quoted, in characters.
const SENTENCE_CHARS_MAX: usize = 200;

/// What was wrong with an answer of `deployment`, which was asked that way.
fn problem(came: &Came, deployment: &DeploymentConfig, way: &Way) -> Option<Wrong> {
    let Came { row, attempt, sentence } = came;
    let path = &way.path;
    let told = |detail: String| Some(Wrong { detail, key: None });
    let Some(row) = row else {
        return told("was not asked: the run was interrupted".to_owned());
    };
    let failure = row.failure.map_or("no failure", |failure| failure.word());
    let Some(attempt) = attempt else {
        return match (row.status, &way.foreseen) {
            (Some(status), Some(Foreseen { param, message })) => Some(Wrong {
                detail: format!("{status} from the gateway itself, which called nobody: {message}"),
                key: way.key(param),
            }),
            (Some(status), None) => {
                told(format!("{status} from the gateway itself, which called nobody"))
            }
            (None, _) => told(format!("{failure} on the way to our own fake at {path}")),
        };
    };
    let id = deployment.id.as_str();
    match attempt.status {
        Some(status) if !(200..300).contains(&status) => {
            let key = sentence.as_ref().and_then(|(_, member)| way.key(member.as_deref()?));
            let said = sentence.as_ref().map(|(said, _)| {
                let said: String = said.chars().take(SENTENCE_CHARS_MAX).collect();
                format!(": {said}")
            });
            let said = said.unwrap_or_default();
            Some(Wrong { detail: format!("{status} from our own fake at {path}{said}"), key })
        }
        _ if attempt.deployment != id => {
            let other = &attempt.deployment;
            told(format!("{other} answers in its place: same host, key and model"))
        }
        _ if row.outcome == Outcome::Success => None,
        _ => told(format!("{failure} instead of the answer of our own fake at {path}")),
    }
}

impl Way {
    /// The key of the config that sends `member` along.
    fn key(&self, member: &str) -> Option<String> {
        let sent = self.sends.iter().any(|sent| sent == member);
        sent.then(|| format!("litellm_params.{member}"))
    }
}

/// The fakes that share a host with `deployment`: no faults, no limits, and they speak at once.
fn calm(fakes: &FakesConfig, deployment: &DeploymentConfig) -> FakesConfig {
    let at_once = Spread::Constant(Duration::from_millis(1));
    let neighbours = fakes.deployments.iter();
    let neighbours =
        neighbours.filter(|other| (&other.host, other.port) == (&deployment.host, deployment.port));
    let calm = neighbours.map(|neighbour| DeploymentConfig {
        latency: Latency { ttft: at_once, itl: at_once },
        limits: Limits::default(),
        capacity: None,
        context_window: None,
        ..neighbour.clone()
    });
    FakesConfig {
        seed: fakes.seed,
        deployments: calm.collect(),
        faults: Vec::new(),
        quotas: Vec::new(),
    }
}

/// The first of a contender's configs with whom requests reach `deployment`, with it alone, and
/// without what a busy gateway may refuse by itself.
fn narrowed(
    plan: &Plan,
    contender: &ContenderPlan,
    deployment: &DeploymentConfig,
) -> Option<Config> {
    let later = contender.instance_events.iter().filter_map(|event| match &event.what {
        InstanceEventKind::Reload(config) => Some(&**config),
        InstanceEventKind::Die { config, .. } => config.as_deref(),
    });
    let reaches = |config: &&Config| {
        let mut models = plan.load.phases.iter().map(|phase| &phase.model);
        models.any(|model| gateway::reachable(config, model).contains(&deployment.id))
    };
    let config = std::iter::once(&contender.gateway).chain(later).find(reaches)?;
    let own = config.deployments.iter().find(|own| own.id == deployment.id)?;
    let own = gateway::config::Deployment {
        rpm: None,
        tpm: None,
        max_parallel_requests: None,
        max_input_tokens: None,
        lacks: Vec::new(),
        listed: gateway::config::Listed::default(),
        num_retries: Some(0),
        ..own.clone()
    };
    Some(Config {
        deployments: vec![own],
        router: RouterSettings {
            num_retries: 0,
            fallbacks: BTreeMap::new(),
            context_window_fallbacks: BTreeMap::new(),
            content_policy_fallbacks: BTreeMap::new(),
            retry_policy: None,
            model_group_retry_policy: BTreeMap::new(),
            ..config.router.clone()
        },
        ..config.clone()
    })
}

/// What to call so that the one deployment of `config` is meant: as the traffic does, where that
/// reaches it without a fallback.
fn called(plan: &Plan, config: &Config, deployment: &DeploymentConfig) -> String {
    let models = plan.load.phases.iter().map(|phase| &phase.model);
    let mut direct = models.filter(|model| !gateway::reachable(config, model).is_empty());
    direct.next().cloned().unwrap_or_else(|| deployment.id.to_string())
}

fn one_request(plan: &Plan, model: &str, shape: Shape) -> LoadConfig {
    let workload = Workload {
        name: "preflight".to_owned(),
        stream_share: match shape {
            Shape::Stream => 1.0,
            Shape::Plain => 0.0,
        },
        prompt_tokens: TokenSpread::Constant(8),
        answer_tokens: TokenSpread::Constant(4),
        max_tokens: None,
        repeat_share: 0.0,
    };
    let phase = Phase {
        name: "preflight".to_owned(),
        from: At::START,
        to: At::after_start(Duration::from_secs(1)),
        warmup: false,
        arrivals: arrival::constant(1.0),
        workload,
        model: model.to_owned(),
    };
    let client = ClientConfig {
        timeout: PATIENCE,
        patience: None,
        leave_after_tokens: None,
        leave_share: 0.0,
    };
    LoadConfig { seed: plan.load.seed, phases: vec![phase], client, in_flight_max: 8 }
}

impl loadgen::Sink for Heard {
    fn request(&self, row: RequestRow) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).row.get_or_insert(row);
    }
}

impl fake_providers::Ledger for Heard {
    fn attempt(&self, row: AttemptRow) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).attempt.get_or_insert(row);
    }

    fn refused(&self, sentence: &str, member: Option<&str>) {
        let mut came = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        came.sentence.get_or_insert((sentence.to_owned(), member.map(str::to_owned)));
    }
}
