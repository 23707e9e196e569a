//! What a scenario resolves to: targets, instants, streams, overlays, dummies, prices, warnings.

use std::time::Duration;

use crate::support::{CALM, CONFIG, load, load_with};
use plan::{Plan, Text};
use record::run::{ActsOn, Balance, ContenderInfo, ContenderKind};

#[expect(clippy::panic, reason = "a helper of tests")]
fn plan(text: &str) -> Plan {
    load(text).unwrap_or_else(|report| panic!("{report}"))
}

fn with_fault(fields: &str) -> Plan {
    plan(&format!("{CALM}faults:\n  - {{ at: 1m, for: 1m, inject: refuse, {fields} }}\n"))
}

#[test]
fn targets_resolve_once_and_are_told() {
    for (target, ids) in [
        ("first", vec!["west"]),
        ("others", vec!["east", "claude"]),
        ("all", vec!["west", "east", "claude"]),
        ("'provider:azure'", vec!["west", "east"]),
        ("'provider-of:first'", vec!["west", "east"]),
        ("'region:eastus'", vec!["east"]),
        ("'region-of:first'", vec!["west"]),
        ("'*st'", vec!["west", "east"]),
        ("claude", vec!["claude"]),
    ] {
        let plan = with_fault(&format!("target: {target}"));
        assert_eq!(plan.info.faults[0].deployments, ids, "{target}");
        assert!(plan.notes.iter().any(|note| note.contains(&ids.join(", "))), "{:?}", plan.notes);
    }
    let any = with_fault("target: 'any:2'");
    assert_eq!(any.info.faults[0].deployments.len(), 2);
    assert_eq!(any.info.faults, with_fault("target: 'any:2'").info.faults);
    let optional = with_fault("target: nobody, optional: true");
    assert!(optional.fakes.faults.is_empty());
    assert!(optional.notes.iter().any(|note| note.contains("left out (optional)")));
}

#[test]
fn instants_count_from_the_start_or_from_a_phase() {
    let text = format!(
        "{CALM}faults:\n\
         - {{ at: 45s, for: 1m, target: first, inject: refuse }}\n\
         - {{ at: main+20s, for: 1m, target: first, inject: refuse }}\n\
         - {{ at: phase+40s, for: 1m, target: first, inject: refuse, share: 30%, ramp: 5s }}\n"
    );
    let plan = plan(&text);
    let from: Vec<u64> = plan.info.faults.iter().map(|f| f.from_ns / 1_000_000_000).collect();
    assert_eq!(from, [45, 50, 70]);
    assert_eq!((plan.info.faults[2].share, plan.info.faults[2].ramp_ns), (0.3, 5_000_000_000));
}

#[test]
fn streams_overlap_and_phases_follow_each_other() {
    let plan = plan(
        "scenario: s\nconfig: config.yaml\ntraffic:\n\
         \x20 calm:\n\
         \x20   - { for: 10s, arrivals: { constant: 60/min }, warmup: true }\n\
         \x20   - { for: 1m, arrivals: { constant: 2/s }, workload: { stream: 50%, max_tokens: 9 } }\n\
         \x20 rush:\n\
         \x20   - { name: storm, at: 30s, for: 10s, arrivals: { poisson: 20/s }, workload: short }\n",
    );
    let spans: Vec<(String, u64, u64)> = plan
        .info
        .phases
        .iter()
        .map(|p| (p.name.clone(), p.from_ns / 1_000_000_000, p.to_ns / 1_000_000_000))
        .collect();
    let names = ["calm/warmup", "calm/main", "rush/storm"].map(str::to_owned);
    let [warmup, main, storm] = names;
    assert_eq!(spans, [(warmup, 0, 10), (main, 10, 70), (storm, 30, 40)]);
    assert_eq!(plan.info.phases[0].arrivals, "constant 1/s");
    let workload = &plan.load.phases[1].workload;
    assert_eq!((workload.stream_share, workload.max_tokens), (0.5, Some(9)));
    assert_eq!(plan.load.phases[1].model, "gpt-4o");
}

#[test]
fn overlays_lie_over_the_config_for_one_contender_only() {
    let plan = plan(&format!(
        "{CALM}contenders:\n\
         \x20 - {{ name: a, router_settings: {{ routing_strategy: simple-shuffle }} }}\n\
         \x20 - {{ name: b, instances: 2, balance: least-conn }}\n\
         \x20 - {{ name: c, router_settings: {{ routing_strategy: priority, cooldown_time: 7 }} }}\n"
    ));
    let strategy: Vec<&str> =
        plan.contenders.iter().map(|c| c.gateway.router.routing_strategy.name).collect();
    assert_eq!(strategy, ["simple-shuffle", "least-busy", "priority"]);
    let cooldown: Vec<u64> =
        plan.contenders.iter().map(|c| c.gateway.router.cooldown_time.as_secs()).collect();
    assert_eq!(cooldown, [60, 60, 7], "what an overlay does not name stays");
    assert_eq!(plan.contenders[1].instances, 2);
    assert!(!plan.notes.iter().any(|note| note.starts_with("contender")), "{:?}", plan.notes);
    let infos = &plan.info.contenders;
    let kinds: Vec<(ContenderKind, &str, Balance)> =
        infos.iter().map(|c| (c.kind, c.personality.word(), c.balance)).collect();
    assert_eq!(kinds[0], (ContenderKind::Emulated, "litellm-1.106", Balance::RoundRobin));
    assert_eq!(kinds[1].2, Balance::LeastConn);
    assert_eq!((kinds[2].0, kinds[2].1), (ContenderKind::BuiltIn, "brownout"));
    let direct = infos.last().expect("the mark");
    assert!(direct.mark && direct.name == plan::DIRECT);
}

#[test]
fn overlay_keys_without_effect_are_told() {
    let plan = plan(&format!(
        "{CALM}contenders:\n  - {{ name: a, litellm_settings: {{ retry_after: 9 }} }}\n"
    ));
    let told = "contender a: litellm_settings.retry_after: no effect in LiteLLM either";
    assert!(plan.notes.iter().any(|note| note.starts_with(told)), "{:?}", plan.notes);
}

#[test]
fn without_contenders_there_is_the_config() {
    let plan = plan(CALM);
    let names: Vec<&str> = plan.contenders.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["config"]);
    assert_eq!(plan.contenders[0].gateway.router.routing_strategy.name, "least-busy");
}

#[test]
fn a_run_knows_no_secret_of_the_config() {
    let plan = plan(CALM);
    let keys: Vec<&str> = plan.fakes.deployments.iter().map(|d| d.key.as_str()).collect();
    assert_eq!(keys, ["sk-brownout-1", "sk-brownout-2", "sk-brownout-3"]);
    for (deployment, key) in plan.contenders[0].gateway.deployments.iter().zip(keys) {
        assert_eq!(deployment.api_key.as_ref().map(|secret| secret.reveal()), Some(key));
    }
    let master = plan.contenders[0].gateway.master_key.as_ref().expect("the config has one");
    assert_eq!(master.reveal(), plan::MASTER_KEY);
    let told = format!("{:?} {:?}", plan.info, plan.notes);
    assert!(!told.contains("sk-real-secret"));
    assert!(
        plan.notes.iter().any(|note| note.contains("database") && note.contains("off in a run"))
    );
}

#[test]
fn fakes_are_refined_by_the_section_and_assumed_elsewhere() {
    let plan = plan(&format!(
        "{CALM}deployments:\n\
         \x20 'provider:azure': {{ limits: {{ requests: 600/min, tokens: 1M/min }}, link: 20ms }}\n\
         \x20 first: {{ preset: cold, capacity: {{ slots: 4, queue: 2 }}, region: mars }}\n\
         \x20 'region:mars': {{ ttft: 2s, price: {{ input: 1, output: 2 }} }}\n\
         \x20 nobody: {{ ttft: 1s }}\n"
    ));
    let west = &plan.fakes.deployments[0];
    let east = &plan.fakes.deployments[1];
    assert_eq!(west.capacity.map(|c| (c.slots, c.queue)), Some((4, 2)));
    assert_eq!(west.limits.tokens.map(|rate| rate.amount), Some(1_000_000));
    assert_eq!(east.limits.requests, west.limits.requests);
    assert!(east.capacity.is_none());
    assert_eq!(plan.info.deployments[0].region, "mars");
    assert_eq!(plan.info.deployments[1].region, "eastus");
    assert_eq!(plan.info.deployments[2].region, "api.anthropic.com");
    assert_eq!(plan.info.deployments[0].usd_per_million_in, Some(1.0));
    assert_eq!(plan.info.deployments[2].usd_per_million_out, Some(15.0));
    assert_eq!(plan.links.get("westus-a.openai.azure.com"), Some(&Duration::from_millis(20)));
    assert!(plan.notes.iter().any(|note| note.contains("no deployment matches `nobody`")));
    let assumed = plan.info.assumed.join("\n");
    assert!(assumed.contains("gpt-4o-azure for east"), "{assumed}");
    assert!(!assumed.contains("west"), "{assumed}");
}

#[test]
fn litellm_knows_prices_by_the_exact_name_only() {
    let plan = plan(CALM);
    let costs: Vec<Option<f64>> =
        plan.contenders[0].gateway.deployments.iter().map(|d| d.input_cost_per_token).collect();
    assert_eq!(costs, [Some(2.5e-6), Some(2.5e-6), None]);
}

#[test]
fn sets_seeds_and_lengths_change_the_plan_and_its_hash() {
    let base = plan(CALM);
    assert_eq!(base.info.scenario.seed, 42);
    let sets = vec![("traffic.1.arrivals.poisson".to_owned(), "9/s".to_owned())];
    let set =
        load_with(CALM, |request| request.sets = Box::leak(Box::new(sets.clone()))).expect("valid");
    assert_eq!(set.info.phases[1].arrivals, "poisson 9/s");
    assert_eq!(set.info.scenario.overrides, ["traffic.1.arrivals.poisson=9/s"]);
    let seeded = load_with(CALM, |request| request.seed = Some(7)).expect("valid");
    assert_eq!(seeded.load.seed.0, 7);
    let hashes = [&base, &set, &seeded].map(|plan| plan.info.scenario.hash.clone());
    assert!(hashes[0] != hashes[1] && hashes[1] != hashes[2] && hashes[0] != hashes[2]);
    assert_eq!(plan(CALM).digest, base.digest);
    assert_eq!((base.digest.len(), base.info.scenario.hash.len()), (12, 64));
    let wall = load_with(CALM, |request| request.clock = plan::ClockKind::Wall).expect("valid");
    assert_ne!(wall.digest, base.digest);
}

#[test]
fn for_shortens_and_leaves_out_by_name() {
    let text = format!(
        "{CALM}faults:\n\
         \x20 - {{ at: 40s, for: 20s, target: first, inject: refuse }}\n\
         \x20 - {{ id: late, at: 100s, for: 60s, target: first, inject: refuse }}\n"
    );
    let short =
        |seconds| load_with(&text, |request| request.shorten = Some(Duration::from_secs(seconds)));
    let plan = short(120).expect("valid");
    assert_eq!(plan.info.scenario.duration_ns, 120_000_000_000);
    let ids: Vec<&str> = plan.info.faults.iter().map(|fault| fault.id.as_str()).collect();
    assert_eq!(ids, ["f1"]);
    assert_eq!(plan.fakes.faults.len(), 1);
    let about = |id: &str| {
        let lines = plan.notes.iter().filter(|note| note.starts_with(id));
        lines.map(String::as_str).collect::<Vec<_>>()
    };
    assert!(about("f1")[0].contains("west"), "{:?}", about("f1"));
    assert!(about("late").is_empty(), "said once, as a warning that reports repeat");
    let late = "late (refuse) is left out: it lasts until 160 s, --for ends at 120 s".to_owned();
    assert!(plan.info.warnings.contains(&late), "{:?}", plan.info.warnings);
    assert!(short(20).expect_err("only warm-up").to_string().contains("nothing to measure"));
}

#[test]
fn suspicious_scenarios_are_told_with_their_arithmetic() {
    let plan = plan(&format!(
        "{CALM}deployments:\n\
         \x20 first: {{ limits: {{ requests: 108/min }} }}\n\
         faults:\n\
         \x20 - {{ at: 60s, for: 60s, target: first, inject: refuse }}\n\
         \x20 - {{ at: 140s, for: 60s, target: first, inject: refuse }}\n\
         \x20 - {{ at: 290s, for: 1s, target: first, inject: refuse }}\n"
    ));
    insta::assert_snapshot!(plan.warnings.join("\n"), @r"
    f2 starts 20 s after f1, but config cools for 60 s: effects cannot be told apart
    west admits 1.8 req/s (108/min requests), but config may offer it 2.67: throttled before any fault
    traffic ends 39 s after f3, but config cools for 60 s: traffic ends before failback can be seen
    f3 lasts 1 s and meets about 8 requests: at least 15 are needed to tell when it was detected
    f3 lasts 1 s, but config cools for 60 s: it is over before anybody looks again
    ");
    let ends = self::plan(&format!(
        "{CALM}faults:\n  - {{ at: 260s, for: 30s, target: first, inject: refuse }}\n"
    ));
    insta::assert_snapshot!(ends.warnings.join("\n"), @r"
    traffic ends 40 s after f1, but config cools for 60 s: traffic ends before failback can be seen
    f1 lasts 30 s, but config cools for 60 s: it is over before anybody looks again
    ");
    assert_eq!(plan.warnings, plan.info.warnings);
}

#[test]
fn the_question_is_the_first_sentence_of_the_head() {
    let question =
        plan::question("# Who wins when\n# west dies? And more.\n#\n# Later.\nscenario: x\n");
    assert_eq!(question.as_deref(), Some("Who wins when west dies?"));
    assert_eq!(plan::question("scenario: x\n"), None);
}

#[test]
fn python_habits_of_litellm_configs_are_understood() {
    let config = "
defaults: &azure { api_version: '2024-10-21', api_key: os.environ/K }
model_list:
  - model_name: m
    litellm_params: { <<: *azure, model: azure/gpt-4o, api_base: 'https://x-westus.openai.azure.com' }
router_settings: { disable_cooldowns: yes, enable_pre_call_checks: off }
";
    let text = plan::Text::new("c.yaml", config);
    let plan = load_with(CALM, |request| request.config = Some(Box::leak(Box::new(text.clone()))))
        .unwrap_or_else(|report| panic!("{report}"));
    let router = &plan.contenders[0].gateway.router;
    assert!(router.disable_cooldowns && !router.enable_pre_call_checks);
    assert_eq!(plan.info.deployments[0].id, "azure/gpt-4o@x-westus");
    assert_eq!(plan.info.deployments[0].region, "westus");
    assert_eq!(plan.info.config.name, "c.yaml");
    assert_eq!(plan.info.contenders[0].cooldown_ns, 0);
}

#[test]
fn a_personality_is_the_contenders_the_command_lines_or_the_strategys() {
    let text = format!(
        "{CALM}contenders:\n\
         \x20 - {{ name: own, personality: brownout }}\n\
         \x20 - {{ name: plain }}\n\
         \x20 - {{ name: ours, router_settings: {{ routing_strategy: priority }} }}\n"
    );
    let played = |plan: &Plan| -> Vec<(ContenderKind, &'static str)> {
        let of = |contender: &plan::ContenderPlan| contender.gateway.personality.name;
        let kinds = plan.info.contenders.iter().map(|contender| contender.kind);
        kinds.zip(plan.contenders.iter().map(of)).collect()
    };
    let (emulated, built_in) = (ContenderKind::Emulated, ContenderKind::BuiltIn);
    assert_eq!(
        played(&plan(&text)),
        [(built_in, "brownout"), (emulated, "litellm-1.106"), (built_in, "brownout")]
    );
    let asked =
        |name: &'static str| load_with(&text, move |request| request.personality = Some(name));
    let litellm = asked("litellm-1.106").expect("a plan");
    assert_eq!(
        played(&litellm),
        [(built_in, "brownout"), (emulated, "litellm-1.106"), (emulated, "litellm-1.106")],
        "only for those that name none"
    );
    assert_ne!(litellm.info.scenario.hash, plan(&text).info.scenario.hash);
    let report = asked("litellm").expect_err("no such row").to_string();
    assert!(report.contains("did you mean `litellm-1.108`?"), "{report}");
    assert!(report.contains("personalities: litellm-1.106, litellm-1.108, brownout"), "{report}");
}

#[test]
fn an_applied_config_keeps_the_contenders_personality() {
    let after = |contender: &str, strategy: &str| {
        let plan = plan(&format!(
            "{CALM}contenders:\n  - {{ name: a{contender} }}\n\
             events:\n  - {{ at: 60s, apply: {{ router_settings: {{ routing_strategy: {strategy} }} }} }}\n"
        ));
        let mut events = plan.contenders[0].instance_events.iter();
        events.find_map(|event| match &event.what {
            plan::InstanceEventKind::Reload(config) => Some(config.personality.name),
            plan::InstanceEventKind::Die { .. } => None,
        })
    };
    assert_eq!(after(", personality: brownout", "least-busy"), Some("brownout"));
    // Nor does one change that goes with the strategy of the start: the tables name it.
    assert_eq!(after("", "priority"), Some("litellm-1.106"));
}

#[test]
fn a_run_tells_what_each_called_model_can_reach_fallbacks_and_later_configs_included() {
    let text = format!(
        "{CALM}  - {{ for: 1m, arrivals: {{ poisson: 1/s }}, model: mini }}\n\
         contenders:\n\
         - {{ name: plain }}\n\
         - {{ name: falls-back, router_settings: {{ fallbacks: [{{ mini: [gpt-4o] }}] }} }}\n\
         - {{ name: by-context, router_settings: {{ context_window_fallbacks: [{{ gpt-4o: [tiny] }}] }} }}\n"
    );
    let mini = "{ id: east }
  - model_name: mini
    litellm_params: { model: azure/mini, api_base: \"https://eastus-b.openai.azure.com/\", api_key: k }
    model_info: { id: tiny }";
    let config = CONFIG.replace("{ id: east }", mini);
    let config = Text::new("two-groups.yaml", config);
    let reach = |events: &str| -> Vec<String> {
        let loaded = load_with(&format!("{text}{events}"), |request| {
            request.config = Some(Box::leak(Box::new(config.clone())));
        });
        let plan = loaded.expect("loads");
        let line = |contender: &ContenderInfo| {
            let reach = contender.reach.iter();
            let reach = reach.map(|one| format!("{}: {}", one.model, one.deployments.join("+")));
            format!("{} {}", contender.name, reach.collect::<Vec<_>>().join(", "))
        };
        assert_eq!(plan.info.phases[2].model, "mini");
        plan.info.contenders.iter().map(line).collect()
    };
    assert_eq!(
        reach(""),
        [
            "plain gpt-4o: west+east+claude, mini: tiny",
            "falls-back gpt-4o: west+east+claude, mini: tiny+west+east+claude",
            "by-context gpt-4o: west+east+claude+tiny, mini: tiny",
            "direct gpt-4o: west, mini: tiny",
        ]
    );
    let later =
        "events: [{ at: 1m, rollout: { router_settings: { fallbacks: [{ mini: [claude] }] } } }]\n";
    assert_eq!(reach(later)[0], "plain gpt-4o: west+east+claude, mini: tiny+claude");
}

#[test]
fn a_run_tells_where_its_faults_act_and_for_how_long_an_instance_is_away() {
    let plan = plan(&format!(
        "{CALM}contenders: [{{ name: two, instances: 2 }}]\n\
         faults:\n\
         - {{ at: 40s, for: 5s, target: first, inject: refuse }}\n\
         - {{ at: 50s, for: 5s, target: 'gateway[2]', inject: kill }}\n\
         - {{ at: 60s, for: 9s, target: gateway, inject: {{ restart: {{ down: 2s }} }} }}\n\
         - {{ at: 70s, for: 5s, target: 'link:client->gateway[1]', inject: down }}\n\
         - {{ at: 80s, for: 5s, target: 'link:gateway[2]->first', inject: down }}\n\
         - {{ at: 90s, for: 5s, target: 'link:*->all', inject: down }}\n\
         events:\n\
         - {{ at: 100s, rollout: {{}}, every: 20s, by: restart, down: 3s }}\n\
         - {{ at: 150s, rollout: {{}} }}\n"
    ));
    let told: Vec<_> = plan
        .info
        .faults
        .iter()
        .map(|fault| (fault.acts_on, fault.instance, fault.down_ns, fault.deployments.len()))
        .collect();
    assert_eq!(
        told,
        [
            (ActsOn::Deployments, None, None, 1),
            (ActsOn::Instances, Some(2), None, 0),
            (ActsOn::Instances, None, Some(2_000_000_000), 0),
            (ActsOn::Link, Some(1), None, 0),
            (ActsOn::Deployments, Some(2), None, 1),
            (ActsOn::Deployments, None, None, 3),
        ]
    );
    let events: Vec<_> = plan.info.events.iter().map(|event| event.down_ns).collect();
    assert_eq!(events, [Some(3_000_000_000), None]);
}
