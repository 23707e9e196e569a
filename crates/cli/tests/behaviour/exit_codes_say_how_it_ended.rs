//! Exit codes: a comparison that worked is 0, whoever lost; 1 is for whom `--require` names; 3 is a
//! measurement that cannot be trusted. 2, 4 and 130 are told where they happen.

use crate::support::Scratch;

/// `shuffle` tries once and learns nothing; `priority` goes elsewhere.
fn one_keeps_and_one_breaks() -> Scratch {
    let scratch = Scratch::new();
    let stubborn = "router_settings: { num_retries: 0, disable_cooldowns: true }";
    scratch.change("{ name: shuffle }", &format!("{{ name: shuffle, {stubborn} }}"));
    scratch.change("rate > 0.5", "rate > 0.85");
    scratch
}

#[test]
fn a_lost_comparison_is_no_failure_of_the_command() {
    let ran = one_keeps_and_one_breaks().run(&["run", "scenario.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("✗ broken") && ran.out.contains("✓ kept"), "{}", ran.out);
}

#[test]
fn a_required_contender_that_breaks_its_promise_is_1() {
    let scratch = one_keeps_and_one_breaks();
    let required = |name: &str| scratch.run(&["run", "scenario.yaml", "--require", name]).code;
    assert_eq!(required("shuffle"), 1);
    assert_eq!(required("priority"), 0);
    let both = ["run", "scenario.yaml", "--require", "priority", "--require", "shuffle"];
    assert_eq!(scratch.run(&both).code, 1);
}

/// With this seed the first of one request per minute comes after the end.
#[test]
fn a_run_that_measured_nothing_is_3_also_where_a_contender_is_required() {
    let scratch = Scratch::new();
    scratch.change("for: 12s, arrivals: { poisson: 8/s }", "for: 2s, arrivals: { poisson: 1/min }");
    scratch.change("at: 6s, for: 4s", "at: 3500ms, for: 1s");
    let ran = scratch.run(&["run", "scenario.yaml"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("INVALID") && ran.out.contains("no request was offered"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("no verdict"), "{}", ran.out);
    assert_eq!(scratch.run(&["run", "scenario.yaml", "--require", "shuffle"]).code, 3);
}

#[test]
fn of_several_runs_the_worst_decides() {
    let scratch = one_keeps_and_one_breaks();
    let arguments =
        ["run", "scenario.yaml", "--seeds", "2", "--require", "shuffle", "--out", "both"];
    assert_eq!(scratch.run(&arguments).code, 1);
    let files = scratch.files("both/four-dark-seconds");
    let series = files.iter().filter(|(name, _)| name.starts_with("series-"));
    assert!(series.into_iter().any(|(name, _)| name.ends_with("/report.json")));
}

#[test]
fn a_required_contender_that_met_no_fault_is_3_with_the_remedy() {
    let scratch = Scratch::new();
    // `priority` asks the first deployment only, and it is the other one that dies. Ours would ask that one, too, when the
    // first is late.
    scratch.change("target: first", "target: direct");
    scratch.change("priority }, instances", "priority }, personality: litellm-1.106, instances");
    let ran = scratch.run(&["run", "scenario.yaml", "--require", "priority"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("– kept, untested"), "{}", ran.out);
    let told = "required: priority kept its promise untested";
    assert!(ran.err.contains(told) && ran.err.contains("target: favourite"), "{}", ran.err);
    assert_eq!(scratch.run(&["run", "scenario.yaml", "--require", "shuffle"]).code, 0);
}

#[test]
fn a_required_promise_on_too_few_requests_is_3_with_the_remedy() {
    let scratch = Scratch::new();
    scratch.change("success: \"rate > 0.5\"", "ttft: \"p(99.9)<30s\"");
    let ran = scratch.run(&["run", "scenario.yaml", "--require", "priority"]);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    let told = "required: priority: ttft p(99.9)<30s has NO DATA (needs 3,688 requests): ";
    assert!(
        ran.err.contains(told) && ran.err.contains("promise a lower percentile"),
        "{}",
        ran.err
    );
    assert!(!ran.out.contains('✓') && !ran.out.contains('✗'), "{}", ran.out);
}

#[test]
fn a_required_promise_that_is_broken_is_1_whatever_else_cannot_be_told() {
    let scratch = one_keeps_and_one_breaks();
    scratch.change("rate > 0.85\"", "rate > 0.85\"\n  ttft: \"p(99.9)<30s\"");
    let required = |name: &str| scratch.run(&["run", "scenario.yaml", "--require", name]).code;
    assert_eq!((required("shuffle"), required("priority")), (1, 3));
    let both = ["run", "scenario.yaml", "--require", "priority", "--require", "shuffle"];
    assert_eq!(scratch.run(&both).code, 1);
}

#[test]
fn a_requirement_where_nothing_is_promised_is_2_before_anything_is_played() {
    let scratch = Scratch::new();
    scratch.change("slo:\n  success: \"rate > 0.5\"\n", "");
    let ran = scratch.run(&["run", "scenario.yaml", "--require", "priority"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("promises nothing") && ran.err.contains("add `slo:`"), "{}", ran.err);
    assert!(!scratch.path("runs").exists());
}
