//! `report.html`, the page for people: one self-contained HTML file. No network and no font but the reader's own; it
//! follows light, dark, paper and narrow screens by CSS alone, and says everything without script. One script of ours
//! adds what paper cannot do: values on hover, zoom in time, hiding, sorting. The page's policy allows that script and
//! that style sheet by their hashes, and nothing else.
//!
//! First screen: can it be trusted, what is the verdict, the table behind it, what each fault cost; on paper that is
//! page one. Below: each contender through time, how long users waited, what failed and how to look closer, what was
//! assumed. maud escapes everything that comes from outside; only our own SVG, style and script are let through as
//! they are, and the texts of an SVG are escaped by plotters.

mod change;
mod comparison;
mod contender;
mod faults;
mod first_screen;
mod heat;
mod ids;
mod notes;
pub(super) mod series;
mod shell;
mod stories;
mod terms;
mod waits;

use maud::{Markup, PreEscaped, html};
use serde_json::json;

use super::{File, Format};
use crate::Analysis;
use crate::words::promise::sign;
use crate::words::run::clock_label;
use crate::words::text::plain;

/// The format.
#[derive(Debug)]
pub(super) struct Html;

impl Format for Html {
    fn files(&self, analysis: &Analysis) -> Vec<File> {
        vec![File::text("report.html", page(analysis))]
    }
}

/// The whole page.
fn page(analysis: &Analysis) -> String {
    let scenario = &analysis.report.scenario;
    let title = format!("{} · seed {} · brownout", scenario.name, scenario.seed);
    let body = html! {
        @if analysis.simulated() { div.ribbon aria-hidden="true" { "SIMULATED" } }
        main data-clock=(clock_label(analysis.run.scenario.clock)) data-windows=(windows(analysis)) {
            div.manager {
                (first_screen::first_screen(analysis))
                (comparison::comparison(analysis))
                (heat::heat_map(analysis))
            }
            div.appendix {
                (contender::contenders(analysis))
                (waits::waits(analysis))
                (notes::notes(analysis))
            }
        }
    };
    shell::page(&title, &body)
}

/// Windows of faults that a reader who points at a chart is told of; more would fill the screen.
const WINDOWS_MAX: usize = 500;

/// The faults as JSON: from, to, name.
fn windows(analysis: &Analysis) -> String {
    let faults = analysis.run.faults.iter().take(WINDOWS_MAX);
    let window = |fault: &record::run::FaultInfo| {
        let name = format!("{} {}", plain(&fault.id), plain(&fault.summary));
        json!([fault.from_ns as f64 / 1e9, fault.to_ns as f64 / 1e9, name])
    };
    serde_json::Value::from(faults.map(window).collect::<Vec<_>>()).to_string()
}

/// A chart with a caption. The SVG is ours.
fn figure(svg: String, caption: &str) -> Markup {
    html! {
        figure {
            div.chart role="img" aria-label=(caption) { (PreEscaped(svg)) }
            figcaption { (caption) }
        }
    }
}

/// `✓ kept`, `✗ broken` or `– no data` around a value: a sign, a word for screen readers, a colour.
fn verdict_cell(pass: Option<bool>, value: &str) -> Markup {
    let (symbol, word) = sign(pass);
    let class = match pass {
        Some(true) => "kept",
        Some(false) => "broken",
        None => "nodata",
    };
    html! { span class=(class) { span.sign title=(word) { (symbol) } " " (value) } }
}
