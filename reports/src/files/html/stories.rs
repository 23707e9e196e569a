//! Example requests, told in full: what `brownout explain` prints, on the page.

use maud::{Markup, html};

use super::ids;
use crate::Analysis;
use crate::explain::{Event, Source, Story};
use crate::report::Contender;
use crate::summary::hint::command;
use crate::words::figures::millis;
use crate::words::text::prose;

/// Events of a story on the page; the command prints all of them.
const EVENTS_MAX: usize = 40;

/// The stories of one contender; nothing where none is told.
pub(super) fn stories(analysis: &Analysis, (at, contender): (usize, &Contender)) -> Markup {
    let told = analysis.examples.get(at).map_or(&[][..], |examples| &examples.stories);
    html! {
        @if !told.is_empty() {
            div.stories {
                h3 { "Example requests, told in full" }
                @for story in told { (story_of(story, at, &command(analysis, &contender.name, story.request))) }
            }
        }
    }
}

fn story_of(story: &Story, at: usize, command: &str) -> Markup {
    let class = if story.good { "kept" } else { "broken" };
    let left_out = story.events.len().saturating_sub(EVENTS_MAX);
    html! {
        details.story id=(ids::request(at, story.request)) {
            summary { "request " (story.request) " " span class=(class) { (prose(&story.ending)) } }
            div.scroll {
                table.timeline {
                    thead { tr { th.number { "at" } th.number { "since start" } th { "who" } th { "what" } } }
                    tbody { @for event in story.events.iter().take(EVENTS_MAX) { (row(event, story)) } }
                }
            }
            p.faint { @if left_out > 0 { (left_out) " more events: " } code { (command) } }
        }
    }
}

fn row(event: &Event, story: &Story) -> Markup {
    let since = event.at_ns as f64 - story.intended_ns as f64;
    let sign = if since < 0.0 { "−" } else { "+" };
    let class = match event.source {
        Source::Client => "client",
        Source::Gateway => "gateway",
        Source::Provider => "provider",
    };
    html! {
        tr class=(class) {
            td.number { (format!("{:.3} s", event.at_ns as f64 / 1e9)) }
            td.number { (sign) (millis(since.abs() / 1e6)) }
            td { (event.source.word()) }
            td { (prose(&event.text)) }
        }
    }
}
