//! Two gateways behind a balancer on the wall clock: each dials from an address of its own, so that
//! the providers' book can tell them apart, as the gateways' own book does by name.

use std::collections::BTreeSet;

use record::{AttemptKind, AttemptRow, DecisionRow, RowReader};

use crate::support::Scratch;

#[test]
fn both_books_name_the_instances() {
    let scratch = Scratch::new();
    scratch.write(
        "pair.yaml",
        r#"
# Do two gateways share the work?
scenario: pair
config: config.yaml
deployments: { all: { ttft: { constant: 20ms }, itl: { constant: 1ms } } }
traffic:
  - for: 2s
    arrivals: { constant: 20/s }
    workload: { stream: 50%, prompt_tokens: 20, answer_tokens: 5 }
contenders:
  - { name: pair, instances: 2 }
slo: { success: "rate > 0.5" }
"#,
    );
    let ran = scratch.run(&["run", "pair.yaml", "--clock", "wall", "--out", "run"]);
    // 3: a busy machine cannot keep the schedule, but it writes the books all the same.
    assert!([0, 3].contains(&ran.code), "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 instances"), "{}", ran.out);
    let attempts = RowReader::<AttemptRow>::open(&scratch.path("run/pair/attempts.csv"));
    let callers: BTreeSet<String> = attempts
        .expect("a table")
        .map(|row| row.expect("readable"))
        .filter(|row| row.kind == AttemptKind::Request)
        .map(|row| row.gateway)
        .collect();
    assert_eq!(callers, ["gateway[1]", "gateway[2]"].map(str::to_owned).into());
    let decisions = RowReader::<DecisionRow>::open(&scratch.path("run/pair/decisions.csv"));
    let deciders: BTreeSet<String> =
        decisions.expect("a table").map(|row| row.expect("readable").gateway).collect();
    assert_eq!(deciders, ["gateway[1]", "gateway[2]"].map(str::to_owned).into());
}
