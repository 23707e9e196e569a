//! Labels beside the end of a curve or an area, moved apart so that none covers another.

use plotters::element::Text;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{IntoFont, RGBColor, TextStyle};

use super::{Area, Drawn};

/// Height of one label, in pixels.
const STEP: i32 = 15;

/// A label at the right edge.
#[derive(Clone, Debug)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) y: i32,
    pub(super) colour: RGBColor,
}

/// Text of a chart: a font that every viewer has, vertically centred.
pub(super) fn style(size: i32, colour: &RGBColor) -> TextStyle<'_> {
    let style = TextStyle::from(("sans-serif", size).into_font()).color(colour);
    style.pos(Pos::new(HPos::Left, VPos::Center))
}

/// Draws the labels at `x`, in order of their heights, inside `low..high`. One without text keeps its place free.
pub(super) fn draw(
    area: &Area<'_>,
    mut labels: Vec<Label>,
    x: i32,
    (low, high): (i32, i32),
) -> Drawn {
    labels.sort_by_key(|label| label.y);
    let mut floor = low;
    for label in &mut labels {
        label.y = label.y.max(floor);
        floor = label.y + STEP;
    }
    let mut ceiling = high;
    for label in labels.iter_mut().rev() {
        label.y = label.y.min(ceiling);
        ceiling = label.y - STEP;
    }
    for label in labels.into_iter().filter(|label| !label.text.is_empty()) {
        area.draw(&Text::new(label.text, (x, label.y), style(12, &label.colour)))?;
    }
    Ok(())
}

/// At most `chars` characters of text from outside, without control characters.
pub(super) fn short(text: &str, chars: usize) -> String {
    let clean: Vec<char> = text.chars().filter(|c| !c.is_control()).collect();
    match clean.len() <= chars {
        true => clean.into_iter().collect(),
        false => clean.into_iter().take(chars.saturating_sub(1)).chain(['…']).collect(),
    }
}
