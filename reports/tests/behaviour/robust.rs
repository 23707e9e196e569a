//! What is told of variants of a run: how often the leader stays first, where it does not, and how far was looked.

use std::collections::BTreeMap;

use record::run::AssumedLatency;
use reports::report::{
    Led, ROBUST_SCHEMA, Robust, RobustVariant, Split, SplitBy, ValidityVerdict, VariedRange,
};
use reports::terminal::{Style, screen};

use crate::support::{MS, brownout};

/// Four variants, of which the third flips.
pub(crate) fn variants() -> Robust {
    let variant = |(number, factor): (u32, f64)| RobustVariant {
        number,
        seed: u64::from(number) * 7,
        latency: BTreeMap::from([("gpt-4o-azure".to_owned(), factor)]),
        starts_s: BTreeMap::from([("f1".to_owned(), 4.5), ("f2".to_owned(), -3.0)]),
        severity: BTreeMap::from([("f2".to_owned(), 1.1)]),
        validity: ValidityVerdict::Valid,
        winner: Some(if number == 3 { "dear" } else { "swift" }.to_owned()),
        ranking: vec!["swift".to_owned(), "dear".to_owned()],
        kept: vec!["swift".to_owned()],
    };
    Robust {
        schema: ROBUST_SCHEMA.to_owned(),
        leader: Some("swift".to_owned()),
        valid: 4,
        stayed: 3,
        kept: 4,
        nobody: 0,
        led: vec![
            Led { name: "swift".to_owned(), variants: 3 },
            Led { name: "dear".to_owned(), variants: 1 },
        ],
        split: Some(Split {
            by: SplitBy::LatencyAbove { preset: "gpt-4o-azure".to_owned(), factor: 1.2 },
            turned_with: 1,
            turned: 1,
            stayed_with: 0,
            stayed: 3,
        }),
        varied: VariedRange { latency: Some(0.3), starts_s: Some(30.0), severity: Some(0.2) },
        variants: [(1, 0.71), (2, 0.98), (3, 1.28), (4, 1.1)].map(variant).to_vec(),
    }
}

fn told(robust: Robust) -> String {
    let mut dir = brownout::run();
    let assumed = AssumedLatency { preset: "gpt-4o-azure".to_owned(), ttft_p50_ns: 450 * MS };
    dir.run.deployments[0].assumed = Some(assumed);
    dir.fault("error", "east", (130, 150)).share = 0.5;
    let mut analysis = dir.analyse();
    analysis.robust = Some(robust);
    let shown = screen(&analysis, Style { width: 160, colour: false });
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_flip_is_told_with_where_it_is() {
    let said = told(variants());
    let first = "swift stays first in 3 of 4 variants (dear led 1), and keeps the promise in 4; flips where \
                 Azure's first token takes longer than 540 ms at the median";
    assert!(said.contains(first), "{said}");
}

#[test]
fn between_which_latencies_was_looked_is_told() {
    // 450 ms × 0.71 and × 1.28: whoever asks for 650 ms knows that it was not tried.
    let said = told(variants());
    let range = "assumed latencies ±30 % (first tokens tried: Azure 320 ms to 576 ms)";
    assert!(said.contains(range), "{said}");
}

#[test]
fn what_cannot_hit_harder_is_told() {
    let said = told(variants());
    assert!(said.contains("severity ±20 %, f1 is complete and has no degree"), "{said}");
    let mut all = variants();
    for variant in &mut all.variants {
        variant.severity.insert("f1".to_owned(), 0.9);
    }
    assert!(!told(all).contains("no degree"));
}
