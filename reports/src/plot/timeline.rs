//! One contender through time: offered and good requests, what failed, the share of each deployment, who
//! was in cooldown, and when the faults struck. All contenders are drawn to one scale.

use std::ops::Range;

use super::{Area, Drawn, panels, windows};
use crate::Analysis;
use crate::numbers::charts::Timeline;

/// Width of every chart, in pixels.
pub(crate) const WIDTH: u32 = 960;

/// Pixels left of the axes.
pub(crate) const LEFT: u32 = 54;

/// Pixels at the right for the labels.
pub(super) const RIGHT: u32 = 205;

/// Pixels of the time axis.
pub(crate) const INNER: u32 = WIDTH - LEFT - RIGHT;

/// Height of the strip in which faults are named.
const NAMES_HEIGHT: u32 = 34;

/// Height of the panel of rates.
const RATES_HEIGHT: u32 = 140;

/// Height of the panel of failures, if anybody failed.
const FAILED_HEIGHT: u32 = 64;

/// Height of the panel of shares, with the labels of the time axis.
const SHARES_HEIGHT: u32 = 160;

/// Height of one cooldown row, in pixels.
pub(super) const ROW_HEIGHT: u32 = 14;

/// What of a chart stands still while a reader zooms, and what does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Axes and labels.
    Frame,
    /// Everything along the time axis.
    Time,
}

/// What is drawn of one contender, and to which scale.
pub(super) struct Scene<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) timeline: &'a Timeline,
    /// Deployments that were in cooldown at some time: each gets a row.
    pub(super) cooled: Vec<usize>,
    /// The time axis.
    pub(super) seconds: Range<f64>,
    /// Most requests per second that anybody was offered.
    pub(super) rate_max: f64,
    /// Most requests per second that failed for anybody; 0 if none did.
    pub(super) failed_max: f64,
}

impl<'a> Scene<'a> {
    /// The contender at position `at` of the report.
    pub(super) fn of(analysis: &'a Analysis, at: usize) -> Option<Self> {
        let timeline = &analysis.charts.get(at)?.timeline;
        let mut cooled: Vec<usize> = timeline.cooldowns.iter().map(|c| c.deployment).collect();
        cooled.dedup();
        let most = |of: fn(&Timeline) -> &Vec<u32>| {
            let timelines = analysis.charts.iter().map(|charts| &charts.timeline);
            let counts = timelines.flat_map(|timeline| of(timeline).iter().copied());
            f64::from(counts.max().unwrap_or(0)) / timeline.bin_s
        };
        Some(Self {
            analysis,
            timeline,
            cooled,
            seconds: 0.0..analysis.report.scenario.duration_s.max(timeline.bin_s),
            rate_max: most(|timeline| &timeline.offered).max(1.0),
            failed_max: most(|timeline| &timeline.failed),
        })
    }

    /// Of the whole chart, in pixels.
    pub(super) fn height(&self) -> u32 {
        let cooled = self.cooled.len() as u32 * ROW_HEIGHT;
        NAMES_HEIGHT + RATES_HEIGHT + self.failed_height() + SHARES_HEIGHT + cooled
    }

    fn failed_height(&self) -> u32 {
        if self.failed_max > 0.0 { FAILED_HEIGHT } else { 0 }
    }

    /// Draws one part of the chart.
    pub(super) fn draw(&self, part: Part, area: &Area<'_>) -> Drawn {
        let (names, below) = area.split_vertically(NAMES_HEIGHT);
        let (rates, below) = below.split_vertically(RATES_HEIGHT);
        let (failed, below) = below.split_vertically(self.failed_height());
        let (shares, strip) = below.split_vertically(SHARES_HEIGHT);
        panels::rates(self, part, &rates)?;
        if self.failed_max > 0.0 {
            panels::failed(self, part, &failed)?;
        }
        panels::shares(self, part, &shares)?;
        if part == Part::Time {
            windows::names(self, &names, NAMES_HEIGHT as i32)?;
        }
        if self.cooled.is_empty() { Ok(()) } else { windows::cooldowns(self, part, &strip) }
    }

    /// Seconds to pixels, as the panels do it.
    pub(super) fn x(&self, s: f64) -> i32 {
        let share = (s / self.seconds.end).clamp(0.0, 1.0);
        (f64::from(LEFT) + f64::from(INNER) * share).round() as i32
    }
}
