//! Properties of any run: the counts add up, money and tokens are what the ledger says, and nothing
//! panics.

use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};
use record::{AttemptEnd, AttemptRow};
use reports::report::Measured;
use vocab::{FailureKind, Outcome};

use crate::support::{MS, RunDir, Tables, attempt_row, request_row};

/// One request as drawn: outcome, wait, tokens, deployment, and how many failed attempts before.
type Drawn = (u8, u16, u8, bool, u8);

fn tables(drawn: &[Drawn]) -> Tables {
    let mut tables = Tables::default();
    for (n, &(outcome, wait, tokens, west, failed)) in drawn.iter().enumerate() {
        let at = n as u64 * 200 * MS;
        let deployment = if west { "west" } else { "east" };
        let request = match outcome % 8 {
            0 => tables.failure(at, u64::from(wait), FailureKind::ALL[usize::from(tokens) % 14]),
            1 => {
                let row = request_row(n as u64, at, Outcome::Cancelled);
                tables.requests.push(row);
                n as u64
            }
            _ => tables.success(at, u64::from(wait), u64::from(tokens) + 1, deployment),
        };
        for visit in 0..u32::from(failed % 4) {
            tables.attempts.push(AttemptRow {
                visit: visit + 2,
                tokens_in: 100,
                tokens_out: u64::from(tokens),
                fault: (visit % 2 == 0).then(|| "f1".to_owned()),
                ..attempt_row(request, (at, at + 5 * MS), deployment, AttemptEnd::Truncated)
            });
        }
    }
    tables
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn counts_add_up_and_agree_with_the_ledger(
        drawn in prop::collection::vec(any::<Drawn>(), 1..120),
    ) {
        let mut dir = RunDir::new(24);
        dir.fault("error", "west", (5, 15));
        dir.slo("success", "rate > 0.9");
        dir.slo("recover", "max <= 30s");
        let tables = tables(&drawn);
        let billed: u64 = tables.attempts.iter().map(|a| a.tokens_in + a.tokens_out).sum();
        let attempts = tables.attempts.len() as u64;
        dir.contender("only", tables);
        let analysis = dir.analyse();
        let c = &analysis.report.contenders[0];
        prop_assert_eq!(c.offered, drawn.len() as u64);
        prop_assert_eq!(c.offered, c.succeeded + c.failed + c.cancelled + c.never_sent);
        prop_assert_eq!(c.failed, c.failures_by_kind.values().sum::<u64>());
        prop_assert_eq!(c.attempts, Measured::Known(attempts));
        let deployments = c.deployments.clone().known().expect("a ledger");
        prop_assert_eq!(attempts, deployments.iter().map(|d| d.attempts).sum::<u64>());
        let both = c.tokens.billed_in.known().zip(c.tokens.billed_out.known());
        prop_assert_eq!(both.map(|(a, b)| a + b), Some(billed));
        // Each success was served by its first visit: 100 in and its own tokens out.
        let wasted = billed - c.succeeded * 100 - c.tokens.delivered;
        prop_assert_eq!(c.tokens.wasted, Measured::Known(wasted));
        prop_assert!(c.good <= c.succeeded && c.rescued_requests.known() <= c.met_fault.known());
        prop_assert_eq!(c.e2e_ms.n, c.offered - c.cancelled);
        // Whatever the run, every file can be rendered, and what is written can be read back; only why
        // something does not apply is not written.
        let files = reports::render(&analysis);
        let json = files.iter().find(|file| file.name == "report.json").expect("there");
        let back: reports::report::RunReport = serde_json::from_slice(&json.bytes).expect("reads");
        let again = serde_json::to_string_pretty(&back).expect("serialises") + "\n";
        prop_assert_eq!(again.as_bytes(), json.bytes.as_slice());
        prop_assert_eq!(back.contenders[0].slo.len(), 2);
        for (back, slo) in back.contenders[0].slo.iter().zip(&c.slo) {
            prop_assert_eq!((back.pass(), back.value.known()), (slo.pass(), slo.value.known()));
        }
    }
}

#[test]
fn a_run_that_offered_nothing_is_invalid_and_still_renders() {
    let mut dir = RunDir::new(10);
    dir.fault("error", "west", (5, 8));
    dir.slo("ttft", "p99<3s");
    dir.contender("only", Tables::default());
    let analysis = dir.analyse();
    assert!(analysis.report.validity.reasons[0].contains("no request was offered"));
    assert!(reports::render(&analysis).len() > 5);
}
