//! Where a request goes when its group has given up, and that the walk ends.

use gateway::config::Config;
use gateway::decisions::{
    ErrorClass, Failure, Fleet, Itinerary, RequestedFallbacks, Target, fallback_targets,
};
use std::sync::Arc;

use serde_json::{Value, json};

use super::given::{config, refusal};

/// Groups a, b, c (three levels of order) and d, each with deployments of the same name.
fn fleet(router_settings: Value) -> Fleet {
    Fleet::new(Arc::new(four_groups(router_settings)))
}

fn four_groups(router_settings: Value) -> Config {
    let entry = |group: &str, id: &str, order: Value| {
        json!({
            "model_name": group,
            "litellm_params": {"model": "openai/m", "api_base": "http://up/v1", "order": order},
            "model_info": {"id": id}
        })
    };
    let list = json!([
        entry("a", "a1", Value::Null),
        entry("b", "b1", Value::Null),
        entry("c", "c1", json!(1)),
        entry("c", "c2", json!(2)),
        entry("c", "c3", json!(3)),
        entry("d", "d1", Value::Null),
    ]);
    config(&json!({"model_list": list, "router_settings": router_settings}))
}

fn reached(router_settings: Value, model: &str) -> Vec<String> {
    let config = four_groups(router_settings);
    gateway::reachable(&config, model).iter().map(ToString::to_string).collect()
}

fn failure(class: ErrorClass) -> Failure {
    Failure { class, ..refusal(500, &[]) }
}

fn names(targets: &[Target]) -> Vec<String> {
    let name = |target: &Target| match target.order {
        Some(order) => format!("{}/{order}", target.group),
        None => target.group.to_string(),
    };
    targets.iter().map(name).collect()
}

fn after(
    fleet: &Fleet,
    group: &str,
    class: ErrorClass,
    wishes: RequestedFallbacks<'_>,
) -> Vec<String> {
    let from = fleet.resolve(group).expect("known");
    names(&fallback_targets(fleet, &from, &failure(class), wishes).unwrap_or_default())
}

#[test]
fn each_class_of_error_has_its_table() {
    let settings = json!({
        "fallbacks": [{"a": ["b", "d1"]}, {"b": ["a"]}],
        "context_window_fallbacks": [{"a": ["c"]}],
        "default_fallbacks": ["d"]
    });
    let fleet = fleet(settings);
    let plain = RequestedFallbacks::default();
    for (group, class, expected) in [
        ("a", ErrorClass::InternalServer, vec!["b", "d1"]),
        ("a", ErrorClass::BadRequest, vec!["b", "d1"]),
        ("a", ErrorClass::ContextWindow, vec!["c"]),
        ("b", ErrorClass::ContextWindow, vec![]),
        ("a", ErrorClass::ContentPolicy, vec!["b", "d1"]),
        ("b", ErrorClass::RateLimit, vec!["a"]),
        ("d", ErrorClass::RateLimit, vec![]),
    ] {
        assert_eq!(after(&fleet, group, class, plain), expected, "{group} {class:?}");
    }
    let disabled = RequestedFallbacks { disabled: true, ..RequestedFallbacks::default() };
    assert!(after(&fleet, "a", ErrorClass::RateLimit, disabled).is_empty());
    let own = [Arc::from("d"), Arc::from("nobody"), Arc::from("a")];
    let wished = RequestedFallbacks { models: &own, ..RequestedFallbacks::default() };
    assert_eq!(after(&fleet, "a", ErrorClass::ContextWindow, wished), ["d"], "without itself");
}

#[test]
fn higher_levels_of_order_come_before_other_groups() {
    let fleet = fleet(json!({"fallbacks": [{"c": ["a"]}]}));
    let plain = RequestedFallbacks::default();
    assert_eq!(after(&fleet, "c", ErrorClass::Timeout, plain), ["c/2", "c/3", "a"]);
    assert_eq!(after(&fleet, "c", ErrorClass::ContextWindow, plain), ["a"]);
    let second = Target { order: Some(2), ..fleet.resolve("c").expect("known") };
    let next = fallback_targets(&fleet, &second, &failure(ErrorClass::Timeout), plain);
    assert_eq!(names(&next.expect("some")), ["c/3", "a"]);
}

#[test]
fn ours_does_not_sell_a_bad_request_twice() {
    let fleet = fleet(json!({"routing_strategy": "priority", "fallbacks": [{"a": ["b"]}]}));
    let plain = RequestedFallbacks::default();
    assert!(after(&fleet, "a", ErrorClass::BadRequest, plain).is_empty());
    assert_eq!(after(&fleet, "a", ErrorClass::InternalServer, plain), ["b"]);
    assert!(after(&fleet, "c", ErrorClass::InternalServer, plain).is_empty(), "ranked, not walked");
}

/// Walks until nothing is left, everybody failing.
fn walk(fleet: &Fleet, first: &str, depth_max: u32) -> Vec<String> {
    let mut current = fleet.resolve(first).expect("known");
    let mut itinerary = Itinerary::new(&current, depth_max);
    let mut visited = vec![];
    loop {
        let class = failure(ErrorClass::InternalServer);
        let fallbacks = fallback_targets(fleet, &current, &class, RequestedFallbacks::default());
        let promised = itinerary.has_next(fallbacks.as_deref().unwrap_or_default());
        match itinerary.next(fallbacks) {
            Ok(next) => current = next,
            Err(_) => {
                assert!(!promised);
                return visited;
            }
        }
        assert!(promised);
        visited.extend(names(std::slice::from_ref(&current)));
    }
}

#[test]
fn the_walk_is_depth_first_visits_nobody_twice_and_ends() {
    let looped = fleet(json!({"fallbacks": [{"a": ["a", "b", "d"]}, {"b": ["a", "c"]}]}));
    assert_eq!(walk(&looped, "a", 5), ["b", "c", "c/2", "c/3", "d"]);
    assert_eq!(walk(&looped, "a", 1), ["b", "d"]);
    assert!(walk(&looped, "a", 0).is_empty());
    let itself = fleet(json!({"fallbacks": [{"a": ["a"]}]}));
    assert!(walk(&itself, "a", 5).is_empty());
}

#[test]
fn refused_content_has_a_table_of_its_own() {
    let plain = RequestedFallbacks::default();
    let common = json!([{"a": ["b"]}, {"b": ["a"]}, {"c": ["a"]}]);
    let own = fleet(json!({"fallbacks": common, "content_policy_fallbacks": [{"a": ["d"]}]}));
    assert_eq!(after(&own, "a", ErrorClass::ContentPolicy, plain), ["d"]);
    assert!(after(&own, "b", ErrorClass::ContentPolicy, plain).is_empty());
    assert_eq!(after(&own, "a", ErrorClass::ContextWindow, plain), ["b"]);
    let none = fleet(json!({"fallbacks": common}));
    assert_eq!(after(&none, "c", ErrorClass::ContentPolicy, plain), ["a"], "and no higher level");
}

#[test]
fn an_entry_is_found_by_name_then_without_provider_then_by_default() {
    let entry = |group: &str| {
        json!({
            "model_name": group,
            "litellm_params": {"model": "openai/m", "api_base": "http://up/v1"},
            "model_info": {"id": format!("id of {group}")}
        })
    };
    let list: Vec<Value> = ["x/a", "x/b", "a", "b", "c", "d"].map(entry).to_vec();
    let mut config = config(&json!({"model_list": list}));
    for (group, to) in [("x/a", "b"), ("a", "c"), ("b", "d"), ("*", "a")] {
        config.router.fallbacks.insert(Arc::from(group), vec![Arc::from(to)]);
    }
    let fleet = Fleet::new(Arc::new(config));
    for (group, to) in [("x/a", "b"), ("x/b", "d"), ("a", "c"), ("c", "a"), ("d", "a")] {
        let plain = RequestedFallbacks::default();
        assert_eq!(after(&fleet, group, ErrorClass::RateLimit, plain), [to], "{group}");
    }
}

#[test]
fn ours_sells_a_request_at_fault_only_to_whom_the_client_names() {
    let fleet = fleet(json!({"routing_strategy": "priority", "fallbacks": [{"a": ["b"]}]}));
    let models = [Arc::from("d")];
    let named = RequestedFallbacks { models: &models, ..RequestedFallbacks::default() };
    for class in [ErrorClass::BadRequest, ErrorClass::UnprocessableEntity] {
        assert!(after(&fleet, "a", class, RequestedFallbacks::default()).is_empty(), "{class:?}");
        assert_eq!(after(&fleet, "a", class, named), ["d"], "{class:?}");
    }
    let plain = RequestedFallbacks::default();
    assert_eq!(after(&fleet, "a", ErrorClass::ContextWindow, plain), ["b"]);
    assert!(after(&fleet, "a", ErrorClass::ContentPolicy, plain).is_empty());
    assert_eq!(after(&fleet, "a", ErrorClass::ContentPolicy, named), ["d"]);
}

#[test]
fn a_level_of_order_falls_back_to_higher_ones_only() {
    let fleet = fleet(json!({"fallbacks": [{"c": ["a"]}]}));
    let highest = Target { order: Some(3), ..fleet.resolve("c").expect("known") };
    let plain = RequestedFallbacks::default();
    let next = fallback_targets(&fleet, &highest, &failure(ErrorClass::Timeout), plain);
    assert_eq!(names(&next.expect("some")), ["a"]);
}

#[test]
fn no_way_back_is_promised() {
    let there_and_back = fleet(json!({"fallbacks": [{"a": ["b"]}, {"b": ["a"]}]}));
    assert_eq!(walk(&there_and_back, "a", 5), ["b"]);
}

#[test]
fn what_can_be_reached_is_what_failover_would_follow_after_any_error() {
    assert_eq!(reached(json!({}), "a"), ["a1"]);
    assert_eq!(reached(json!({}), "c"), ["c1", "c2", "c3"], "all levels of order");
    assert_eq!(reached(json!({}), "c2"), ["c2"], "asked for by its id");
    assert_eq!(reached(json!({}), "nobody"), [] as [&str; 0]);
    let alias = json!({"model_group_alias": {"gpt": "d"}});
    assert_eq!(reached(alias, "gpt"), ["d1"]);
    for table in ["fallbacks", "context_window_fallbacks", "content_policy_fallbacks"] {
        assert_eq!(
            reached(json!({table: [{"a": ["b", "c2"]}]}), "a"),
            ["a1", "b1", "c2"],
            "{table}"
        );
        assert_eq!(reached(json!({table: [{"b": ["a"]}]}), "a"), ["a1"], "{table}: no way back");
    }
    assert_eq!(reached(json!({"default_fallbacks": ["d"]}), "a"), ["a1", "d1"]);
}

#[test]
fn what_can_be_reached_ends_at_the_depth_of_fallbacks() {
    let chain = json!([{"a": ["b"]}, {"b": ["c"]}, {"c": ["d"]}, {"d": ["a"]}]);
    let within = |depth: u32| json!({"fallbacks": chain, "max_fallbacks": depth});
    assert_eq!(reached(within(0), "a"), ["a1"]);
    assert_eq!(reached(within(2), "a"), ["a1", "b1", "c1", "c2", "c3"]);
    assert_eq!(reached(within(9), "a"), ["a1", "b1", "c1", "c2", "c3", "d1"]);
}
