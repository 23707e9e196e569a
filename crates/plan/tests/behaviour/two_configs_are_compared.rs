//! Two versions of a config: what differs, where it stands, what of it may be shown, and a plan whose contenders have some of
//! the changes and the same fakes.

use plan::{Arm, ChangeSort, Compared, ConfigChanges, Plan, Taken, Text, config_changes};
use proptest::prelude::*;

use crate::support::{CALM, CONFIG, load_with};

#[expect(clippy::panic, reason = "a helper of tests")]
fn changes_to(proposed: &str) -> ConfigChanges {
    let (base, proposed) = (Text::new("base.yaml", CONFIG), Text::new("config.yaml", proposed));
    config_changes(&base, &proposed).unwrap_or_else(|report| panic!("{report}"))
}

fn told(proposed: &str) -> Vec<String> {
    let line = |change: &plan::ConfigChange| {
        let plan::ConfigChange { path, sort, file, line, gone, from, to, .. } = change;
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        format!(
            "{file}:{line}{} {path} {} {} {}",
            if *gone { " gone" } else { "" },
            sort.word(),
            shown(from),
            shown(to)
        )
    };
    changes_to(proposed).changes.iter().map(line).collect()
}

#[test]
fn comments_key_order_and_spelling_are_no_changes() {
    let same = CONFIG
        .replace("router_settings: { routing_strategy: least-busy, cooldown_time: 60 }", "# ours\nrouter_settings:\n  cooldown_time: 60 # a minute\n  routing_strategy: \"least-busy\"")
        .replace("{ model: azure/gpt-4o, api_base: \"https://westus-a.openai.azure.com/\"", "{ api_base: 'https://westus-a.openai.azure.com/', model: azure/gpt-4o");
    assert_ne!(same, CONFIG);
    assert_eq!(told(&same), Vec::<String>::new());
}

#[test]
fn every_change_is_told_with_its_place_and_its_values() {
    let proposed = CONFIG
        .replace("cooldown_time: 60", "cooldown_time: 5, num_retries: 0")
        .replace("routing_strategy: least-busy, ", "");
    assert_eq!(
        told(&proposed),
        [
            "base.yaml:12 gone router_settings.routing_strategy removed least-busy -",
            "config.yaml:12 router_settings.cooldown_time changed 60 5",
            "config.yaml:12 router_settings.num_retries added - 0",
        ]
    );
}

#[test]
fn an_entry_is_followed_by_what_it_is() {
    // The first entry goes, the last one comes first, and one has another deadline.
    let entries: Vec<&str> = CONFIG.split("  - model_name").collect();
    let (head, [west, east, claude]) = (entries[0], [1, 2, 3].map(|at| entries[at]));
    let (claude, rest) = claude.split_once("router_settings").expect("settings");
    let east =
        east.replace("api_version: \"2024-10-21\"", "api_version: \"2024-10-21\", timeout: 7");
    let entry = |text: &str| format!("  - model_name{text}");
    let proposed = format!("{head}{}{}router_settings{rest}", entry(claude), entry(&east));
    assert_eq!(
        told(&proposed),
        [
            "config.yaml:7 model_list[1].litellm_params.timeout added - 7",
            "base.yaml:3 gone model_list[0] removed - -",
            "config.yaml:2 model_list reordered - -",
        ]
    );
    let added = CONFIG.replace(
        "router_settings",
        &format!(
            "{}router_settings",
            entry(&west.replace("id: west", "id: spare").replace("westus-a", "westus-c"))
        ),
    );
    assert_eq!(told(&added), ["config.yaml:12 model_list[3] added - -"]);
}

#[test]
fn fallbacks_are_changed_group_by_group() {
    let with = |fallbacks: &str| {
        CONFIG.replace("cooldown_time: 60", &format!("cooldown_time: 60, fallbacks: {fallbacks}"))
    };
    let (base, proposed) = (
        Text::new("base.yaml", with("[{ gpt-4o: [mini] }, { mini: [tiny] }]")),
        Text::new("config.yaml", with("[{ mini: [tiny] }, { gpt-4o: [large] }]")),
    );
    let found = config_changes(&base, &proposed).expect("compares").changes;
    let [one] = &*found else { panic!("{found:?}") };
    assert_eq!(one.path, "router_settings.fallbacks[1].gpt-4o");
    assert_eq!((one.sort, one.group.as_deref()), (ChangeSort::Changed, Some("gpt-4o")));
    assert_eq!((one.from.as_deref(), one.to.as_deref()), (Some("[\"mini\"]"), Some("[\"large\"]")));
}

#[test]
fn what_may_be_a_secret_is_never_shown() {
    for (old, new) in [
        ("api_key: sk-real-secret", "api_key: sk-other-secret-canary"),
        ("master_key: os.environ/MASTER", "master_key: sk-canary-9"),
        ("database_url: os.environ/DATABASE_URL", "database_url: \"postgres://u:canary@h/d\""),
        ("cooldown_time: 60", "cooldown_time: 60, redis_password: canary"),
    ] {
        let found = changes_to(&CONFIG.replace(old, new));
        assert_eq!(found.changes.len(), 1, "{new}");
        let shown = format!("{found:?}");
        assert!(!shown.contains("canary") && !shown.contains("real-secret"), "{shown}");
    }
}

/// A plan of both configs, and of some of the changes.
#[expect(clippy::panic, reason = "a helper of tests")]
fn compared(scenario: &str, proposed: &str, only: &[usize]) -> Plan {
    let proposed = Text::new("proposed.yaml", proposed);
    let arm = |name: &str, taken: Taken| Arm { name: name.to_owned(), taken };
    let arms = [
        arm("base", Taken::Nothing),
        arm("proposed", Taken::Everything),
        arm("some", Taken::Only(only.to_vec())),
    ];
    let plan = load_with(scenario, |request| {
        // The request does not outlive this test.
        request.compared = Some(Compared {
            proposed: Box::leak(Box::new(proposed.clone())),
            arms: Box::leak(Box::new(arms.clone())),
        });
    });
    plan.unwrap_or_else(|report| panic!("{report}"))
}

fn ids(plan: &Plan, contender: usize) -> Vec<String> {
    plan.contenders[contender].gateway.deployments.iter().map(|one| one.id.to_string()).collect()
}

#[test]
fn contenders_have_the_changes_that_they_are_given() {
    let proposed = CONFIG.replace("cooldown_time: 60", "cooldown_time: 5, num_retries: 0");
    let plan = compared(CALM, &proposed, &[1]);
    let cooldowns: Vec<u64> =
        plan.info.contenders.iter().map(|one| one.cooldown_ns / 1_000_000_000).collect();
    assert_eq!(cooldowns[..3], [60, 5, 60]);
    let names: Vec<&str> = plan.contenders.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["base", "proposed", "some"]);
    assert_eq!(plan.info.deployments.len(), 3);
}

#[test]
fn renamed_ids_are_the_same_deployments() {
    let proposed = CONFIG.replace("id: west", "id: primary").replace("id: claude", "id: spare");
    let plan = compared(CALM, &proposed, &[]);
    assert_eq!(ids(&plan, 1), ["west", "east", "claude"]);
    assert_eq!(plan.info.deployments.len(), 3);
}

#[test]
fn what_leads_elsewhere_stands_in_the_place_of_what_was_there() {
    let faults = "faults:\n  - { id: dead, at: 60s, for: 60s, target: first, inject: refuse }\n";
    let moved = CONFIG.replace("westus-a", "westus-z");
    let plan = compared(&format!("{CALM}{faults}"), &moved, &[]);
    assert_eq!(ids(&plan, 0), ["west", "east", "claude"]);
    assert_eq!(ids(&plan, 1), ["west~2", "east", "claude"]);
    let hit = &plan.info.faults[0].deployments;
    assert_eq!(*hit, ["west", "west~2"], "each meets the fault at its own first deployment");
}

#[test]
fn a_fault_hits_the_first_that_both_have() {
    let faults = "faults:\n  - { id: dead, at: 60s, for: 60s, target: first, inject: refuse }\n";
    let entries: Vec<&str> = CONFIG.split("  - model_name").collect();
    let without = format!("{}  - model_name{}  - model_name{}", entries[0], entries[2], entries[3]);
    let plan = compared(&format!("{CALM}{faults}"), &without, &[]);
    assert_eq!(ids(&plan, 1), ["east", "claude"]);
    assert_eq!(plan.info.faults[0].deployments, ["east"]);
}

#[test]
fn a_contender_may_have_a_config_of_its_own() {
    let scenario = format!(
        "{CALM}contenders:\n  - {{ name: ours }}\n  - {{ name: theirs, config: unpriced.yaml }}\n"
    );
    let plan = load_with(&scenario, |_| {}).unwrap_or_else(|report| panic!("{report}"));
    assert_eq!(ids(&plan, 0), ["west", "east", "claude"]);
    assert_eq!(ids(&plan, 1), ["west~2", "east", "claude"]);
    let file = plan.info.contenders[1].config.as_ref().expect("its file is told");
    assert_eq!(file.name, "unpriced.yaml");
    let missing = load_with(&scenario.replace("unpriced", "nowhere"), |_| {}).map(drop);
    let lines = missing.expect_err("there is no such file").lines();
    assert!(lines[0].starts_with("scenario.yaml:8:"), "{lines:?}");
}

proptest! {
    /// All changes together make the second config of the first, whatever they are.
    #[test]
    fn all_changes_make_the_second_config(
        kept in prop::collection::vec(any::<bool>(), 3),
        timeouts in prop::collection::vec(prop::option::of(1u32..100), 3),
        settings in prop::collection::btree_map("[a-c]_time", 0u32..9, 0..4),
        fallbacks in prop::collection::vec((0usize..4, 0usize..4), 0..4),
    ) {
        let names = ["gpt-4o", "mini", "large", "tiny"];
        let mut entries = String::new();
        for (at, keep) in kept.iter().enumerate() {
            if *keep || at == 0 {
                let timeout = timeouts[at].map(|s| format!(", timeout: {s}")).unwrap_or_default();
                entries += &format!(
                    "  - {{ model_name: {}, litellm_params: {{ model: openai/m{at}, api_key: k{timeout} }} }}\n",
                    names[at]
                );
            }
        }
        let settings: String = settings.iter().map(|(key, value)| format!("  {key}: {value}\n")).collect();
        let mut seen = Vec::new();
        let mut list = String::new();
        for (from, to) in fallbacks {
            if !seen.contains(&from) {
                seen.push(from);
                list += &format!("    - {{ {}: [{}] }}\n", names[from], names[to]);
            }
        }
        let list = if list.is_empty() { String::new() } else { format!("  fallbacks:\n{list}") };
        let head = if settings.is_empty() && list.is_empty() { "" } else { "router_settings:\n" };
        let second = format!("model_list:\n{entries}{head}{settings}{list}");
        let first = "model_list:\n  - { model_name: gpt-4o, litellm_params: { model: openai/m0, api_key: k } }\n  \
            - { model_name: mini, litellm_params: { model: openai/m1, api_key: k, timeout: 3 } }\n\
            router_settings:\n  b_time: 4\n  fallbacks: [{ gpt-4o: [mini] }]\n";
        let (a, b) = (Text::new("a.yaml", first), Text::new("b.yaml", second.as_str()));
        let all = plan::changed_config(&a, &b, |_| true).expect("both are configs");
        let again = config_changes(&Text::new("c.yaml", all.to_string()), &b).expect("compares");
        prop_assert_eq!(again.changes, Vec::new());
        let none = plan::changed_config(&a, &b, |_| false).expect("both are configs");
        let again = config_changes(&a, &Text::new("c.yaml", none.to_string())).expect("compares");
        prop_assert_eq!(again.changes, Vec::new());
    }
}
