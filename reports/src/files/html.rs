//! `report.html`, the page for people: one self-contained HTML file. No network, no script, no font but the reader's own; it
//! follows light, dark, paper and narrow screens by CSS alone.
//!
//! First screen: can it be trusted, what is the verdict, the table behind it. Below: each contender
//! through time, how long users waited, what failed and how to look closer, what was assumed. maud
//! escapes everything that comes from outside; only our own SVG is let through as it is, and its
//! texts are escaped by plotters.

mod contender;
mod first_screen;
mod notes;
mod waits;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{File, Format};
use crate::Analysis;
use crate::plot::variables;
use crate::words::promise::sign;

/// The style sheet, without the colours of the charts.
const STYLE: &str = include_str!("html/page.css");

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
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(style())) }
            }
            body {
                @if analysis.simulated() { div.ribbon aria-hidden="true" { "SIMULATED" } }
                main {
                    (first_screen::first_screen(analysis))
                    (contender::contenders(analysis))
                    (waits::waits(analysis))
                    (notes::notes(analysis))
                }
            }
        }
    }
    .into_string()
}

/// Colours first, then the sheet that uses them.
fn style() -> String {
    let (light, dark) = variables();
    format!(
        ":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}@media print{{:root{{{light}}}}}\n{STYLE}"
    )
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
