//! The published table: what is committed, read back, and held against what is measured now.

use std::collections::BTreeMap;

use record::ParityScore;
use serde::{Deserialize, Serialize};

use super::layer::LoadRow;
use super::table::{Recorded, Row, Score, Standing};
use super::{Cases, Results};

/// Form of [`Published`].
pub const PARITY_SCHEMA: &str = "brownout.parity/1";

/// Results that are committed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Published {
    /// [`PARITY_SCHEMA`].
    pub schema: String,
    /// Where they come from.
    pub source: Source,
    /// How many agree.
    pub score: Score,
    /// Every case that was played, in the order of the files.
    pub cases: Vec<Row>,
    /// How many cells agree.
    pub load_score: Score,
    /// Every cell that was played often enough.
    pub cells: Vec<LoadRow>,
}

/// Where results come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The product and its version, as it says itself: `LiteLLM 1.106.2`.
    pub product: String,
    /// The personality that plays it.
    pub personality: String,
    /// Name of the record.
    pub record: String,
    /// Day of the publication, in UTC.
    pub date: String,
    /// System and cores.
    pub machine: String,
    /// Version of brownout.
    pub brownout: String,
    /// The command that makes them.
    pub command: String,
}

impl Published {
    /// Results of these rows.
    pub fn new(source: Source, results: Results) -> Self {
        let Results { cases, cells } = results;
        let score = Score::of(cases.iter().map(|row| row.standing));
        let load_score = Score::of(cells.iter().map(|row| row.standing));
        Self { schema: PARITY_SCHEMA.to_owned(), source, score, cases, load_score, cells }
    }

    /// Reads what is committed.
    ///
    /// # Errors
    /// If it is not of this form.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// As it is committed: a case per line, so that a change of one is a change of one line.
    pub fn text(&self) -> String {
        let mut text = format!(
            "{{\n\"schema\": {},\n\"source\": {},\n\"score\": {},\n\"cases\": [\n",
            json(&self.schema),
            json(&self.source),
            json(&self.score)
        );
        let lines: Vec<String> = self.cases.iter().map(json).collect();
        text.push_str(&lines.join(",\n"));
        text.push_str(&format!(
            "\n],\n\"load_score\": {},\n\"cells\": [\n",
            json(&self.load_score)
        ));
        let lines: Vec<String> = self.cells.iter().map(json).collect();
        text.push_str(&lines.join(",\n"));
        text.push_str("\n]\n}\n");
        text
    }

    /// The product's plays, as a record has them.
    pub fn recorded(&self) -> Recorded {
        let mut recorded = Recorded::default();
        for row in &self.cases {
            row.plays.iter().for_each(|play| recorded.add(&row.key, play.clone()));
        }
        for row in &self.cells {
            for (run, measures) in (1..).zip(&row.runs) {
                recorded.add_run(&row.key, run, measures.clone());
            }
        }
        recorded
    }

    /// The scores that verdict lines and reports print from, as `scores.json` has them: those of the other
    /// personalities as they stand in `scores`, and this one.
    ///
    /// # Errors
    /// If `scores` is not of this form.
    pub fn scores(&self, scores: &str) -> Result<String, serde_json::Error> {
        let mut all: Vec<ParityScore> = serde_json::from_str(scores)?;
        let own = self.summary();
        all.retain(|score| score.personality != own.personality);
        all.push(own);
        all.sort_by(|one, other| one.personality.cmp(&other.personality));
        Ok(format!("{}\n", serde_json::to_string_pretty(&all)?))
    }

    /// `litellm-1.106.2`: what its files are called.
    pub fn file_name(&self) -> String {
        self.source.product.to_lowercase().replace(' ', "-")
    }

    fn summary(&self) -> ParityScore {
        let mut deviations: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut add = |kind: Option<String>, name: &str| {
            if let Some(kind) = kind {
                deviations.entry(kind).or_default().push(name.to_owned());
            }
        };
        for row in self.cases.iter().filter(|row| row.standing != Standing::Agrees) {
            add(fault_kind(&row.case, 2), &row.case);
        }
        for row in self.cells.iter().filter(|row| row.standing != Standing::Agrees) {
            add(fault_kind(&row.cell, 1), &row.cell);
        }
        ParityScore {
            personality: self.source.personality.clone(),
            product: self.source.product.clone(),
            agree: (self.score.agree + self.load_score.agree) as u64,
            of: (self.score.of + self.load_score.of) as u64,
            deviations,
        }
    }

    /// How today's results stand to the published ones of the same cases, and what those were.
    pub fn against(&self, today: &Results, asked: &Cases) -> (Against, Score) {
        let now = today.cases.iter().map(|row| (&row.case, row.standing));
        let now: BTreeMap<&String, Standing> =
            now.chain(today.cells.iter().map(|row| (&row.cell, row.standing))).collect();
        let then = self.cases.iter().map(|row| (&row.case, row.standing));
        let then: BTreeMap<&String, Standing> =
            then.chain(self.cells.iter().map(|row| (&row.cell, row.standing))).collect();
        let names = asked.names().filter(|name| then.contains_key(&(*name).to_owned()));
        let names: Vec<String> = names.map(str::to_owned).collect();
        let of = |all: &BTreeMap<&String, Standing>| {
            Score::of(names.iter().filter_map(|name| all.get(name).copied()))
        };
        let (published, played) = (of(&then), of(&now));
        let open = published.of - played.of + played.set_aside;
        let against = match played.agree {
            agree if agree >= published.agree => Against::Kept,
            agree if agree + open >= published.agree => Against::Open,
            _ => Against::Missed,
        };
        (against, published)
    }
}

/// Name of the fault's kind, as `brownout list faults` has it, from the part of a name that says it; none for healthy
/// deployments.
fn fault_kind(name: &str, part: usize) -> Option<String> {
    let fault = name.split('/').nth(part)?;
    match fault.split('-').next()? {
        "none" => None,
        "nobody" => Some("refuse".to_owned()),
        "down" => Some("error".to_owned()),
        "single" => Some("throttle".to_owned()),
        kind => Some(kind.to_owned()),
    }
}

/// Plain data always has a text.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// How a score stands to the published one of the same cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    /// At least as many agree.
    Kept,
    /// Cases that nobody decided could turn it.
    Open,
    /// Fewer agree.
    Missed,
}
