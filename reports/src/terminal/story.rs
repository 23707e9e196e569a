//! The story of one request: a timeline per contender, with the distance to the intended instant.

use super::Style;
use super::paint::{Painter, Tone, wrap};
use crate::explain::{Event, Explained, Story};
use crate::words::figures::{NOT_OBSERVED, millis};
use crate::words::run::clock_label;
use crate::words::text::{plain, prose};

/// The stories of one request.
pub fn story(explained: &Explained, style: Style) -> String {
    let painter = Painter::new(style);
    let clock = clock_label(explained.clock);
    let mut out =
        vec![format!("request {} · {}", explained.request, painter.paint(clock, Tone::Care))];
    for story in &explained.stories {
        let tone = if story.good { Tone::Good } else { Tone::Bad };
        let sign = if story.good { "✓" } else { "✗" };
        out.push(String::new());
        let (name, ending) = (plain(&story.contender), format!("{sign} {}", prose(&story.ending)));
        let named = painter.paint(&name, Tone::Strong);
        if name.chars().count() + 2 + ending.chars().count() <= style.columns() {
            out.push(format!("{named}  {}", painter.paint(&ending, tone)));
        } else {
            out.extend([named, painter.paint(&wrap(&ending, style.columns(), 2), tone)]);
        }
        out.extend(story.events.iter().map(|event| line(event, story, style, painter)));
        if !story.not_observed.is_empty() {
            let what = format!("  {NOT_OBSERVED}: {}", story.not_observed.join("; "));
            out.push(painter.paint(&what, Tone::Dim));
        }
    }
    out.join("\n") + "\n"
}

/// Columns before an event's text: clock, distance, table.
const TEXT_COLUMN: usize = 38;

fn line(event: &Event, story: &Story, style: Style, painter: Painter) -> String {
    let since = event.at_ns as f64 - story.intended_ns as f64;
    let since = if since < 0.0 {
        format!("−{}", millis(-since / 1e6))
    } else {
        format!("+{}", millis(since / 1e6))
    };
    let head =
        format!("{:>12.3} s {since:>11}  {:<8}  ", event.at_ns as f64 / 1e9, event.source.word());
    let room = style.columns().saturating_sub(TEXT_COLUMN).max(20);
    let text =
        wrap(&prose(&event.text), room, 0).replace('\n', &format!("\n{}", " ".repeat(TEXT_COLUMN)));
    format!("{}{text}", painter.paint(&head, Tone::Dim))
}
