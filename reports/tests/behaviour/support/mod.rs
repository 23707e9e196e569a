//! Synthetic run directories, written by `record`'s own writers: a test says which requests and
//! attempts there were, and reads the numbers that come out.

pub(crate) mod brownout;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use record::machine::{FakesHealth, GeneratorHealth, Lateness, MachineInfo};
use record::run::{
    ActsOn, Balance, BuildInfo, Clock, ConfigInfo, ContenderInfo, ContenderKind, DeploymentInfo,
    FaultInfo, Personality, PhaseInfo, ReachInfo, RunInfo, ScenarioInfo, Strategy,
};
use record::slo::{Metric, Slo};
use record::{
    AttemptEnd, AttemptKind, AttemptRow, DecisionKind, DecisionRow, OracleRow, PreflightRow,
    RequestRow, RowWriter, Stage, TargetRow,
};
use vocab::{FailureKind, Integrity, Outcome, Protocol};

/// Nanoseconds per millisecond.
pub(crate) const MS: u64 = 1_000_000;

/// Nanoseconds per second.
pub(crate) const S: u64 = 1_000 * MS;

/// A run directory under construction.
pub(crate) struct RunDir {
    pub(crate) run: RunInfo,
    pub(crate) machine: MachineInfo,
    pub(crate) oracle: Vec<OracleRow>,
    pub(crate) preflight: Vec<PreflightRow>,
    pub(crate) tables: BTreeMap<String, Tables>,
}

/// The tables of one contender.
#[derive(Clone, Default)]
pub(crate) struct Tables {
    pub(crate) requests: Vec<RequestRow>,
    pub(crate) attempts: Vec<AttemptRow>,
    pub(crate) decisions: Vec<DecisionRow>,
    pub(crate) targets: Vec<TargetRow>,
}

impl RunDir {
    /// A virtual run of `seconds` with seed 42, deployments `west` and `east` ($1 and $2 per million
    /// tokens in, $10 and $20 out), no warm-up, no fault, no promise.
    pub(crate) fn new(seconds: u64) -> Self {
        let deployments = [("west", 1u32, 1.0, 10.0), ("east", 2, 2.0, 20.0)];
        Self {
            run: RunInfo {
                schema: "brownout.run/1".to_owned(),
                scenario: ScenarioInfo {
                    name: "synthetic".to_owned(),
                    question: Some("Which contender keeps the promise when west dies?".to_owned()),
                    hash: "c0ffee".repeat(10),
                    seed: 42,
                    clock: Clock::Virtual,
                    duration_ns: seconds * S,
                    client_timeout_ns: 300 * S,
                    patience_ns: None,
                    overrides: Vec::new(),
                },
                config: ConfigInfo {
                    name: "two-deployments.yaml".to_owned(),
                    hash: "3f2a".repeat(16),
                    no_effect: vec!["general_settings.database_url: not used".to_owned()],
                },
                build: BuildInfo { version: "0.1.0".to_owned(), binary: String::new() },
                deployments: deployments
                    .iter()
                    .map(|(id, number, input, output)| deployment(id, *number, (*input, *output)))
                    .collect(),
                contenders: Vec::new(),
                phases: vec![phase("load", (0, seconds), false)],
                faults: Vec::new(),
                compress: None,
                events: Vec::new(),
                left_out: Vec::new(),
                impact: None,
                slo: Vec::new(),
                assumed: vec!["latency presets (2)".to_owned()],
                warnings: Vec::new(),
                notes: Vec::new(),
            },
            machine: MachineInfo {
                platform: "linux x86_64".to_owned(),
                cores: 2,
                wall_seconds: 1.5,
                ..MachineInfo::default()
            },
            oracle: Vec::new(),
            preflight: Vec::new(),
            tables: BTreeMap::new(),
        }
    }

    /// Adds a contender with its tables.
    pub(crate) fn contender(&mut self, name: &str, tables: Tables) {
        self.run.contenders.push(ContenderInfo {
            name: name.to_owned(),
            kind: ContenderKind::BuiltIn,
            personality: Personality::Named("brownout".to_owned()),
            product: None,
            witnessed: false,
            strategy: Strategy::Named("priority".to_owned()),
            instances: 1,
            balance: Balance::RoundRobin,
            cooldown_ns: 60 * S,
            mark: name == "direct",
            config: None,
            overlay: None,
            reach: Vec::new(),
        });
        self.tables.insert(name.to_owned(), tables);
    }

    /// On the wall clock, with an instrument that did what it should for everybody.
    pub(crate) fn on_the_wall(&mut self) {
        self.run.scenario.clock = Clock::Wall;
        let all: Vec<String> = self.run.deployments.iter().map(|fake| fake.id.clone()).collect();
        for who in self.run.contenders.iter_mut().filter(|who| who.kind.is_observed()) {
            let reach = ReachInfo { model: "gpt-4o".to_owned(), deployments: all.clone() };
            who.reach = vec![reach];
        }
        let names = || self.run.contenders.iter().map(|who| who.name.clone());
        self.machine.generators = names()
            .map(|contender| GeneratorHealth {
                contender,
                lag_p50_ms: 0.1,
                lag_p99_ms: 0.5,
                cpu_share: Some(0.3),
                machine_share: Some(0.5),
                calibration_error_p50_ms: Some(1.2),
                calibration_error_p99_ms: Some(2.0),
                ..GeneratorHealth::default()
            })
            .collect();
        let observed = self.run.contenders.iter().filter(|who| who.kind.is_observed());
        self.machine.fakes = observed
            .map(|who| FakesHealth {
                contender: who.name.clone(),
                lateness: Lateness {
                    answers: 700,
                    streams: 700,
                    first_token_late_p99_ms: 1.1,
                    token_late_p99_ms: 1.9,
                    token_gap_error_p99_ms: 0.02,
                    end_late_p99_ms: 1.1,
                },
            })
            .collect();
    }

    /// Adds a fault of full share at `target` over `from..to` seconds.
    pub(crate) fn fault(
        &mut self,
        kind: &str,
        target: &str,
        (from, to): (u64, u64),
    ) -> &mut FaultInfo {
        self.run.faults.push(FaultInfo {
            id: format!("f{}", self.run.faults.len() + 1),
            kind: kind.to_owned(),
            summary: kind.to_owned(),
            target: target.to_owned(),
            acts_on: ActsOn::Deployments,
            deployments: vec![target.to_owned()],
            instance: None,
            down_ns: None,
            from_ns: from * S,
            to_ns: to * S,
            share: 1.0,
            ramp_ns: 0,
            only_slows: false,
            at_connect: false,
            when: String::new(),
            conditions: record::run::ConditionsInfo::default(),
            params: serde_json::Value::Null,
            origin: None,
            labels: BTreeMap::new(),
        });
        self.run.faults.last_mut().expect("just pushed")
    }

    /// Adds a promise.
    pub(crate) fn slo(&mut self, metric: &str, expr: &str) {
        let metric = Metric::from_name(metric).expect("a metric");
        self.run.slo.push(Slo::parse(metric, expr).expect("a promise"));
    }

    /// Writes everything to `dir`.
    pub(crate) fn write(&self, dir: &Path) {
        let json = |name: &str, text: serde_json::Result<String>| {
            std::fs::write(dir.join(name), text.expect("serialises")).expect("writes");
        };
        json("run.json", serde_json::to_string_pretty(&self.run));
        json("machine.json", serde_json::to_string_pretty(&self.machine));
        if !self.preflight.is_empty() {
            let rows = self.preflight.iter().enumerate().map(|(at, row)| (0, at as u64, row));
            table(&dir.join("preflight.csv"), rows);
        }
        if !self.oracle.is_empty() {
            let rows = self.oracle.iter().map(|row| (0, row.request, row));
            table(&dir.join("oracle.csv"), rows);
        }
        for (name, tables) in &self.tables {
            let dir = dir.join(name);
            std::fs::create_dir_all(&dir).expect("creates");
            let requests = tables.requests.iter();
            table(
                &dir.join("requests.csv"),
                requests.map(|r| (r.end_ns.unwrap_or(r.intended_ns), r.request, r)),
            );
            let attempts = tables.attempts.iter();
            table(&dir.join("attempts.csv"), attempts.map(|a| (a.ended_ns, 0, a)));
            let decisions = tables.decisions.iter();
            table(&dir.join("decisions.csv"), decisions.map(|d| (d.at_ns, 0, d)));
            if !tables.targets.is_empty() {
                let targets = tables.targets.iter();
                table(&dir.join("targets.csv"), targets.map(|t| (t.at_ns, 0, t)));
            }
        }
    }

    /// Writes to a temporary directory and analyses it.
    pub(crate) fn analyse(&self) -> reports::Analysis {
        let dir = tempfile::tempdir().expect("creates");
        self.write(dir.path());
        let mut analysis = reports::analyse(dir.path()).expect("analyses");
        analysis.dir = PathBuf::from("runs/synthetic/42-c0ffee");
        analysis
    }
}

impl Tables {
    /// A streamed success of two tokens per 10 ms: first token after `ttft_ms`, `tokens` in all, from
    /// `deployment` at its first visit, billed 100 in.
    pub(crate) fn success(
        &mut self,
        at_ns: u64,
        ttft_ms: u64,
        tokens: u64,
        deployment: &str,
    ) -> u64 {
        let request = self.requests.len() as u64;
        let first = at_ns + ttft_ms * MS;
        let end = first + (tokens - 1) * 10 * MS;
        self.requests.push(RequestRow {
            first_byte_ns: Some(first),
            first_token_ns: Some(first),
            last_token_ns: Some(end),
            end_ns: Some(end),
            status: Some(200),
            tokens,
            longest_gap_ns: Some(10 * MS),
            integrity: Some(Integrity::Complete),
            served_by: Some(deployment.to_owned()),
            served_visit: Some(1),
            attempts: Some(1),
            ..request_row(request, at_ns, Outcome::Success)
        });
        self.attempts.push(AttemptRow {
            tokens_in: 100,
            tokens_out: tokens,
            ..attempt_row(request, (at_ns, end), deployment, AttemptEnd::Complete)
        });
        request
    }

    /// A failure of this kind after `wait_ms`, with no attempt.
    pub(crate) fn failure(&mut self, at_ns: u64, wait_ms: u64, kind: FailureKind) -> u64 {
        let request = self.requests.len() as u64;
        self.requests.push(RequestRow {
            end_ns: Some(at_ns + wait_ms * MS),
            failure: Some(kind),
            ..request_row(request, at_ns, Outcome::Failed)
        });
        request
    }

    /// An attempt of `request` at `deployment` that failed by `fault`, for nothing.
    pub(crate) fn failed_attempt(
        &mut self,
        request: u64,
        at_ns: u64,
        deployment: &str,
        fault: &str,
    ) {
        self.attempts.push(AttemptRow {
            fault: Some(fault.to_owned()),
            status: Some(503),
            ..attempt_row(request, (at_ns, at_ns + 5 * MS), deployment, AttemptEnd::Error)
        });
    }

    /// A cooldown of `deployment`.
    pub(crate) fn cooldown(&mut self, at_ns: u64, deployment: &str, for_ms: u64) {
        self.decisions.push(DecisionRow {
            at_ns,
            request: None,
            gateway: "gateway[1]".to_owned(),
            kind: DecisionKind::Cooldown,
            deployment: Some(deployment.to_owned()),
            detail: format!("for_ms={for_ms};reason=server_error"),
        });
    }
}

/// A phase from and to seconds.
pub(crate) fn phase(name: &str, (from, to): (u64, u64), warmup: bool) -> PhaseInfo {
    PhaseInfo {
        name: name.to_owned(),
        from_ns: from * S,
        to_ns: to * S,
        warmup,
        arrivals: "constant 4/s".to_owned(),
        model: "gpt-4o".to_owned(),
    }
}

/// A request row in which nothing has happened yet.
pub(crate) fn request_row(request: u64, at_ns: u64, outcome: Outcome) -> RequestRow {
    RequestRow {
        request,
        phase: "load".to_owned(),
        warmup: false,
        stream: true,
        intended_ns: at_ns,
        sent_ns: Some(at_ns),
        first_byte_ns: None,
        first_token_ns: None,
        last_token_ns: None,
        end_ns: None,
        outcome,
        failure: None,
        status: None,
        tokens: 0,
        longest_gap_ns: None,
        integrity: None,
        served_by: None,
        served_visit: None,
        attempts: None,
    }
}

/// A first attempt that billed nothing.
pub(crate) fn attempt_row(
    request: u64,
    (at_ns, ended_ns): (u64, u64),
    deployment: &str,
    ended: AttemptEnd,
) -> AttemptRow {
    AttemptRow {
        request: Some(request),
        attempt: 1,
        visit: 1,
        kind: AttemptKind::Request,
        stage: Stage::Request,
        deployment: deployment.to_owned(),
        gateway: "gateway[1]".to_owned(),
        arrived_ns: at_ns,
        ended_ns,
        fault: None,
        status: Some(200),
        tokens_in: 0,
        tokens_out: 0,
        ended,
    }
}

fn deployment(id: &str, number: u32, (input, output): (f64, f64)) -> DeploymentInfo {
    DeploymentInfo {
        id: id.to_owned(),
        number,
        group: "gpt-4o".to_owned(),
        model: "gpt-4o".to_owned(),
        provider: Protocol::Azure,
        vendor: None,
        region: id.to_owned(),
        host: format!("{id}.openai.azure.com"),
        fake: "first token 500 ms (p99 2 s)".to_owned(),
        assumed: None,
        ttft_p50_ns: 450 * MS,
        itl_p50_ns: 20 * MS,
        usd_per_million_in: Some(input),
        usd_per_million_out: Some(output),
    }
}

fn table<'a, R>(path: &Path, rows: impl Iterator<Item = (u64, u64, &'a R)>)
where
    R: serde::Serialize + record::Row + Clone + 'a,
{
    let mut writer = RowWriter::create(path).expect("creates");
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by_key(|(at, tie, _)| (*at, *tie));
    for (at, tie, row) in rows {
        writer.push(at, tie, row.clone()).expect("writes");
    }
    writer.finish().expect("flushes");
}
