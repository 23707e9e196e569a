//! How long until x % had their first token, or their whole answer? Failures are the part that never
//! arrives: a curve ends at its success share and goes on as a thin level line.

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::combinators::IntoLogRange;
use plotters::coord::types::RangedCoordf64;
use plotters::element::{PathElement, Text};
use plotters::prelude::SVGBackend;
use plotters::series::{DashedLineSeries, LineSeries};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, ShapeStyle};

use super::labels::{self, Label, short};
use super::palette::{FAINT, GRID, INK, series};
use super::{Area, Drawn};
use crate::Analysis;
use crate::numbers::charts::{Charts, Curve};
use crate::words::figures::{clock, percent};

/// Pixels at the right for the labels.
const LABELS_WIDTH: i32 = 235;

/// What is distributed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Intended instant to first token, streamed requests.
    Ttft,
    /// Intended instant to end, all requests.
    E2e,
}

impl Quantity {
    fn of(self, charts: &Charts) -> &Curve {
        match self {
            Self::Ttft => &charts.ttft,
            Self::E2e => &charts.e2e,
        }
    }

    /// What the x axis says.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Ttft => "intended instant to first token (streams)",
            Self::E2e => "intended instant to end of answer (all requests)",
        }
    }
}

/// Dash and gap in pixels, by position; the first is solid.
const DASHES: [Option<(u32, u32)>; 6] =
    [None, Some((9, 4)), Some((3, 3)), Some((14, 4)), Some((6, 6)), Some((2, 5))];

/// A chart of shares over milliseconds.
type Axes<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::combinators::LogCoord<f64>, RangedCoordf64>,
>;

/// All curves of a quantity, and the axis that holds them.
fn curves(analysis: &Analysis, quantity: Quantity) -> (Vec<&Curve>, (f64, f64)) {
    let curves: Vec<&Curve> = analysis.charts.iter().map(|charts| quantity.of(charts)).collect();
    let span = span(&curves);
    (curves, span)
}

fn axes<'a, 'b>(
    area: &'a Area<'b>,
    (from, to): (f64, f64),
) -> Result<Axes<'a, 'b>, plotters::drawing::DrawingAreaErrorKind<std::io::Error>> {
    ChartBuilder::on(area)
        .margin(10)
        .margin_right(LABELS_WIDTH)
        .x_label_area_size(42)
        .y_label_area_size(54)
        .build_cartesian_2d((from..to).log_scale(), 0.0..100.0)
}

/// Draws axes and grid.
pub(super) fn frame(analysis: &Analysis, quantity: Quantity, area: &Area<'_>) -> Drawn {
    let (_, (from, to)) = curves(analysis, quantity);
    let mut chart = axes(area, (from, to))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(GRID.mix(0.0))
        .bold_line_style(GRID)
        .axis_style(GRID)
        .y_labels(6)
        .x_label_formatter(&|_| String::new())
        .y_label_formatter(&|share| format!("{share:.0} %"))
        .x_desc(quantity.words())
        .label_style(labels::style(12, &FAINT))
        .axis_desc_style(labels::style(12, &INK))
        .draw()?;
    for ms in ticks(from, to) {
        let (x, y) = chart.backend_coord(&(ms, 0.0));
        chart.draw_series([PathElement::new(vec![(ms, 0.0), (ms, 100.0)], GRID)])?;
        let label = labels::style(12, &FAINT).pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(tick(ms), (x, y + 5), label))?;
    }
    Ok(())
}

/// Draws the curve of the contender at this position, and its label at the end.
pub(super) fn curve(
    analysis: &Analysis,
    (quantity, at): (Quantity, usize),
    area: &Area<'_>,
) -> Drawn {
    let (curves, (from, to)) = curves(analysis, quantity);
    let Some(curve) = curves.get(at).filter(|curve| asked(curve)) else { return Ok(()) };
    let mut chart = axes(area, (from, to))?;
    let colour = series(at);
    let line = || curve.points.iter().map(|&(ms, share)| (ms.max(from), share * 100.0));
    match DASHES[(at + at / DASHES.len()) % DASHES.len()] {
        None => {
            chart.draw_series(LineSeries::new(line(), colour.stroke_width(2)))?;
        }
        Some((dash, gap)) => {
            let style = ShapeStyle::from(&colour).stroke_width(2);
            chart.draw_series(DashedLineSeries::new(line(), dash, gap, style))?;
        }
    }
    let arrived = (1.0 - curve.never) * 100.0;
    if let Some(&(last, _)) = curve.points.last() {
        let level = [(last.max(from), arrived), (to, arrived)];
        let path = PathElement::new(level.to_vec(), colour.mix(0.55).stroke_width(1));
        chart.draw_series([path])?;
    }
    let (width, height) = area.dim_in_pixel();
    let ends = curves.iter().enumerate().filter(|(_, curve)| asked(curve)).map(|(other, curve)| {
        let (_, y) = chart.backend_coord(&(to, (1.0 - curve.never) * 100.0));
        Label {
            text: if other == at { end(analysis, at, curve) } else { String::new() },
            y,
            colour,
        }
    });
    let x = width as i32 - LABELS_WIDTH + 8;
    labels::draw(area, ends.collect(), x, (18, height as i32 - 60))
}

/// Whether anybody asked: an interrupted run did not come to everybody.
fn asked(curve: &Curve) -> bool {
    !curve.points.is_empty() || curve.never > 0.0
}

/// What stands at the end of a curve: `stubborn · 33.3 % never`.
fn end(analysis: &Analysis, at: usize, curve: &Curve) -> String {
    let never = match curve.never {
        never if never > 0.0 => format!("{} never", percent(never)),
        _ => "all arrive".to_owned(),
    };
    let name = analysis.report.contenders.get(at).map_or("", |contender| contender.name.as_str());
    format!("{} · {never}", short(name, 20))
}

/// Milliseconds at which the axis has a tick: 1, 2 and 5 of each power of ten.
fn ticks(from: f64, to: f64) -> impl Iterator<Item = f64> {
    // 0.1 ms to 10⁷ ms (almost three hours) covers every client's timeout.
    [0.1, 1.0, 10.0, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7]
        .into_iter()
        .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * power))
        .filter(move |ms| (from..=to).contains(ms))
}

fn tick(ms: f64) -> String {
    if ms < 1000.0 { format!("{ms} ms") } else { clock(ms / 1000.0) }
}

/// First and last millisecond of the axis, with some air.
fn span(curves: &[&Curve]) -> (f64, f64) {
    let points = || curves.iter().flat_map(|curve| &curve.points).map(|(ms, _)| *ms);
    let least = points().fold(f64::INFINITY, f64::min);
    let most = points().fold(0.0, f64::max);
    if !least.is_finite() {
        return (1.0, 1000.0);
    }
    let from = (least * 0.8).max(0.1);
    (from, (most * 1.3).max(from * 10.0))
}
