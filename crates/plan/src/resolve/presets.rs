//! Shipped latency and workload presets: `scenarios/presets/*.yaml`, read with the same reader as a
//! user's scenario. Data only; the sources of every figure stand in the files.

use std::collections::BTreeMap;

use fake_providers::config::Latency;
use loadgen::config::Workload;
use serde::Deserialize;
use vocab::Protocol;

use crate::resolve::distributions::spread;
use crate::resolve::workload::workload_from;
use crate::text::diagnostic::{Problem, Sources, suggest};
use crate::text::embedded::{LATENCY, WORKLOADS, read_shipped};
use crate::text::raw::{InlineWorkload, SpreadText, WorkloadText};
use crate::text::read::Spot;
use crate::text::spelling::{show_latency, show_tokens};

/// All presets.
#[derive(Clone, Debug)]
pub(crate) struct Presets {
    latency: BTreeMap<String, Latency>,
    provider: BTreeMap<String, String>,
    workloads: BTreeMap<String, Workload>,
    workload: String,
}

/// A preset in a list for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresetLine {
    /// `latency` or `workload`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its figures, in words.
    pub summary: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LatencyFile {
    defaults: BTreeMap<String, String>,
    presets: BTreeMap<String, LatencyText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LatencyText {
    ttft: SpreadText,
    itl: SpreadText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkloadFile {
    default: String,
    presets: BTreeMap<String, InlineWorkload>,
}

impl Presets {
    /// Reads the shipped files.
    ///
    /// # Errors
    /// A mistake in a shipped file, which a test of this crate finds first.
    pub(crate) fn shipped(sources: &mut Sources) -> Result<Self, Problem> {
        let latency: LatencyFile = read_shipped(sources, "presets/latency.yaml", LATENCY)?;
        let workloads: WorkloadFile = read_shipped(sources, "presets/workloads.yaml", WORKLOADS)?;
        let mut shipped = Self {
            latency: BTreeMap::new(),
            provider: latency.defaults,
            workloads: BTreeMap::new(),
            workload: workloads.default,
        };
        for (name, text) in latency.presets {
            let (ttft, itl) = (spread(text.ttft), spread(text.itl));
            let preset =
                Latency { ttft: ttft.map_err(Problem::new)?, itl: itl.map_err(Problem::new)? };
            shipped.latency.insert(name, preset);
        }
        for (name, text) in workloads.presets {
            let workload = workload_from(&name, &text, None)?;
            shipped.workloads.insert(name, workload);
        }
        Ok(shipped)
    }

    /// A latency preset by name.
    ///
    /// # Errors
    /// An unknown name, with the nearest one.
    pub(crate) fn latency(&self, name: &str) -> Result<Latency, Problem> {
        self.latency
            .get(name)
            .copied()
            .ok_or_else(|| unknown("latency preset", name, &self.latency))
    }

    /// The name of the latency preset of a provider that the scenario says nothing about.
    pub(crate) fn of_provider(&self, protocol: Protocol) -> &str {
        let fallback = self.provider.get(Protocol::OpenAi.name());
        self.provider.get(protocol.name()).or(fallback).map_or("", String::as_str)
    }

    /// A workload by name; `None` is the default.
    ///
    /// # Errors
    /// An unknown name, with the nearest one.
    pub(crate) fn workload(&self, name: Option<&str>) -> Result<&Workload, Problem> {
        let name = name.unwrap_or(&self.workload);
        self.workloads.get(name).ok_or_else(|| unknown("workload", name, &self.workloads))
    }

    /// The workload of a phase; without one, the default preset.
    ///
    /// # Errors
    /// An unknown name, or a property that is none, with its place.
    pub(crate) fn workload_of(
        &self,
        text: Option<&Spot<WorkloadText>>,
    ) -> Result<Workload, Problem> {
        let Some(Spot { value, at }) = text else { return self.workload(None).cloned() };
        match value {
            WorkloadText::Named(name) => {
                self.workload(Some(name)).cloned().map_err(|problem| problem.at(*at))
            }
            WorkloadText::Inline(inline) => {
                let like = inline.like.as_ref();
                let base = self.workload(like.map(|like| like.value.as_str()));
                let base = base.map_err(|problem| problem.at(like.map_or(*at, |like| like.at)))?;
                workload_from("custom", inline, Some(base)).map_err(|problem| problem.at(*at))
            }
        }
    }

    /// Every preset, for `brownout list presets`.
    pub(crate) fn list(&self) -> Vec<PresetLine> {
        let latency = self.latency.iter().map(|(name, preset)| PresetLine {
            kind: "latency",
            name: name.clone(),
            summary: show_latency(preset),
        });
        let workloads = self.workloads.iter().map(|(name, workload)| PresetLine {
            kind: "workload",
            name: name.clone(),
            summary: format!(
                "prompt {}, answer {}, {:.0} % streamed",
                show_tokens(workload.prompt_tokens),
                show_tokens(workload.answer_tokens),
                workload.stream_share * 100.0
            ),
        });
        latency.chain(workloads).collect()
    }
}

fn unknown<T>(what: &str, name: &str, known: &BTreeMap<String, T>) -> Problem {
    let known: Vec<&str> = known.keys().map(String::as_str).collect();
    Problem::new(format!("there is no {what} called `{name}`"))
        .help(suggest(name, &known, "presets"))
}
