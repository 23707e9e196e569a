//! A server that ends before its world has taken its part of the numbers with it: there is no result.

use std::sync::Arc;
use std::time::Duration;

use plan::{ClockKind, InstanceEvent, InstanceEventKind};
use runner::RunError;
use vocab::At;

use crate::support::{planned, run, scenario};

/// Plays three seconds in which, after one, instance 1 takes on a config that it must refuse.
fn with_a_config_that_is_refused(clock: ClockKind) -> RunError {
    let text = scenario("ended", 3, "[]");
    let mut plan = planned(&text, clock, (None, &["priority".to_owned()]));
    let contender = plan.contenders.first_mut().expect("a contender");
    let mut config = contender.gateway.clone();
    config.deployments[0].base_path = Arc::from("/not a path");
    contender.instance_events.push(InstanceEvent {
        at: At::after_start(Duration::from_secs(1)),
        instance: 1,
        what: InstanceEventKind::Reload(Arc::new(config)),
    });
    run(&plan).expect_err("no result")
}

#[test]
fn in_virtual_time() {
    assert_is_told(&with_a_config_that_is_refused(ClockKind::Virtual));
}

#[test]
fn on_the_wall_clock() {
    assert_is_told(&with_a_config_that_is_refused(ClockKind::Wall));
}

fn assert_is_told(error: &RunError) {
    let told = error.to_string();
    assert!(matches!(error, RunError::Server { .. }), "{told}");
    assert!(told.starts_with("gateway[1] of priority stopped serving"), "{told}");
    assert!(told.contains("its next config is refused"), "{told}");
}
