//! A promise in numbers: the value of its metric, and whether that keeps it.

use record::slo::{Metric, Slo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::Measured;

/// One promise, kept or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "SloResultText", into = "SloResultText")]
#[schemars(with = "SloResultText")]
pub struct SloResult {
    /// The promise.
    pub slo: Slo,
    /// In the unit of the report's field.
    pub value: Measured<f64>,
    /// Whether there are too few requests to gate on this percentile.
    pub too_few: bool,
}

impl SloResult {
    /// Whether the promise is kept; `None` where there is no data, which is never a pass.
    pub fn pass(&self) -> Option<bool> {
        (!self.value.is_absent()).then(|| self.slo.is_met_by(self.value.known()))
    }

    /// On what the promise is.
    pub fn metric(&self) -> Metric {
        self.slo.metric
    }
}

/// One promise, kept or not.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SloResult")]
struct SloResultText {
    #[serde(flatten)]
    slo: Slo,
    /// In the unit of the report's field; `null` = never, infinite, or no data.
    value: Option<f64>,
    /// `null` = NO DATA, which is never a pass.
    pass: Option<bool>,
    /// Whether there are too few requests to gate on this percentile.
    too_few: bool,
}

impl From<SloResult> for SloResultText {
    fn from(result: SloResult) -> Self {
        let pass = result.pass();
        Self { slo: result.slo, value: result.value.known(), pass, too_few: result.too_few }
    }
}

impl From<SloResultText> for SloResult {
    fn from(text: SloResultText) -> Self {
        let otherwise = if text.pass.is_none() { Measured::NotApplicable } else { Measured::Never };
        let value = Measured::known_or(text.value, otherwise);
        Self { slo: text.slo, value, too_few: text.too_few }
    }
}
