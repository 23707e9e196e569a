//! What stands behind the numbers: the fakes, what was assumed, what had no effect, definitions.

use maud::{Markup, html};

use super::change::settings_on_paper;
use super::first_screen::warning_list;
use crate::Analysis;
use crate::summary::opening::{can_judge, hit};
use crate::words::figures::clock;
use crate::words::terms::TERMS;

/// The section, and the page's footer.
pub(super) fn notes(analysis: &Analysis) -> Markup {
    let report = &analysis.report;
    html! {
        section {
            h2 { "What was assumed, and what stood in for the providers" }
            (list("Assumed, not from you", &report.assumed, "nothing"))
            (deployments(analysis))
            (phases(analysis))
            @if !report.config.no_effect.is_empty() {
                (list("Keys of the config without effect here", &report.config.no_effect, "none"))
            }
            @let others = other_notes(analysis);
            @if !others.is_empty() { (list("What else was said before the run", &others, "nothing")) }
            div.print-only {
                h3 { "The verdict in the terms of the report" }
                p { (report.verdict.line) }
                @let hit = hit(analysis);
                @if !hit.is_empty() { (list("Whom each fault hit", &hit, "nobody")) }
                (settings_on_paper(analysis))
                (list("What this run assumes, and what it can judge", &can_judge(analysis), "nothing"))
                @if !report.warnings.is_empty() { h3 { "Warnings about the scenario" } (warning_list(&report.warnings)) }
            }
            details {
                summary { "How to read this" }
                dl { @for (word, meaning) in TERMS { dt { (word) } dd { (meaning) } } }
            }
        }
        footer {
            p {
                "brownout " (report.build) " · scenario " code { (short(&report.scenario.hash)) }
                " · config " code { (short(&report.config.hash)) } " · seed " (report.scenario.seed)
                @if analysis.simulated() {
                    " · SIMULATED: says nothing about requests per second, CPU, TLS or the network"
                } @else { " · " (analysis.machine.platform) ", " (analysis.machine.cores) " cores" }
            }
            p.print-only { "The page on a screen also tells example requests in full, event by event." }
            p { "Every number is in report.json and can be recomputed from the tables beside it." }
        }
    }
}

/// Notes that stand nowhere else on the page.
fn other_notes(analysis: &Analysis) -> Vec<String> {
    let report = &analysis.report;
    let elsewhere = |note: &&String| {
        let assumption = note.strip_prefix("assumed: ").unwrap_or(note);
        report.config.no_effect.contains(note)
            || report.assumed.iter().any(|assumed| assumed == assumption)
    };
    analysis.run.notes.iter().filter(|note| !elsewhere(note)).cloned().collect()
}

fn list(title: &str, items: &[String], none: &str) -> Markup {
    html! {
        h3 { (title) }
        @if items.is_empty() { p { (none) } } @else { ul { @for item in items { li { (item) } } } }
    }
}

/// The vendor, and whose protocol it speaks where that is another's.
fn whose(deployment: &record::run::DeploymentInfo) -> String {
    match &deployment.vendor {
        None => deployment.provider.to_string(),
        Some(vendor) => format!("{vendor} (speaks {})", deployment.provider),
    }
}

fn deployments(analysis: &Analysis) -> Markup {
    let price =
        |usd: Option<f64>| usd.map_or_else(|| "unknown".to_owned(), |usd| format!("${usd}"));
    html! {
        h3 { "Deployments (fakes)" }
        div.scroll {
            table {
                thead { tr { th { "id" } th { "model" } th { "provider, region" } th { "played as" }
                    th.number { "price" small { "per million in / out" } } } }
                tbody {
                    @for deployment in &analysis.run.deployments {
                        tr {
                            th scope="row" { (deployment.id) }
                            td { (deployment.model) }
                            td { (whose(deployment)) ", " (deployment.region) }
                            td { (deployment.fake) }
                            td.number { (price(deployment.usd_per_million_in)) " / " (price(deployment.usd_per_million_out)) }
                        }
                    }
                }
            }
        }
    }
}

fn phases(analysis: &Analysis) -> Markup {
    html! {
        h3 { "Traffic" }
        ul {
            @for phase in &analysis.run.phases {
                li {
                    (phase.name) ": " (phase.arrivals) ", " (clock(phase.from_ns as f64 / 1e9)) " to "
                    (clock(phase.to_ns as f64 / 1e9))
                    @if phase.warmup { " (warm-up, in no number)" }
                }
            }
        }
    }
}

fn short(hash: &str) -> String {
    hash.chars().take(12).collect()
}
