//! When the faults struck and who was in cooldown, along the time axis. Windows that touch on the screen are
//! drawn as one, so that a run with hundreds of them stays small.

use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::{Color, RGBColor};

use super::labels::{self, short};
use super::palette::{FAINT, FAULT, INK, WARMUP, series};
use super::panels::{LABEL_CHARS, Panel};
use super::timeline::{Part, RIGHT, ROW_HEIGHT, Scene};
use super::{Area, Drawn};

/// Windows of which each has its edges drawn; more of them are only shaded.
const EDGED_MAX: usize = 40;

/// The names of faults and events, above their windows.
pub(super) fn names(scene: &Scene<'_>, area: &Area<'_>, height: i32) -> Drawn {
    let run = &scene.analysis.run;
    let faults = crate::words::windows::names(run);
    let mut named: Vec<(u64, String, RGBColor)> =
        faults.into_iter().map(|(from_ns, text)| (from_ns, short(&text, 55), FAULT)).collect();
    named.extend(run.events.iter().map(|event| {
        let text = format!("{} {}", short(&event.id, 8), short(&event.summary, 46));
        (event.at_ns, text, INK)
    }));
    // Two lines in turn, so that the names of neighbours do not meet.
    for (at, (from_ns, text, colour)) in named.into_iter().enumerate() {
        let from = scene.x(from_ns as f64 / 1e9);
        let line = 8 + 15 * (at as i32 % 2);
        area.draw(&Text::new(text, (from, line), labels::style(11, &colour)))?;
        let bar = [(from, line + 8), (from, height)];
        area.draw(&PathElement::new(bar.to_vec(), colour.stroke_width(1)))?;
    }
    Ok(())
}

/// Shades fault windows (this opaque) and warm-up, and draws the edges of the windows.
pub(super) fn shade(
    scene: &Scene<'_>,
    chart: &mut Panel<'_, '_>,
    (top, opacity): (f64, f64),
) -> Drawn {
    let run = &scene.analysis.run;
    let seconds = |ns: u64| ns as f64 / 1e9;
    let window = |from: f64, to: f64, colour: RGBColor, opacity: f64| {
        Rectangle::new([(from, 0.0), (to, top)], colour.mix(opacity).filled())
    };
    let warmups = run.phases.iter().filter(|phase| phase.warmup);
    chart.draw_series(
        warmups.map(|phase| window(seconds(phase.from_ns), seconds(phase.to_ns), WARMUP, 0.22)),
    )?;
    let faults = || run.faults.iter().map(|fault| (seconds(fault.from_ns), seconds(fault.to_ns)));
    if opacity > 0.0 {
        let shaded = joined(scene, faults().collect());
        chart.draw_series(shaded.into_iter().map(|(from, to)| window(from, to, FAULT, opacity)))?;
    }
    if run.faults.len() <= EDGED_MAX {
        let edge = |s| PathElement::new(vec![(s, 0.0), (s, top)], FAULT.mix(0.6).stroke_width(1));
        chart.draw_series(faults().flat_map(|(from, to)| [from, to]).map(edge))?;
    }
    let events = run.events.iter().map(|event| seconds(event.at_ns));
    let mark = |s| PathElement::new(vec![(s, 0.0), (s, top)], INK.mix(0.6).stroke_width(1));
    chart.draw_series(events.map(mark))?;
    Ok(())
}

/// One row per deployment that a gateway left out for a time.
pub(super) fn cooldowns(scene: &Scene<'_>, part: Part, area: &Area<'_>) -> Drawn {
    let row_height = ROW_HEIGHT as i32;
    let (width, _) = area.dim_in_pixel();
    for (row, &deployment) in scene.cooled.iter().enumerate() {
        let top = row as i32 * row_height;
        match part {
            Part::Time => {
                let all = scene.timeline.cooldowns.iter().filter(|c| c.deployment == deployment);
                let bars = joined(scene, all.map(|c| (c.from_s, c.to_s)).collect());
                for (from, to) in bars {
                    let (from, to) = (scene.x(from), scene.x(to).max(scene.x(from) + 2));
                    let corners = [(from, top + 3), (to, top + row_height - 3)];
                    area.draw(&Rectangle::new(corners, series(deployment).filled()))?;
                }
            }
            Part::Frame => {
                let id = scene.analysis.run.deployments.get(deployment);
                let id = id.map_or("", |deployment| deployment.id.as_str());
                let text = format!("cooling: {}", short(id, LABEL_CHARS - 4));
                let at = (width as i32 - RIGHT as i32 + 8, top + row_height / 2);
                area.draw(&Text::new(text, at, labels::style(11, &FAINT)))?;
            }
        }
    }
    Ok(())
}

/// Spans in seconds, those joined that meet within a pixel; in order of time.
fn joined(scene: &Scene<'_>, mut spans: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    spans.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if scene.x(from) <= scene.x(last.1) => last.1 = last.1.max(to),
            Some(_) | None => joined.push((from, to)),
        }
    }
    joined
}
