//! Charts as SVG, drawn with plotters: once for files (on white paper) and once for the page, where
//! colours are CSS variables and so follow light, dark and print.
//!
//! On the page a chart lies in layers: a frame that stands still, and over it what a reader can zoom
//! (everything along the time axis) or hide (a contender's curve). A file has the same layers in one.
//!
//! Nothing is told by colour alone: curves differ in dash and carry their name at the end, areas
//! are labelled beside the last bin, faults and cooldowns are written out. Okabe and Ito's palette
//! (2008) stays apart for the common kinds of colour blindness. It must never know a file, or a
//! number that is not in its input.

mod cdf;
mod labels;
mod palette;
mod panels;
mod timeline;
mod windows;

use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::prelude::SVGBackend;

use crate::Analysis;
pub(crate) use cdf::Quantity;
pub(crate) use palette::variables;
use timeline::WIDTH;
pub(crate) use timeline::{INNER, LEFT};

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

/// A layer of a chart: what opens and closes it on the page, and what it draws.
struct Layer<'a> {
    open: String,
    close: &'static str,
    draw: Box<dyn Fn(&Area<'_>) -> Drawn + 'a>,
}

impl<'a> Layer<'a> {
    fn new(open: impl Into<String>, draw: impl Fn(&Area<'_>) -> Drawn + 'a) -> Self {
        let open = open.into();
        let close = if open.starts_with("<svg") { "</svg>" } else { "</g>" };
        Self { open, close, draw: Box::new(draw) }
    }
}

/// CDFs of all contenders in one chart. Each curve is a layer with the contender's position in the
/// report as `data-contender`.
pub(crate) fn cdf(analysis: &Analysis, quantity: Quantity, ground: Ground) -> String {
    let mut layers =
        vec![Layer::new("<g>", |area: &Area<'_>| cdf::frame(analysis, quantity, area))];
    layers.extend((0..analysis.report.contenders.len()).map(|at| {
        let open = format!("<g data-contender=\"{at}\">");
        Layer::new(open, move |area: &Area<'_>| cdf::curve(analysis, (quantity, at), area))
    }));
    chart((WIDTH, 380), ground, &layers)
}

/// Rates, failures, shares and cooldowns of the contender at position `at`. What lies along the time axis
/// is an inner `svg` of class `time`, whose own view box a reader can zoom.
pub(crate) fn timeline(analysis: &Analysis, at: usize, ground: Ground) -> String {
    let Some(scene) = timeline::Scene::of(analysis, at) else { return String::new() };
    let height = scene.height();
    let inner = INNER;
    let time = format!(
        "<svg class=\"time\" x=\"{LEFT}\" y=\"0\" width=\"{inner}\" height=\"{height}\" \
         viewBox=\"{LEFT} 0 {inner} {height}\" preserveAspectRatio=\"none\">"
    );
    let layers = [
        Layer::new("<g>", |area: &Area<'_>| scene.draw(timeline::Part::Frame, area)),
        Layer::new(time, |area: &Area<'_>| scene.draw(timeline::Part::Time, area)),
    ];
    chart((WIDTH, height), ground, &layers)
}

fn chart(size: (u32, u32), ground: Ground, layers: &[Layer<'_>]) -> String {
    let drawn = match ground {
        Ground::Paper => drawing(size, |area| {
            area.fill(&plotters::style::WHITE)?;
            layers.iter().try_for_each(|layer| (layer.draw)(area))
        }),
        Ground::Page => layered(size, layers).map(|svg| palette::themed(&svg)),
    };
    drawn.unwrap_or_else(|error| {
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"30\"><text y=\"20\">this chart could not be drawn: {}</text></svg>",
            size.0,
            error.to_string().replace(['<', '>', '&'], " ")
        )
    })
}

/// Every layer drawn by itself, then put together.
fn layered(
    (width, height): (u32, u32),
    layers: &[Layer<'_>],
) -> Result<String, DrawingAreaErrorKind<std::io::Error>> {
    let mut svg =
        format!("<svg viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\">");
    for layer in layers {
        let drawn = drawing((width, height), &layer.draw)?;
        let inside = drawn.split_once('>').map_or("", |(_, inside)| inside);
        svg.push_str(&layer.open);
        svg.push_str(inside.trim_end().trim_end_matches("</svg>"));
        svg.push_str(layer.close);
    }
    svg.push_str("</svg>");
    Ok(svg)
}

fn drawing(
    size: (u32, u32),
    draw: impl Fn(&Area<'_>) -> Drawn,
) -> Result<String, DrawingAreaErrorKind<std::io::Error>> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    Ok(svg)
}
