//! What stands behind the numbers: the fakes, what was assumed, what had no effect, definitions.

use maud::{Markup, html};

use crate::Analysis;
use crate::words::figures::clock;

/// Definitions a reader may want, in the order in which the page uses the words.
const DEFINITIONS: &[(&str, &str)] = &[
    ("success", "2xx, no error inside the answer, terminator seen, content complete and in order"),
    ("good", "a success within every bound that the SLOs set for a single request"),
    (
        "rates and percentiles",
        "over all requests offered outside warm-up, less those cancelled by plan; a failure counts as infinite",
    ),
    ("time to first token", "from the instant at which the schedule meant the request to start"),
    (
        "detected",
        "last attempt at the target before silence: at most two more within max(1 s, the time of 15 attempts before)",
    ),
    ("first rescue", "first success of a request whose attempt at the target had failed"),
    (
        "recovered",
        "end of the last 20 requests whose good share was over 10 points under that of the 30 s before",
    ),
    (
        "failed back",
        "after the fault, until the target's share of attempts is within a third of before; n/a where traffic ends before the longest cooldown is over",
    ),
    ("n/a", "does not apply: nothing could have been seen, so nothing is held against anybody"),
    ("not observed", "nobody kept the book that would tell: a remote gateway has no ledger here"),
    ("— (fail)", "infinite: so many requests failed that the percentile falls among them"),
    ("flaps", "times the target was used again while the fault lasted"),
    ("wasted", "tokens billed, less prompt and answer of the visit that served each success"),
    (
        "error budget burn",
        "failure rate over the promised failure rate; 1 spends the budget exactly",
    ),
];

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
            details {
                summary { "How to read this" }
                dl { @for (word, meaning) in DEFINITIONS { dt { (word) } dd { (meaning) } } }
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
            p { "Every number is in report.json and can be recomputed from the tables beside it." }
        }
    }
}

fn list(title: &str, items: &[String], none: &str) -> Markup {
    html! {
        h3 { (title) }
        @if items.is_empty() { p { (none) } } @else { ul { @for item in items { li { (item) } } } }
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
                            td { (deployment.provider) ", " (deployment.region) }
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
