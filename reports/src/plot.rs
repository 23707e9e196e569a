//! Charts as SVG, drawn with plotters: once for files (on white paper) and once for the page, where
//! colours are CSS variables and so follow light, dark and print.
//!
//! Nothing is told by colour alone: curves differ in dash and carry their name at the end, areas
//! are labelled beside the last bin, faults and cooldowns are written out. Okabe and Ito's palette
//! (2008) stays apart for the common kinds of colour blindness. It must never know a file, or a
//! number that is not in its input.

mod cdf;
mod labels;
mod palette;
mod timeline;

use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::prelude::SVGBackend;

use crate::Analysis;
pub(crate) use cdf::Quantity;
pub(crate) use palette::variables;

/// What a chart is drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    /// A file of its own: white paper, literal colours.
    Paper,
    /// Inside the page: no background, colours by CSS variable.
    Page,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// CDFs of all contenders in one chart.
pub(crate) fn cdf(analysis: &Analysis, quantity: Quantity, ground: Ground) -> String {
    chart((960, 380), ground, |area| cdf::draw(analysis, quantity, area))
}

/// Rates, shares and cooldowns of the contender at position `at`.
pub(crate) fn timeline(analysis: &Analysis, at: usize, ground: Ground) -> String {
    let cooled = timeline::rows(analysis, at).len() as u32;
    let height = timeline::HEIGHT + cooled * timeline::ROW_HEIGHT;
    chart((960, height), ground, |area| timeline::draw(analysis, at, area))
}

fn chart(size: (u32, u32), ground: Ground, draw: impl Fn(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    let drawn = {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let background = match ground {
            Ground::Paper => area.fill(&plotters::style::WHITE),
            Ground::Page => Ok(()),
        };
        background.and_then(|()| draw(&area)).and_then(|()| area.present())
    };
    match (drawn, ground) {
        (Ok(()), Ground::Paper) => svg,
        (Ok(()), Ground::Page) => palette::themed(&svg),
        (Err(error), _) => format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"30\"><text y=\"20\">this chart could not be drawn: {}</text></svg>",
            size.0,
            error.to_string().replace(['<', '>', '&'], " ")
        ),
    }
}
