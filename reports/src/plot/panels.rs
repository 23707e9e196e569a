//! The panels of a timeline: rates, failures as red bars, and shares of the deployments.

use std::ops::Range;

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::element::{PathElement, Polygon, Rectangle, Text};
use plotters::prelude::SVGBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, RGBColor};

use super::labels::{self, Label, short};
use super::palette::{FAILED, FAINT, GOOD, GRID, INK, OFFERED, series};
use super::timeline::{LEFT, Part, RIGHT, Scene};
use super::{Area, Drawn, windows};

/// Longest label at the right, in characters.
pub(super) const LABEL_CHARS: usize = 27;

/// A failure is at least so many pixels high: one in a thousand is seen.
const BAR_HEIGHT_MIN: f64 = 3.0;

/// Labels of the time axis, at most.
const TICKS_MAX: f64 = 11.0;

/// Axes of one panel.
pub(super) type Panel<'a, 'b> =
    ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Offered and good requests per second.
pub(super) fn rates(scene: &Scene<'_>, part: Part, area: &Area<'_>) -> Drawn {
    let timeline = scene.timeline;
    let per_second =
        |counts: &[u32]| counts.iter().map(|n| f64::from(*n) / timeline.bin_s).collect();
    let (offered, good): (Vec<f64>, Vec<f64>) =
        (per_second(&timeline.offered), per_second(&timeline.good));
    let most = scene.rate_max * 1.12;
    let mut chart = panel(area, scene, 0.0..most, (6, 8))?;
    match part {
        Part::Frame => {
            mesh(&mut chart, 3, &|rate| format!("{}/s", brief(*rate)))?;
            let last = |values: &[f64]| values.last().copied().unwrap_or(0.0);
            let top = area.get_base_pixel().1;
            let place = |value: f64| chart.backend_coord(&(0.0, value)).1 - top;
            let label = |text: &str, y: i32, colour| Label { text: text.to_owned(), y, colour };
            let ends = vec![
                label("offered", place(last(&offered)) - 4, OFFERED),
                label("good (within all bounds)", place(last(&good) / 2.0), GOOD),
            ];
            beside(area, ends)
        }
        Part::Time => {
            windows::shade(scene, &mut chart, (most, 0.14))?;
            let floor = vec![0.0; good.len()];
            chart.draw_series([band(timeline.bin_s, &floor, &good, GOOD, 0.45)])?;
            chart.draw_series([steps(timeline.bin_s, &good, GOOD)])?;
            chart.draw_series([steps(timeline.bin_s, &offered, OFFERED)])?;
            Ok(())
        }
    }
}

/// Failed requests per second, as red bars.
pub(super) fn failed(scene: &Scene<'_>, part: Part, area: &Area<'_>) -> Drawn {
    let timeline = scene.timeline;
    let (above, below) = (6, 8);
    let most = scene.failed_max * 1.05;
    let mut chart = panel(area, scene, 0.0..most, (above, below))?;
    match part {
        Part::Frame => {
            mesh(&mut chart, 2, &|rate| format!("{}/s", brief(*rate)))?;
            let (_, height) = area.dim_in_pixel();
            let text = "failed".to_owned();
            beside(area, vec![Label { text, y: height as i32 / 2, colour: FAILED }])
        }
        Part::Time => {
            windows::shade(scene, &mut chart, (most, 0.14))?;
            let (_, height) = area.dim_in_pixel();
            let inner = f64::from(height - above - below);
            let least = most * BAR_HEIGHT_MIN / inner;
            let bars = timeline.failed.iter().enumerate().filter(|(_, failed)| **failed > 0);
            chart.draw_series(bars.map(|(bin, failed)| {
                let from = bin as f64 * timeline.bin_s;
                let top = (f64::from(*failed) / timeline.bin_s).max(least);
                let corners = [(from, 0.0), (from + timeline.bin_s, top)];
                Rectangle::new(corners, FAILED.filled())
            }))?;
            Ok(())
        }
    }
}

/// Share of attempts per deployment, and the labels of the time axis below it.
pub(super) fn shares(scene: &Scene<'_>, part: Part, area: &Area<'_>) -> Drawn {
    let timeline = scene.timeline;
    let bins = timeline.offered.len();
    let mut chart = panel(area, scene, 0.0..100.0, (10, 22))?;
    match part {
        Part::Frame => mesh(&mut chart, 3, &|share| format!("{share:.0} %"))?,
        Part::Time => ticks(scene, &chart, area)?,
    }
    let total = |bin: usize| timeline.attempts.iter().map(|row| row[bin]).sum::<u32>();
    let totals: Vec<u32> = (0..bins).map(total).collect();
    if totals.iter().all(|&total| total == 0) {
        return unobserved(scene, &mut chart, (part, area));
    }
    let mut floor = vec![0.0; bins];
    let mut ends = Vec::new();
    for (number, attempts) in timeline.attempts.iter().enumerate() {
        if attempts.iter().all(|&attempts| attempts == 0) {
            continue;
        }
        let share = |bin: usize| match totals[bin] {
            0 => 0.0,
            total => 100.0 * f64::from(attempts[bin]) / f64::from(total),
        };
        let top: Vec<f64> = (0..bins).map(|bin| floor[bin] + share(bin)).collect();
        match part {
            Part::Time => {
                chart.draw_series([band(timeline.bin_s, &floor, &top, series(number), 0.75)])?;
                chart.draw_series([steps(timeline.bin_s, &top, series(number))])?;
            }
            Part::Frame => {
                let last = bins.saturating_sub(1);
                let middle = top.get(last).zip(floor.get(last)).map_or(0.0, |(a, b)| (a + b) / 2.0);
                let id = scene.analysis.run.deployments.get(number).map_or("", |d| d.id.as_str());
                let y = chart.backend_coord(&(0.0, middle)).1 - area.get_base_pixel().1;
                ends.push(Label { text: short(id, LABEL_CHARS), y, colour: series(number) });
            }
        }
        floor = top;
    }
    match part {
        Part::Frame => beside(area, ends),
        Part::Time => windows::shade(scene, &mut chart, (100.0, 0.0)),
    }
}

/// Of somebody else's gateway there is no ledger to take shares from.
fn unobserved(
    scene: &Scene<'_>,
    chart: &mut Panel<'_, '_>,
    (part, area): (Part, &Area<'_>),
) -> Drawn {
    match part {
        Part::Frame => {
            let (x, y) = chart.backend_coord(&(0.0, 50.0));
            let at = (x + 12, y - area.get_base_pixel().1);
            let text = "attempts per deployment: not observed";
            area.draw(&Text::new(text, at, labels::style(12, &FAINT)))
        }
        Part::Time => windows::shade(scene, chart, (100.0, 0.0)),
    }
}

/// The labels of the time axis; on the page they make room for those of the part that is zoomed.
fn ticks(scene: &Scene<'_>, chart: &Panel<'_, '_>, area: &Area<'_>) -> Drawn {
    /// Lengths in which people count, in seconds.
    const STEPS: [f64; 14] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21600.0,
    ];
    let end = scene.seconds.end;
    let step = STEPS.into_iter().find(|step| end / step <= TICKS_MAX).unwrap_or(end / TICKS_MAX);
    let (_, floor) = chart.backend_coord(&(0.0, 0.0));
    let y = floor - area.get_base_pixel().1 + 6;
    for n in 0..=(end / step) as u32 {
        let s = f64::from(n) * step;
        let across = match n {
            0 => HPos::Left,
            _ if s + step / 2.0 > end => HPos::Right,
            _ => HPos::Center,
        };
        let style = labels::style(11, &FAINT).pos(Pos::new(across, VPos::Top));
        area.draw(&Text::new(format!("{s:.0} s"), (scene.x(s), y), style))?;
    }
    Ok(())
}

/// Axes of one panel, with so many pixels above and below it.
fn panel<'a, 'b>(
    area: &'a Area<'b>,
    scene: &Scene<'_>,
    y: Range<f64>,
    (above, below): (u32, u32),
) -> Result<Panel<'a, 'b>, plotters::drawing::DrawingAreaErrorKind<std::io::Error>> {
    ChartBuilder::on(area)
        .margin_top(above)
        .margin_right(RIGHT)
        .x_label_area_size(below)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(scene.seconds.clone(), y)
}

/// Horizontal grid lines and their labels.
fn mesh(chart: &mut Panel<'_, '_>, y_labels: usize, show: &dyn Fn(&f64) -> String) -> Drawn {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(GRID.mix(0.0))
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_labels(0)
        .y_labels(y_labels)
        .y_label_formatter(&|value| show(value))
        .label_style(labels::style(11, &FAINT))
        .axis_desc_style(labels::style(11, &INK))
        .draw()
}

/// A rate without digits that say nothing.
fn brief(rate: f64) -> String {
    if rate == rate.round() { format!("{rate:.0}") } else { format!("{rate:.1}") }
}

/// The outline of a histogram.
fn steps(bin_s: f64, values: &[f64], colour: RGBColor) -> PathElement<(f64, f64)> {
    PathElement::new(outline(bin_s, values), colour.stroke_width(2))
}

/// The area between two histograms.
fn band(
    bin_s: f64,
    low: &[f64],
    high: &[f64],
    colour: RGBColor,
    opacity: f64,
) -> Polygon<(f64, f64)> {
    let mut corners = outline(bin_s, high);
    corners.extend(outline(bin_s, low).into_iter().rev());
    Polygon::new(corners, colour.mix(opacity).filled())
}

fn outline(bin_s: f64, values: &[f64]) -> Vec<(f64, f64)> {
    let edges = values.iter().enumerate();
    edges
        .flat_map(|(bin, &value)| [(bin as f64 * bin_s, value), ((bin + 1) as f64 * bin_s, value)])
        .collect()
}

fn beside(area: &Area<'_>, ends: Vec<Label>) -> Drawn {
    let (width, height) = area.dim_in_pixel();
    let x = width as i32 - RIGHT as i32 + 8;
    labels::draw(area, ends, x, (10, height as i32 - 14))
}
