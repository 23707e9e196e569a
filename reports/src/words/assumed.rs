//! What was assumed, in one short line: how many deployments got a latency preset, whose prices are
//! the list's, which have none. The page lists every assumption in full.

use super::figures::counted;
use super::text::{plain, prose};

/// The line: `latency presets (4 deployments), list prices of 2026-11-01`; `nothing` if so.
pub(crate) fn brief(assumed: &[String]) -> String {
    let (mut preset, mut unpriced, mut rest) = (0, Vec::new(), Vec::new());
    for text in assumed {
        match (text.strip_prefix("latency preset "), text.strip_prefix("no price for ")) {
            (Some(what), _) if what.contains(" for ") => preset += deployments(what),
            (_, Some(what)) => unpriced.push(plain(what.split(" (").next().unwrap_or(what))),
            _ => rest.push(shortened(text)),
        }
    }
    let mut pieces = Vec::new();
    if preset > 0 {
        pieces.push(format!("latency presets ({})", counted(preset, "deployment")));
    }
    pieces.extend(rest);
    if !unpriced.is_empty() {
        pieces.push(format!("no price for {}", unpriced.join(", ")));
    }
    let pieces = if pieces.is_empty() { "nothing".to_owned() } else { pieces.join(", ") };
    prose(&pieces)
}

/// How many deployments `gpt-4o-azure for a, b (ttft p50 …)` names.
fn deployments(preset: &str) -> u64 {
    let names = preset.split_once(" for ").map_or("", |(_, names)| names);
    let names = names.split(" (").next().unwrap_or_default();
    names.split(", ").filter(|name| !name.is_empty()).count() as u64
}

/// Any other assumption, without its condition.
fn shortened(text: &str) -> String {
    plain(text.split(" where ").next().unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn presets_are_counted_and_missing_prices_are_named_once() {
        let assumed = [
            "latency preset claude-sonnet for c (ttft p50 900 ms, gap p50 15.6 ms)",
            "latency preset gpt-4o-azure for a, b (ttft p50 600 ms, gap p50 12.9 ms)",
            "list prices of 2026-11-01 where none is given",
            "no price for uk (azure/x): costs stay unknown; give `price:` in `deployments:`",
            "no price for se (azure/x): costs stay unknown; give `price:` in `deployments:`",
        ];
        assert_eq!(
            brief(&assumed.map(str::to_owned)),
            "latency presets (3 deployments), list prices of 2026-11-01, no price for uk, se"
        );
        assert_eq!(brief(&[]), "nothing");
    }
}
