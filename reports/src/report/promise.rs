//! A promise in numbers: the value of its metric, how well it is known, and whether that keeps it.

use record::slo::{Metric, Slo};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::measured::Measured;

/// One promise: kept, broken, or without data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "SloResultText", into = "SloResultText")]
#[schemars(with = "SloResultText")]
pub struct SloResult {
    /// The promise.
    pub slo: Slo,
    /// In the unit of the report's field; what is absent has no data, and says why.
    pub value: Measured<f64>,
    /// What an absent value is known to be at least: the bill of those with a price, the longest recovery of
    /// the faults of which it can be told.
    pub at_least: Option<f64>,
    /// 95 % interval of the value: Wilson's of a share, order statistics of a percentile; none of other numbers.
    pub interval: Option<[Measured<f64>; 2]>,
    /// Whether one request more or less that succeeds in time would turn it round.
    pub hangs_on_one_request: bool,
}

/// Why nobody can tell whether a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NoData {
    /// The question does not arise: no fault to recover from, no stream.
    NotApplicable,
    /// Nobody recorded what would tell it.
    NotObserved,
    /// There were too few requests.
    TooFew,
    /// A deployment that billed tokens has no price.
    Unpriced,
    /// The error of the instrument could have moved it.
    Withheld,
}

impl SloResult {
    /// Whether the promise is kept; `None` where there is no data, which is never a pass.
    pub fn pass(&self) -> Option<bool> {
        match self.value {
            Measured::Known(_) | Measured::Never => Some(self.slo.is_met_by(self.value.known())),
            Measured::NotApplicable
            | Measured::NotObserved
            | Measured::TooFew
            | Measured::Unpriced
            | Measured::Withheld => {
                self.at_least.filter(|least| self.slo.is_broken_from(*least)).map(|_| false)
            }
        }
    }

    /// Why there is no data; `None` where there is.
    pub fn no_data(&self) -> Option<NoData> {
        if self.pass().is_some() {
            return None;
        }
        match self.value {
            Measured::Known(_) | Measured::Never => None,
            Measured::NotApplicable => Some(NoData::NotApplicable),
            Measured::NotObserved => Some(NoData::NotObserved),
            Measured::TooFew => Some(NoData::TooFew),
            Measured::Unpriced => Some(NoData::Unpriced),
            Measured::Withheld => Some(NoData::Withheld),
        }
    }

    /// Whether it is too close to call: the interval contains the bound.
    pub fn is_close(&self) -> bool {
        let Some([low, high]) = self.interval.filter(|_| self.pass().is_some()) else {
            return false;
        };
        let end = |end: Measured<f64>| end.known().unwrap_or(f64::INFINITY);
        end(low) <= self.slo.bound && self.slo.bound <= end(high)
    }

    /// On what the promise is.
    pub fn metric(&self) -> Metric {
        self.slo.metric
    }
}

/// One promise: kept, broken, or without data.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "SloResult")]
struct SloResultText {
    #[serde(flatten)]
    slo: Slo,
    /// In the unit of the report's field; `null` = never, infinite, or not known.
    value: Option<f64>,
    /// What a value that is not known is at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_least: Option<f64>,
    /// `null` = NO DATA, which is never a pass.
    pass: Option<bool>,
    /// Why there is no data; `null` where there is.
    no_data: Option<NoData>,
    /// 95 % interval of the value; an end that is `null` is infinite. `null` where there is none.
    interval: Option<[Option<f64>; 2]>,
    /// Whether the interval contains the bound: too close to call.
    close: bool,
    /// Whether one request more or less that succeeds in time would turn it round.
    hangs_on_one_request: bool,
}

impl From<SloResult> for SloResultText {
    fn from(result: SloResult) -> Self {
        Self {
            value: result.value.known(),
            at_least: result.at_least,
            pass: result.pass(),
            no_data: result.no_data(),
            interval: result.interval.map(|ends| ends.map(Measured::known)),
            close: result.is_close(),
            hangs_on_one_request: result.hangs_on_one_request,
            slo: result.slo,
        }
    }
}

impl From<SloResultText> for SloResult {
    fn from(text: SloResultText) -> Self {
        let otherwise = match (text.no_data, text.at_least) {
            (Some(NoData::NotApplicable), _) => Measured::NotApplicable,
            (Some(NoData::NotObserved), _) => Measured::NotObserved,
            (Some(NoData::Unpriced), _) => Measured::Unpriced,
            (Some(NoData::Withheld), _) => Measured::Withheld,
            (Some(NoData::TooFew), _) | (None, Some(_)) => Measured::TooFew,
            (None, None) => Measured::Never,
        };
        let end = |end: Option<f64>| Measured::known_or(end, Measured::Never);
        Self {
            slo: text.slo,
            value: Measured::known_or(text.value, otherwise),
            at_least: text.at_least,
            interval: text.interval.map(|ends| ends.map(end)),
            hangs_on_one_request: text.hangs_on_one_request,
        }
    }
}

#[cfg(test)]
mod tests {
    use record::slo::{Metric, Slo};

    use super::{Measured, NoData, SloResult};

    fn result(expr: &str, value: Measured<f64>) -> SloResult {
        let slo = Slo::parse(Metric::Ttft, expr).expect(expr);
        SloResult { slo, value, at_least: None, interval: None, hangs_on_one_request: false }
    }

    #[test]
    fn what_is_not_known_is_neither_kept_nor_broken_unless_what_is_known_breaks_it() {
        let few = result("p99<3s", Measured::TooFew);
        assert_eq!((few.pass(), few.no_data()), (None, Some(NoData::TooFew)));
        let least = |at_least| SloResult { at_least: Some(at_least), ..few.clone() };
        assert_eq!((least(2_999.0).pass(), least(3_000.0).pass()), (None, Some(false)));
        assert_eq!(result("p99<3s", Measured::Never).pass(), Some(false));
    }

    #[test]
    fn a_value_is_close_where_its_interval_contains_the_bound() {
        let close = |low: f64, high: Measured<f64>| {
            let interval = Some([Measured::Known(low), high]);
            SloResult { interval, ..result("p99<3s", Measured::Known(2_900.0)) }.is_close()
        };
        assert!(close(2_000.0, Measured::Known(3_000.0)) && close(3_000.0, Measured::Never));
        assert!(!close(2_000.0, Measured::Known(2_999.9)) && !close(3_000.1, Measured::Never));
    }

    #[test]
    fn what_is_written_reads_back() {
        let values = [Measured::Known(1.0), Measured::Never, Measured::TooFew, Measured::Unpriced];
        for value in values {
            let interval = Some([Measured::Known(1.0), Measured::Never]);
            let written = SloResult { interval, at_least: None, ..result("p99<3s", value) };
            let text = serde_json::to_string(&written).expect("serialises");
            assert_eq!(serde_json::from_str::<SloResult>(&text).expect("reads"), written, "{text}");
        }
    }
}
