//! One contender through time: offered and good requests, the share of each deployment, who was in
//! cooldown, and when the faults struck.

use std::ops::Range;

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::element::{PathElement, Polygon, Rectangle, Text};
use plotters::prelude::SVGBackend;
use plotters::style::{Color, RGBColor};

use super::labels::{self, Label, short};
use super::palette::{FAINT, FAULT, GOOD, GRID, INK, OFFERED, WARMUP, series};
use super::{Area, Drawn};
use crate::Analysis;
use crate::numbers::charts::Timeline;

/// Height without cooldown rows, in pixels.
pub(super) const HEIGHT: u32 = 364;

/// Height of one cooldown row, in pixels.
pub(super) const ROW_HEIGHT: u32 = 14;

/// Height of the strip in which faults are named.
const NAMES_HEIGHT: i32 = 34;

/// Height of the panel of rates.
const RATES_HEIGHT: i32 = 147;

/// Pixels left of the axes.
const LEFT: u32 = 54;

/// Pixels at the right for the labels.
const RIGHT: i32 = 205;

/// Longest label at the right, in characters.
const LABEL_CHARS: usize = 27;

type Panel<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Deployments that were in cooldown at some time: each gets a row.
pub(super) fn rows(analysis: &Analysis, at: usize) -> Vec<usize> {
    let cooldowns = analysis.charts.get(at).map(|charts| charts.timeline.cooldowns.as_slice());
    let mut rows: Vec<usize> = cooldowns.unwrap_or_default().iter().map(|c| c.deployment).collect();
    rows.dedup();
    rows
}

/// Draws the chart.
pub(super) fn draw(analysis: &Analysis, at: usize, area: &Area<'_>) -> Drawn {
    let Some(charts) = analysis.charts.get(at) else { return Ok(()) };
    let (timeline, rows) = (&charts.timeline, rows(analysis, at));
    let seconds = 0.0..analysis.report.scenario.duration_s.max(timeline.bin_s);
    let cooled = (rows.len() as u32 * ROW_HEIGHT) as i32;
    let (_, height) = area.dim_in_pixel();
    let (names, below) = area.split_vertically(NAMES_HEIGHT);
    let (rates, below) = below.split_vertically(RATES_HEIGHT);
    let shares_height = height as i32 - NAMES_HEIGHT - RATES_HEIGHT - cooled;
    let (shares, strip) = below.split_vertically(shares_height);
    draw_rates(analysis, timeline, &rates, seconds.clone())?;
    draw_names(analysis, &names, &seconds)?;
    draw_shares(analysis, timeline, &shares, seconds.clone())?;
    if rows.is_empty() {
        Ok(())
    } else {
        draw_cooldowns(analysis, (timeline, &rows), &strip, &seconds)
    }
}

/// The names of the faults, above their windows.
fn draw_names(analysis: &Analysis, area: &Area<'_>, seconds: &Range<f64>) -> Drawn {
    let x = scale(area, seconds);
    // Two lines in turn, so that the names of neighbours do not meet.
    for (at, (from_ns, text)) in crate::words::windows::names(&analysis.run).into_iter().enumerate()
    {
        let from = x(from_ns as f64 / 1e9);
        let text = short(&text, 55);
        let line = 8 + 15 * (at as i32 % 2);
        area.draw(&Text::new(text, (from, line), labels::style(11, &FAULT)))?;
        let bar = [(from, line + 8), (from, NAMES_HEIGHT)];
        area.draw(&PathElement::new(bar.to_vec(), FAULT.stroke_width(1)))?;
    }
    for (at, event) in analysis.run.events.iter().enumerate() {
        let from = x(event.at_ns as f64 / 1e9);
        let text = format!("{} {}", short(&event.id, 8), short(&event.summary, 46));
        let line = 8 + 15 * ((analysis.run.faults.len() + at) as i32 % 2);
        area.draw(&Text::new(text, (from, line), labels::style(11, &INK)))?;
        let bar = [(from, line + 8), (from, NAMES_HEIGHT)];
        area.draw(&PathElement::new(bar.to_vec(), INK.stroke_width(1)))?;
    }
    Ok(())
}

fn draw_rates(
    analysis: &Analysis,
    timeline: &Timeline,
    area: &Area<'_>,
    seconds: Range<f64>,
) -> Drawn {
    let per_second =
        |counts: &[u32]| counts.iter().map(|n| f64::from(*n) / timeline.bin_s).collect();
    let (offered, good): (Vec<f64>, Vec<f64>) =
        (per_second(&timeline.offered), per_second(&timeline.good));
    let most = offered.iter().copied().fold(1.0, f64::max) * 1.15;
    let mut chart = panel(area, seconds, 0.0..most, (6, 9))?;
    mesh(&mut chart, (0, 3), &|rate| format!("{rate:.0}/s"))?;
    shade(analysis, &mut chart, (most, 0.12))?;
    let floor = vec![0.0; good.len()];
    chart.draw_series([band(timeline.bin_s, &floor, &good, GOOD, 0.45)])?;
    chart.draw_series([steps(timeline.bin_s, &good, GOOD)])?;
    chart.draw_series([steps(timeline.bin_s, &offered, OFFERED)])?;
    let last = |values: &[f64]| values.last().copied().unwrap_or(0.0);
    let top = area.get_base_pixel().1;
    let place = |value: f64| chart.backend_coord(&(0.0, value)).1 - top;
    let ends = vec![
        Label { text: "offered".to_owned(), y: place(last(&offered)) - 4, colour: OFFERED },
        Label {
            text: "good (within all bounds)".to_owned(),
            y: place(last(&good) / 2.0),
            colour: GOOD,
        },
    ];
    labels_beside(area, ends)
}

fn draw_shares(
    analysis: &Analysis,
    timeline: &Timeline,
    area: &Area<'_>,
    seconds: Range<f64>,
) -> Drawn {
    let bins = timeline.offered.len();
    let mut chart = panel(area, seconds, 0.0..100.0, (13, 24))?;
    mesh(&mut chart, (12, 3), &|share| format!("{share:.0} %"))?;
    let total = |bin: usize| timeline.attempts.iter().map(|row| row[bin]).sum::<u32>();
    let totals: Vec<u32> = (0..bins).map(total).collect();
    let mut floor = vec![0.0; bins];
    let mut ends = Vec::new();
    if totals.iter().all(|&total| total == 0) {
        // Of somebody else's gateway there is no ledger to take shares from.
        let (x, y) = chart.backend_coord(&(0.0, 50.0));
        let text = "attempts per deployment: not observed";
        area.draw(&Text::new(
            text,
            (x + 12, y - area.get_base_pixel().1),
            labels::style(12, &FAINT),
        ))?;
        return shade(analysis, &mut chart, (100.0, 0.0));
    }
    for (number, attempts) in timeline.attempts.iter().enumerate() {
        let share = |bin: usize| match totals[bin] {
            0 => 0.0,
            total => 100.0 * f64::from(attempts[bin]) / f64::from(total),
        };
        let top: Vec<f64> = (0..bins).map(|bin| floor[bin] + share(bin)).collect();
        chart.draw_series([band(timeline.bin_s, &floor, &top, series(number), 0.75)])?;
        chart.draw_series([steps(timeline.bin_s, &top, series(number))])?;
        let last = bins.saturating_sub(1);
        let middle = top.get(last).zip(floor.get(last)).map_or(0.0, |(a, b)| (a + b) / 2.0);
        let id = analysis.run.deployments.get(number).map_or("", |d| d.id.as_str());
        let y = chart.backend_coord(&(0.0, middle)).1 - area.get_base_pixel().1;
        ends.push(Label { text: short(id, LABEL_CHARS), y, colour: series(number) });
        floor = top;
    }
    shade(analysis, &mut chart, (100.0, 0.0))?;
    labels_beside(area, ends)
}

fn draw_cooldowns(
    analysis: &Analysis,
    (timeline, rows): (&Timeline, &[usize]),
    area: &Area<'_>,
    seconds: &Range<f64>,
) -> Drawn {
    let x = scale(area, seconds);
    let row_height = ROW_HEIGHT as i32;
    let (width, _) = area.dim_in_pixel();
    for (row, &deployment) in rows.iter().enumerate() {
        let top = row as i32 * row_height;
        let style = series(deployment).filled();
        for cooldown in timeline.cooldowns.iter().filter(|c| c.deployment == deployment) {
            let (from, to) = (x(cooldown.from_s), x(cooldown.to_s).max(x(cooldown.from_s) + 2));
            area.draw(&Rectangle::new([(from, top + 3), (to, top + row_height - 3)], style))?;
        }
        let id = analysis.run.deployments.get(deployment).map_or("", |d| d.id.as_str());
        let text = format!("cooling: {}", short(id, LABEL_CHARS - 4));
        let at = (width as i32 - RIGHT + 8, top + row_height / 2);
        area.draw(&Text::new(text, at, labels::style(11, &FAINT)))?;
    }
    Ok(())
}

/// Axes of one panel, with so many pixels above and below it.
fn panel<'a, 'b>(
    area: &'a Area<'b>,
    x: Range<f64>,
    y: Range<f64>,
    (above, below): (u32, u32),
) -> Result<Panel<'a, 'b>, plotters::drawing::DrawingAreaErrorKind<std::io::Error>> {
    ChartBuilder::on(area)
        .margin_top(above)
        .margin_right(RIGHT)
        .x_label_area_size(below)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(x, y)
}

/// Grid and labels, so many along x and y.
fn mesh(
    chart: &mut Panel<'_, '_>,
    (x_labels, y_labels): (usize, usize),
    show: &dyn Fn(&f64) -> String,
) -> Drawn {
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(GRID.mix(0.0))
        .bold_line_style(GRID)
        .axis_style(GRID)
        .x_labels(x_labels)
        .y_labels(y_labels)
        .x_label_formatter(&|s| format!("{s:.0} s"))
        .y_label_formatter(&|value| show(value))
        .label_style(labels::style(11, &FAINT))
        .axis_desc_style(labels::style(11, &INK))
        .draw()
}

/// Shades fault windows (this opaque) and warm-up, and draws the edges of the windows.
fn shade(analysis: &Analysis, chart: &mut Panel<'_, '_>, (top, opacity): (f64, f64)) -> Drawn {
    let window = |from_ns: u64, to_ns: u64, colour: RGBColor, opacity: f64| {
        let corners = [(from_ns as f64 / 1e9, 0.0), (to_ns as f64 / 1e9, top)];
        Rectangle::new(corners, colour.mix(opacity).filled())
    };
    let warmups = analysis.run.phases.iter().filter(|phase| phase.warmup);
    chart.draw_series(warmups.map(|p| window(p.from_ns, p.to_ns, WARMUP, 0.22)))?;
    let faults = || analysis.run.faults.iter();
    chart.draw_series(faults().map(|f| window(f.from_ns, f.to_ns, FAULT, opacity)))?;
    let edges = faults().flat_map(|f| [f.from_ns, f.to_ns]).map(|ns| ns as f64 / 1e9);
    let edge = |s| PathElement::new(vec![(s, 0.0), (s, top)], FAULT.mix(0.7).stroke_width(1));
    chart.draw_series(edges.map(edge))?;
    let mark = |s| PathElement::new(vec![(s, 0.0), (s, top)], INK.mix(0.6).stroke_width(1));
    chart.draw_series(event_instants(analysis).map(mark))?;
    Ok(())
}

/// When events happen, or begin, in seconds.
fn event_instants(analysis: &Analysis) -> impl Iterator<Item = f64> + '_ {
    analysis.run.events.iter().map(|event| event.at_ns as f64 / 1e9)
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

/// Seconds to pixels, as the panels do it.
fn scale(area: &Area<'_>, seconds: &Range<f64>) -> impl Fn(f64) -> i32 {
    let (width, _) = area.dim_in_pixel();
    let (left, inner) = (LEFT as f64, f64::from(width) - LEFT as f64 - f64::from(RIGHT));
    let end = seconds.end;
    move |s| (left + inner * (s / end).clamp(0.0, 1.0)).round() as i32
}

fn labels_beside(area: &Area<'_>, ends: Vec<Label>) -> Drawn {
    let (width, height) = area.dim_in_pixel();
    labels::draw(area, ends, width as i32 - RIGHT + 8, (10, height as i32 - 14))
}
