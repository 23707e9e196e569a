//! What was assumed, in one short line: how many deployments got a latency preset, how many the list's
//! prices, which have none. The page lists every assumption in full.

use std::collections::BTreeMap;

use super::figures::counted;
use super::text::{plain, prose};

/// The line: `latency presets (4 deployments), list prices of 2026-11-01 (3 deployments)`; `nothing` if so.
pub(crate) fn brief(assumed: &[String]) -> String {
    let (mut preset, mut unpriced, mut rest) = (0, Vec::new(), Vec::new());
    let mut listed: BTreeMap<&str, u64> = BTreeMap::new();
    for text in assumed {
        if let Some(what) = text.strip_prefix("latency preset ").filter(|it| it.contains(" for ")) {
            preset += deployments(what);
        } else if let Some((date, whose)) = list_price(text) {
            *listed.entry(date).or_default() += whose;
        } else if let Some(what) = text.strip_prefix("no price for ") {
            unpriced.push(plain(what.split(" (").next().unwrap_or(what)));
        } else {
            rest.push(shortened(text));
        }
    }
    let mut pieces = Vec::new();
    if preset > 0 {
        pieces.push(format!("latency presets ({})", counted(preset, "deployment")));
    }
    pieces.extend(listed.into_iter().map(|(date, number)| {
        format!("list prices of {} ({})", plain(date), counted(number, "deployment"))
    }));
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

/// The date of `list price of 2026-11-01 (litellm 1.2.3): azure/gpt-4o at $2 in …, for a, b`, and how many
/// deployments it names.
fn list_price(text: &str) -> Option<(&str, u64)> {
    let (date, _) = text.strip_prefix("list price of ")?.split_once(' ')?;
    let (_, names) = text.rsplit_once(", for ").or_else(|| text.rsplit_once(" for "))?;
    Some((date, names.split(", ").count() as u64))
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
            "list price of 2026-11-01 (litellm 1.2.3): azure/gpt-4o at $2.5 in and $10 out per million tokens, for a, b",
            "list price of 2026-11-01 (litellm 1.2.3): claude at $3 in and $15 out per million tokens, for c",
            "no price for uk (azure/x): costs stay unknown; give `price:` in `deployments:`",
            "no price for se (azure/x): costs stay unknown; give `price:` in `deployments:`",
        ];
        assert_eq!(
            brief(&assumed.map(str::to_owned)),
            "latency presets (3 deployments), list prices of 2026-11-01 (3 deployments), no price for uk, se"
        );
        assert_eq!(brief(&[]), "nothing");
    }
}
