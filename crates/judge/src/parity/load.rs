//! The second layer: a group under load while some of its deployments are sick for a while. One run of a cell comes to a
//! few shares; several runs of both sides are compared by a test.

use std::collections::BTreeMap;
use std::time::Duration;

use runner::{
    ProbeAsk, ProbeScript, ProbeSeen, ProbeTiming, ProbedFake, ProbedFault, ProbedSpeed,
    REQUESTS_PER_SCRIPT_MAX,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vocab::{Protocol, Seed};

use super::seen::is_good;

/// What `load.yaml` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadFile {
    /// Requests per second, Poisson.
    rate_per_s: f64,
    sick_from_s: u64,
    sick_until_s: u64,
    ends_s: u64,
    /// Router settings beside the strategy.
    settings: Map<String, Value>,
    strategies: Vec<String>,
    faults: Vec<LoadFault>,
}

/// A fault of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LoadFault {
    name: String,
    /// As `brownout list faults` has it.
    inject: String,
    #[serde(default)]
    params: Value,
    /// One cell for each number.
    deployments: Vec<u32>,
    /// The first so many are sick.
    sick: u32,
    /// Share of streams.
    streams: f64,
}

/// One cell.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// `load/FAULT/STRATEGY/DEPLOYMENTS`.
    pub(crate) name: String,
    pub(crate) strategy: String,
    file: LoadFile,
    fault: LoadFault,
    deployments: u32,
}

/// Every cell, in the order of the file; the usual number of deployments first.
pub(crate) fn cells(file: &LoadFile) -> Vec<Cell> {
    let mut cells = Vec::new();
    let most = file.faults.iter().map(|fault| fault.deployments.len()).max().unwrap_or_default();
    for nth in 0..most {
        for strategy in &file.strategies {
            for fault in &file.faults {
                let Some(&deployments) = fault.deployments.get(nth) else { continue };
                cells.push(Cell {
                    name: format!("load/{}/{strategy}/{deployments}", fault.name),
                    strategy: strategy.clone(),
                    file: LoadFile { strategies: Vec::new(), faults: Vec::new(), ..file.clone() },
                    fault: fault.clone(),
                    deployments,
                });
            }
        }
    }
    cells
}

impl Cell {
    /// 16 hex digits over everything that the cell is made of, and `method`.
    pub(crate) fn key(&self, method: &str) -> String {
        let fault = LoadFault { deployments: Vec::new(), ..self.fault.clone() };
        let parts = json!([method, self.name, self.file, fault]);
        let draw = Seed(0).draw("parity/cell").of(&parts.to_string());
        format!("{:016x}", draw.bits())
    }

    fn global(&self, local: &str) -> String {
        let draw = Seed(0).draw("parity/name").of(&self.name);
        format!("p{:08x}-{local}", draw.bits() >> 32)
    }

    fn is_sick(&self, number: u32) -> bool {
        number <= self.fault.sick
    }

    fn fakes(&self) -> impl Iterator<Item = ProbedFake> + '_ {
        (1..=self.deployments).map(|number| {
            let id = self.global(&number.to_string());
            ProbedFake {
                key: format!("sk-{id}"),
                id,
                protocol: Protocol::OpenAi,
                model: "gpt-4o".to_owned(),
                speed: ProbedSpeed::Usual,
                fault: self.is_sick(number).then(|| ProbedFault {
                    name: self.fault.inject.clone(),
                    params: self.fault.params.clone(),
                    from: Duration::from_secs(self.file.sick_from_s),
                    to: Duration::from_secs(self.file.sick_until_s),
                }),
            }
        })
    }

    /// The requests of one run: Poisson arrivals, drawn by the cell and the run.
    fn script(&self, run: u64) -> ProbeScript {
        let draw = |purpose: &str, number: u64| {
            Seed(run).draw("parity/load").of(&self.name).of(purpose).n(number).unit()
        };
        let (mut at, mut planned) = (0.0, Vec::new());
        for number in 0..u64::from(REQUESTS_PER_SCRIPT_MAX) {
            at -= libm::log(1.0 - draw("arrival", number)) / self.file.rate_per_s;
            if at >= self.file.ends_s as f64 {
                break;
            }
            let stream = draw("stream", number) < self.fault.streams;
            planned.push((Duration::from_secs_f64(at), stream));
        }
        let block = Seed(run).draw("parity/request").of(&self.name).bits() >> 34;
        ProbeScript {
            first: block * u64::from(REQUESTS_PER_SCRIPT_MAX),
            ask: ProbeAsk {
                model: self.global("main"),
                stream: false,
                body: Map::new(),
                headers: Vec::new(),
                directives: String::new(),
                prompt_words: 8,
                answer_words: 20,
                patience: Duration::from_secs(30),
            },
            timing: ProbeTiming::Planned { at: planned, linger: Duration::from_millis(500) },
        }
    }
}

/// Cells of one strategy, in one config.
#[derive(Clone, Debug)]
pub(crate) struct LoadWorld<'c> {
    pub(crate) cells: Vec<&'c Cell>,
    pub(crate) fakes: Vec<ProbedFake>,
    pub(crate) scripts: Vec<ProbeScript>,
}

impl<'c> LoadWorld<'c> {
    /// The world of one run of these cells, which have one strategy.
    pub(crate) fn new(cells: &[&'c Cell], run: u64) -> Self {
        Self {
            cells: cells.to_vec(),
            fakes: cells.iter().flat_map(|cell| cell.fakes()).collect(),
            scripts: cells.iter().map(|cell| cell.script(run)).collect(),
        }
    }

    /// The config for fakes at a base URL.
    pub(crate) fn config(&self, fakes: &str) -> Value {
        let entry = |cell: &Cell, fake: ProbedFake| {
            json!({
                "model_name": cell.global("main"),
                "litellm_params": {
                    "model": "openai/gpt-4o",
                    "api_key": fake.key,
                    "api_base": format!("{fakes}/v1"),
                },
                "model_info": { "id": fake.id },
            })
        };
        let list = self.cells.iter().flat_map(|cell| cell.fakes().map(|fake| entry(cell, fake)));
        let list: Vec<Value> = list.collect();
        let first = self.cells.first();
        let mut router = first.map(|cell| cell.file.settings.clone()).unwrap_or_default();
        if let Some(cell) = first {
            router.insert("routing_strategy".to_owned(), json!(cell.strategy));
        }
        json!({ "model_list": list, "router_settings": router })
    }
}

/// What one run of a cell came to, by the measure.
pub(crate) type Measures = BTreeMap<String, f64>;

/// Measures, and by how much two may differ before it matters.
pub(crate) const MARGINS: &[(&str, f64)] = &[
    ("good during", 0.05),
    ("good after", 0.05),
    ("attempts", 0.10),
    ("share before", 0.05),
    ("share during", 0.05),
    ("share after", 0.05),
];

/// Reads a run: shares of good answers, attempts per request, and the sick ones' shares of first attempts.
pub(crate) fn measures((cell, run): (&Cell, u64), told: &ProbeSeen) -> Measures {
    let zero = told.answers.first().map_or(0, |answer| answer.asked_ns);
    let first_at = match cell.script(run).timing {
        ProbeTiming::Planned { at, .. } => at.first().map_or(0.0, |(at, _)| at.as_secs_f64()),
        ProbeTiming::Paced(_) => 0.0,
    };
    let second = |ns: u64| ns.saturating_sub(zero) as f64 / 1e9 + first_at;
    let sick: Vec<String> = (1..=cell.deployments)
        .filter(|number| cell.is_sick(*number))
        .map(|number| cell.global(&number.to_string()))
        .collect();
    let (from, until) = (cell.file.sick_from_s as f64, cell.file.sick_until_s as f64);
    let phase = |at: f64| {
        if at < from {
            "before"
        } else if at < until {
            "during"
        } else {
            "after"
        }
    };
    let mut counts: BTreeMap<(&str, &str), (f64, f64)> = BTreeMap::new();
    let mut count = |what, phase, holds: bool| {
        let (yes, all) = counts.entry((what, phase)).or_default();
        *yes += f64::from(u8::from(holds));
        *all += 1.0;
    };
    for answer in &told.answers {
        let phase = phase(second(answer.asked_ns));
        count("good", phase, is_good(answer));
        let mut own = told.attempts.iter().filter(|row| row.request == Some(answer.request));
        if let Some(first) = own.next() {
            count("share", phase, sick.contains(&first.deployment));
        }
    }
    let mut measures = Measures::new();
    for ((what, phase), (yes, all)) in counts {
        let name = format!("{what} {phase}");
        if MARGINS.iter().any(|(known, _)| *known == name) {
            measures.insert(name, yes / all);
        }
    }
    let requests = told.answers.len().max(1) as f64;
    measures.insert("attempts".to_owned(), told.attempts.len() as f64 / requests);
    measures
}

/// Version of the rule for cells; recorded runs of another one are not used.
pub(crate) const LOAD_METHOD: &str = "1";

/// Runs of the emulation; the product plays the first few of them.
pub(crate) const RUNS_MAX: u64 = 20;

/// Runs of the product that a cell needs.
pub(crate) const REAL_RUNS: u64 = 5;
