//! How long did users wait? CDFs of all contenders, and exact percentiles.

use maud::{Markup, html};

use super::figure;
use crate::Analysis;
use crate::plot::{self, Ground, Quantity};
use crate::report::{Contender, Measured, Percentiles};
use crate::summary::ranked;
use crate::words::figures::{NOT_APPLICABLE, count, millis, or_never};

/// A quantity of the table: its name, its field, whether failures count.
type Quantile = (&'static str, fn(&Contender) -> &Percentiles);

const QUANTITIES: &[Quantile] = &[
    ("time to first token", |c| &c.ttft_ms),
    ("… successes only", |c| &c.ttft_ok_ms),
    ("end to end", |c| &c.e2e_ms),
    ("… successes only", |c| &c.e2e_ok_ms),
    ("time per output token", |c| &c.tpot_ms),
    ("longest gap in a stream", |c| &c.longest_gap_ms),
    ("… failed streams only", |c| &c.longest_gap_failed_ms),
    ("wait to be told no", |c| &c.failure_ms),
];

/// The section.
pub(super) fn waits(analysis: &Analysis) -> Markup {
    let caption = |quantity: Quantity| {
        format!(
            "Share of requests served within a time, {}; the thin level part is what never arrives",
            quantity.words()
        )
    };
    if !analysis.report.contenders.iter().any(Contender::was_played) {
        return html! {};
    }
    html! {
        section {
            h2 { "How long did users wait?" @if analysis.simulated() { " " small.simulated { "SIMULATED" } } }
            @for quantity in [Quantity::Ttft, Quantity::E2e] {
                (figure(plot::cdf(analysis, quantity, Ground::Page), &caption(quantity)))
            }
            @for contender in ranked(analysis).into_iter().filter(|c| c.was_played()) { (percentiles(contender)) }
        }
    }
}

fn percentiles(contender: &Contender) -> Markup {
    html! {
        details {
            summary { "Percentiles of " b { (contender.name) } ": p50 "
                (or_never(contender.ttft_ms.p50, millis)) ", p99 " (or_never(contender.ttft_ms.p99, millis))
                " to first token" }
            div.scroll {
                table {
                    thead { tr { th { "" } th.number { "requests" } th.number { "p50" } th.number { "p90" }
                        th.number { "p95" } th.number { "p99" small { "95 % interval" } } th.number { "p99.9" } } }
                    tbody { @for (name, of) in QUANTITIES { (row(name, of(contender))) } }
                }
            }
        }
    }
}

fn row(name: &str, p: &Percentiles) -> Markup {
    let show = |value: Measured<f64>| match p.n {
        0 if !p.p50.is_absent() => NOT_APPLICABLE.to_owned(),
        _ => or_never(value, millis),
    };
    html! {
        tr {
            th scope="row" { (name) }
            td.number { (count(p.n)) }
            td.number { (show(p.p50)) }
            td.number { (show(p.p90)) }
            td.number { (show(p.p95)) }
            td.number {
                (show(p.p99))
                @if let Measured::Known([low, high]) = p.p99_ci95 { small { (show(low)) " to " (show(high)) } }
            }
            td.number { (show(p.p999)) }
        }
    }
}
