//! `favourite`: the target that each contender chooses for itself.

use crate::support::{CALM, load, load_with};
use plan::{Plan, Text};

fn fault(fields: &str) -> String {
    format!("{CALM}faults:\n  - {{ {fields} }}\n")
}

#[expect(clippy::panic, reason = "a helper of tests")]
fn plan(scenario: &str) -> Plan {
    load(scenario).unwrap_or_else(|report| panic!("{scenario}\n{report}"))
}

fn at(target: &str) -> String {
    fault(&format!("at: 60s, for: 60s, target: '{target}', inject: refuse"))
}

#[test]
fn a_favourite_is_left_to_the_fakes_and_said_to_be() {
    let plan = plan(&at("favourite"));
    let (rule, info) = (&plan.fakes.faults[0], &plan.info.faults[0]);
    let favourite = rule.favourite.as_ref().expect("found later");
    assert_eq!((favourite.set_of.as_slice(), rule.targets.as_slice()), (&[0, 1, 2][..], &[0][..]));
    assert_eq!((&*info.target, info.deployments.len()), ("favourite", 0));
    let note = "f1: refuse (connections refused and reset) at favourite = whoever served most of each \
                contender's requests in the 60 s before, from 60 s to 120 s";
    assert!(plan.notes.contains(&note.to_owned()), "{:?}", plan.notes);
    assert!(plan.fakes.clone().without_favourites().faults[0].favourite.is_none());
}

#[test]
fn its_region_and_its_provider_are_hit_as_a_whole() {
    let sets = |target: &str| {
        let rule = plan(&at(target)).fakes.faults.remove(0);
        (rule.favourite.expect("found later").set_of, rule.targets)
    };
    assert_eq!(sets("region-of:favourite"), (vec![0, 1, 2], vec![0]));
    assert_eq!(sets("provider-of:favourite"), (vec![0, 0, 2], vec![0, 1]), "both of Azure");
}

#[test]
fn where_a_target_must_be_known_before_the_run_a_favourite_is_refused() {
    for (text, place) in [
        (fault("random: incident-model, target: favourite"), ":7:39"),
        (
            fault(
                "at: 60s, for: 60s, target: favourite, inject: refuse, flapping: { period: 20s }",
            ),
            ":7:34",
        ),
        (fault("at: 60s, for: 60s, target: 'link:gateway->favourite', inject: down"), ":7:34"),
        (format!("{CALM}deployments: {{ favourite: {{ link: 5ms }} }}\n"), ":6:16"),
        (
            format!(
                "{CALM}quotas: {{ q: {{ limits: {{ requests: 9/s }}, deployments: [favourite, east] }} }}\n"
            ),
            ":6:",
        ),
    ] {
        let said = load(&text).expect_err("unknown before the run").to_string();
        assert!(said.contains("is known only when a window opens"), "{text}: {said}");
        assert!(said.contains("a target of single windows"), "{text}: {said}");
        assert!(said.contains(&format!("scenario.yaml{place}")), "{text}: {said}");
    }
}

#[test]
fn a_replayed_favourite_is_found_anew() {
    let played = plan(&at("region-of:favourite"));
    let json = serde_json::to_string(&played.info).expect("run.json");
    let timeline = Text::new("run.json", json);
    let replayed = load_with(CALM, |request| {
        request.timeline = Some(Box::leak(Box::new(timeline.clone())));
    })
    .expect("a plan");
    assert_eq!(replayed.fakes.faults, played.fakes.faults);
    assert_eq!(replayed.info.faults, played.info.faults);
}
