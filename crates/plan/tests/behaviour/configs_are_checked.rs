//! `brownout check`: what a config really does, and what it says in vain.

use crate::generated;
use plan::{Check, Level, Sort, Text};

fn check(config: &str) -> Check {
    let text = Text::new("mine.yaml", config);
    plan::check(&text, None).unwrap_or_else(|report| unreachable!("{config}\n{report}"))
}

/// A config of so many deployments of `gpt-4o`, with more below.
fn group(number: usize, rest: &str) -> String {
    let mut config = "model_list:\n".to_owned();
    for n in 1..=number {
        config += &format!(
            "  - model_name: gpt-4o\n    litellm_params: {{ model: openai/gpt-4o, api_base: \"https://h{n}.example/v1\" }}\n    model_info: {{ id: d{n} }}\n"
        );
    }
    config + rest
}

/// The warnings about mistakes, in one line each.
fn mistakes(config: &str) -> Vec<String> {
    let of =
        |finding: &&plan::Finding| finding.sort == Sort::Mistake && finding.level == Level::Warning;
    check(config).findings.iter().filter(of).map(plan::Finding::line).collect()
}

const FOUR: &str = include_str!("../../../../scenarios/configs/four-deployments.yaml");

#[test]
fn the_shipped_config_is_told_in_narrow_and_wide_terminals() {
    let check = check(FOUR);
    insta::assert_snapshot!("shipped_80", check.text(80));
    insta::assert_snapshot!("shipped_160", check.text(160));
    for width in [40, 80, 160] {
        let longest = check.text(width).lines().map(|line| line.chars().count()).max();
        assert!(
            longest.is_some_and(|longest| longest <= width.max(60)),
            "{longest:?} over {width}"
        );
    }
}

#[test]
fn a_config_full_of_mistakes_is_told_with_the_worst_first() {
    let config = group(
        2,
        "  - model_name: lonely
    litellm_params: { model: openai/gpt-4o, num_retrys: 3, cooldown_time: 5, tiemout: 3 }
    model_info: { id: alone, order: 1 }
    api_key: os.environ/KEY
router_setings: { num_retries: 4 }
router_settings:
  routing_strategy: simple-shuffle
  alowed_fails: 3
  request_timeout: 30
  max_fallbacks: 2
  max_fallbacks: 3
  fallbacks: [{ gpt-4o: [lonley, nobody] }, { gtp-4o: [lonely] }]
  model_group_alias: { gpt-4.1: gpt-4p }
litellm_settings: { cooldown_time: 60, num_retries: 1, langfuse_public_key: x }
general_settings: { routing_strategy: least-busy, master_key: sk-zzzzzzzz }
environment_variables: { A: b }
",
    );
    let check = check(&config);
    insta::assert_snapshot!(check.text(100));
    insta::assert_snapshot!(
        "mistakes_in_json",
        serde_json::to_string_pretty(&check).expect("serialises")
    );
    let levels: Vec<Level> = check.findings.iter().map(|finding| finding.level).collect();
    assert!(levels.is_sorted() && check.warns());
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_was_meant() {
    for (rest, line) in [
        (
            "router_setings: { a: 1 }\n",
            "mine.yaml:5:1: router_setings: unknown key, no effect; did you mean `router_settings`?",
        ),
        (
            "router_settings: { alowed_fails: 1 }\n",
            "mine.yaml:5:20: router_settings.alowed_fails: unknown key, no effect; did you mean `allowed_fails`?",
        ),
        (
            "general_settings: { num_retries: 1 }\n",
            "mine.yaml:5:21: general_settings.num_retries: no effect here; it belongs in `router_settings`",
        ),
        (
            "num_retries: 1\n",
            "mine.yaml:5:1: num_retries: no effect here; it belongs in `router_settings`",
        ),
        (
            "litellm_settings: { rpm: 1 }\n",
            "mine.yaml:5:21: litellm_settings.rpm: no effect here; it belongs in `litellm_params`",
        ),
        (
            "router_settings: { master_key: x }\n",
            "mine.yaml:5:20: router_settings.master_key: no effect here; it belongs in `general_settings`",
        ),
        (
            "router_settings: { fallbacks: [{ gpt-4o: [gtp-4o] }] }\n",
            "mine.yaml:5:43: router_settings.fallbacks: no model `gtp-4o` in model_list; did you mean `gpt-4o`?",
        ),
        (
            "litellm_settings: { fallbacks: [{ nobody: [gpt-4o] }] }\n",
            "mine.yaml:5:35: litellm_settings.fallbacks: no model `nobody` in model_list; it is skipped",
        ),
        (
            "router_settings: { model_group_alias: { gpt-4.1: other } }\n",
            "mine.yaml:5:50: router_settings.model_group_alias.gpt-4.1: no model `other` in model_list; it is skipped",
        ),
        (
            "general_settings: { cooldwn_time: 1 }\n",
            "mine.yaml:5:21: general_settings.cooldwn_time: unknown key, no effect; did you mean `cooldown_time` of `router_settings`?",
        ),
        ("nonsense: 1\n", "mine.yaml:5:1: nonsense: unknown key, no effect"),
        (
            "router_settings: { model_group_alias: { text: [gpt-4o] } }\n",
            "mine.yaml:5:41: router_settings.model_group_alias.text: leads nowhere: a list is the name of no group, \
             and calls by this alias fail; write the name of one group",
        ),
        (
            "environment_variables: { REDIS: { description: x } }\n",
            "mine.yaml:5:26: environment_variables.…: no effect: a variable is one text, and this is none",
        ),
    ] {
        assert_eq!(mistakes(&group(1, rest)), [line]);
    }
}

#[test]
fn what_litellm_takes_is_no_mistake() {
    for rest in [
        "litellm_settings: { ssl_ecdh_curve: x, forward_traceparent_to_llm_provider: true, telemetry: false }\n",
        "general_settings: { use_azure_key_vault: true, database_connection_timeout: 3, allowed_ips: [] }\n",
        "router_settings: { redis_db: 1, model_group_affinity_config: {} }\n",
        "environment_variables: { A: b }\nmcp_servers: {}\nprompts: []\n",
    ] {
        assert_eq!(mistakes(&group(1, rest)), Vec::<String>::new(), "{rest}");
    }
    let sent = "model_list: [{ model_name: m, litellm_params: { model: openai/m, safety_settings: [], repetition_penalty: 2, my_own: 1 }, model_info: { my_notes: 1 } }]\n";
    assert_eq!(mistakes(sent), Vec::<String>::new());
}

#[test]
fn calm_traffic_is_shared_as_the_strategy_shares_it() {
    let with = |params: [&str; 3], strategy: &str| {
        let mut config = "model_list:\n".to_owned();
        for (n, params) in params.iter().enumerate() {
            config += &format!(
                "  - {{ model_name: m, litellm_params: {{ model: openai/m, {params} }}, model_info: {{ id: d{n} }} }}\n"
            );
        }
        config += &format!("router_settings: {{ routing_strategy: {strategy} }}\n");
        let checked = check(&config);
        let deployments = &checked.groups[0].deployments;
        deployments.iter().map(|one| one.calm_share).collect::<Vec<_>>()
    };
    let third = Some(1.0 / 3.0);
    assert_eq!(with(["rpm: 0", "rpm: 0", "rpm: 0"], "simple-shuffle"), [third, third, third]);
    assert_eq!(
        with(["weight: 3", "weight: 1", "rpm: 9"], "simple-shuffle"),
        [Some(0.75), Some(0.25), Some(0.0)]
    );
    assert_eq!(
        with(["rpm: 30", "rpm: 10", "tpm: 9"], "simple-shuffle"),
        [Some(0.75), Some(0.25), Some(0.0)]
    );
    assert_eq!(
        with(["order: 1", "order: 2", "rpm: 9"], "simple-shuffle"),
        [Some(1.0), Some(0.0), Some(0.0)]
    );
    assert_eq!(with(["order: 1", "order: 1", "order: 2"], "least-busy"), [None, None, Some(0.0)]);
    assert_eq!(
        with(["order: 2", "order: 1", "order: 1"], "priority"),
        [Some(0.0), Some(1.0), Some(0.0)]
    );
}

#[test]
fn attempts_and_waits_are_those_of_the_policy() {
    let of = |number, rest: &str| check(&group(number, rest)).groups[0].clone();
    // Alone, LiteLLM waits between attempts and after the last one: 0.5 s, 1 s, 2 s and up to 0.75 s more each.
    let alone = of(1, "router_settings: { num_retries: 2, timeout: 10 }\n");
    assert_eq!((alone.silent.attempts, alone.refusing.attempts), (3, 3));
    assert!((33.5..=35.8).contains(&alone.silent.seconds), "{:?}", alone.silent);
    assert!((3.5..=5.8).contains(&alone.refusing.seconds), "{:?}", alone.refusing);
    // With siblings it does not.
    let pair = of(2, "router_settings: { num_retries: 2, timeout: 10, stream_timeout: 3 }\n");
    assert_eq!(
        (pair.silent.seconds, pair.silent_stream.seconds, pair.refusing.seconds),
        (30.0, 9.0, 0.0)
    );
    // A policy for the class of the error overrides the number.
    let policy =
        of(2, "router_settings: { timeout: 10, retry_policy: { TimeoutErrorRetries: 0 } }\n");
    assert_eq!((policy.silent.attempts, policy.refusing.attempts), (1, 3));
    // Fallbacks follow, each with its own retries.
    let rest = "  - { model_name: b, litellm_params: { model: openai/b, timeout: 1 }, model_info: { id: b1 } }\nrouter_settings: { num_retries: 0, timeout: 10, fallbacks: [{ gpt-4o: [b] }] }\n";
    let falls = of(1, rest);
    assert_eq!((falls.silent.attempts, falls.silent.seconds), (2, 11.0));
    assert_eq!(falls.falls_back_to, ["b1"]);
    // Ours asks everybody once, whatever num_retries says.
    let ours = of(4, "router_settings: { routing_strategy: priority, num_retries: 0 }\n");
    assert_eq!((ours.refusing.attempts, ours.refusing.seconds), (4, 0.0));
}

#[test]
fn surprises_of_an_outage_are_warned_of() {
    let says = |config: &str, words: &str, level: Level| {
        let check = check(config);
        let found = check
            .findings
            .iter()
            .any(|finding| finding.level == level && finding.says.contains(words));
        assert!(found, "{words}: {:#?}", check.findings);
    };
    says(&group(1, ""), "nowhere to fail over to", Level::Warning);
    says(&group(2, ""), "keeps its clients waiting 5 h, over 3 attempts", Level::Warning);
    says(&group(2, "router_settings: { timeout: 25 }\n"), "nginx (60 s)", Level::Note);
    says(
        &group(4, "router_settings: { num_retries: 1 }\n"),
        "asks at most 2 of its 4 deployments",
        Level::Note,
    );
    says(&group(1, ""), "alone in its group", Level::Note);
    says(
        &group(2, "router_settings: { disable_cooldowns: true }\n"),
        "disable_cooldowns is set",
        Level::Note,
    );
    let orders =
        group(1, "  - { model_name: gpt-4o, litellm_params: { model: openai/x, order: 1 } }\n");
    says(&orders, "it is never chosen", Level::Warning);
    let weights =
        group(1, "  - { model_name: gpt-4o, litellm_params: { model: openai/x, weight: 1 } }\n");
    says(&weights, "it gets no calm traffic", Level::Warning);
    let quiet = check(&group(2, "router_settings: { timeout: 5 }\n"));
    assert!(!quiet.warns(), "{:#?}", quiet.findings);
}

#[test]
fn settings_without_effect_are_listed_by_strategy_and_personality() {
    let rest = |strategy: &str| {
        format!(
            "  - {{ model_name: gpt-4o, litellm_params: {{ model: openai/x, rpm: 9, weight: 2, num_retries: 3 }}, model_info: {{ max_input_tokens: 9, allowed_fails: 1 }} }}\nrouter_settings: {{ routing_strategy: {strategy}, allowed_fails: 1, retry_policy: {{ TimeoutErrorRetries: 1 }}, enable_pre_call_checks: true }}\n"
        )
    };
    let without = |strategy: &str| {
        let check = check(&group(1, &rest(strategy)));
        let of = check.findings.iter().filter(|finding| finding.sort == Sort::NoEffect);
        let mut abouts: Vec<String> = of.map(|finding| finding.about.clone()).collect();
        abouts.sort();
        abouts
    };
    assert_eq!(without("simple-shuffle"), Vec::<String>::new());
    assert_eq!(without("least-busy"), ["model_list[1].litellm_params.weight"]);
    assert_eq!(
        without("priority"),
        [
            "model_list[1].litellm_params.rpm",
            "model_list[1].litellm_params.weight",
            "router_settings.enable_pre_call_checks",
        ]
    );
}

#[test]
fn the_json_is_as_its_committed_schema_says() {
    let schema = plan::check_schema();
    let text = serde_json::to_string_pretty(&schema).expect("serialises");
    generated::hold("crates/plan/check.schema.json", None, &format!("{text}\n"));
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let value = serde_json::to_value(check(FOUR)).expect("serialises");
    assert!(validator.is_valid(&value), "{value}");
}

#[test]
fn whom_requests_without_tags_do_not_reach_is_named() {
    let tagged = |tags: &[&str], rest: &str| {
        let mut config = "model_list:\n".to_owned();
        for (n, tags) in tags.iter().enumerate() {
            config += &format!(
                "  - model_name: m\n    litellm_params: {{ model: openai/m, api_base: \"https://h{n}.example/v1\", tags: [{tags}] }}\n    model_info: {{ id: d{n} }}\n"
            );
        }
        check(&(config + rest))
    };
    let on = "router_settings: { enable_tag_filtering: true, routing_strategy: least-busy }\n";
    let about = |check: &Check, id: &str| -> Vec<(Level, String)> {
        let of = check.findings.iter().filter(|finding| finding.about == id);
        of.map(|finding| (finding.level, finding.says.clone())).collect()
    };
    let all = tagged(&["default", "paid, eu", ""], on);
    assert_eq!(all.groups[0].calm, "`d0` gets everything; 2 stand by");
    assert!(about(&all, "d0").is_empty(), "{:?}", about(&all, "d0"));
    let [(Level::Note, says)] = &about(&all, "d1")[..] else {
        unreachable!("{:?}", about(&all, "d1"))
    };
    assert!(
        says.contains("those without tags reach it only while") && !says.contains("paid"),
        "{says}"
    );
    let [(Level::Warning, says)] = &about(&all, "d2")[..] else {
        unreachable!("{:?}", about(&all, "d2"))
    };
    assert!(says.contains("no request reaches it before all of these cool"), "{says}");
    // Nobody is `default`: requests without tags reach everybody.
    let free = tagged(&["paid", "eu"], on);
    assert!(about(&free, "d0").is_empty() && about(&free, "d1").is_empty());
    let off = tagged(&["default", "paid"], "router_settings: { routing_strategy: least-busy }\n");
    let lines: Vec<String> = off.findings.iter().map(plan::Finding::line).collect();
    assert!(
        lines.iter().any(|line| line.contains("tags") && line.contains("no group looks at tags")),
        "{lines:#?}"
    );
}

#[test]
fn a_deployment_that_answers_by_itself_is_named() {
    let says = |mock: &str| {
        let config = group(
            1,
            &format!(
                "  - {{ model_name: x, litellm_params: {{ model: openai/x, mock_response: {mock} }} }}\n"
            ),
        );
        let lines: Vec<String> = check(&config).findings.iter().map(plan::Finding::line).collect();
        lines.join("\n")
    };
    let answers = says("canary-words");
    assert!(answers.contains("and so never fails") && !answers.contains("canary"), "{answers}");
    assert!(says("litellm.RateLimitError").contains("it fails by itself"));
}

#[test]
fn providers_that_litellm_knows_are_no_slips_and_models_in_a_database_are_told_apart() {
    let lines = |model: &str| {
        let config = group(
            1,
            &format!(
                "  - {{ model_name: x, litellm_params: {{ model: {model}, api_base: \"http://h/v1\" }} }}\n"
            ),
        );
        check(&config).findings.iter().map(plan::Finding::line).collect::<Vec<_>>().join("\n")
    };
    assert!(!lines("deepgram/nova-2").contains("did you mean"), "{}", lines("deepgram/nova-2"));
    assert!(lines("deepgrm/nova-2").contains("nobody here knows a provider"));
    let text =
        Text::new("mine.yaml", "model_list: []\ngeneral_settings: { store_model_in_db: true }\n");
    let refused = plan::check(&text, None).expect_err("no models").to_string();
    assert!(refused.contains("in LiteLLM's database, which is not read"), "{refused}");
}

#[test]
fn what_is_refused_of_every_request_is_foreseen() {
    let config = |params: &str, rest: &str| {
        format!(
            "model_list:\n  - model_name: m\n    litellm_params:\n      model: {params}\n      api_key: k\n{rest}"
        )
    };
    for (params, place) in [
        ("openai/gpt-5\n      temperature: 0.2", Some("mine.yaml:5:7: openai/gpt-5@api: ")),
        (
            "openai/gpt-4o\n      thinking: { type: enabled }",
            Some("mine.yaml:5:7: openai/gpt-4o@api: "),
        ),
        (
            "anthropic/claude-x\n      tools: [{ type: web_search }]",
            Some("mine.yaml:5:7: anthropic/claude-x@api: "),
        ),
        ("openai/gpt-5\n      max_tokens: 100", None),
    ] {
        let refused = |rest: &str| {
            let found = check(&config(params, rest)).findings;
            let line = found.iter().map(|finding| (finding.level, finding.line()));
            line.filter(|(_, line)| line.contains("every chat completion is refused"))
                .collect::<Vec<_>>()
        };
        let found = refused("");
        assert_eq!(found.len(), usize::from(place.is_some()), "{params}: {found:?}");
        if let Some(place) = place {
            assert_eq!(found[0].0, Level::Warning);
            assert!(found[0].1.starts_with(place), "{}", found[0].1);
        }
        if !params.starts_with("anthropic") {
            assert_eq!(refused("litellm_settings: { drop_params: true }\n"), [], "{params}");
        }
    }
}

/// What is said about a group, a deployment or a key, in one line each.
fn about(config: &str, about: &str) -> Vec<(Level, String)> {
    let of = |finding: &&plan::Finding| finding.about == about;
    let said = |finding: &plan::Finding| (finding.level, finding.says.clone());
    check(config).findings.iter().filter(of).map(said).collect()
}

#[test]
fn models_that_nobody_serves_are_named() {
    let told = |params: &str, info: &str| {
        let entry = format!("{{ model_name: it, litellm_params: {{ model: {params} }}{info} }}");
        let said = about(&format!("model_list: [{entry}]\n"), "it");
        said.iter().any(|(level, says)| {
            *level == Level::Warning
                && says.contains("served")
                && says.ends_with("every call of it fails")
        })
    };
    for (params, info, named) in [
        ("cohere/rerank-v3.5", "", true),
        ("openai/any", ", model_info: { mode: rerank }", true),
        ("openai/any", ", model_info: { mode: video_generation }", true),
        ("gemini/imagen-4", "", true),
        ("bedrock/amazon.nova-canvas-v1:0", ", model_info: { mode: image_generation }", true),
        ("anthropic/any", ", model_info: { mode: embedding }", true),
        ("openai/dall-e-3", "", false),
        ("openai/whisper-1", "", false),
        ("openai/any", ", model_info: { mode: image_generation }", false),
        ("gemini/gemini-embedding-001", "", false),
        ("openai/gpt-4o", "", false),
    ] {
        assert_eq!(told(params, info), named, "{params}{info}");
    }
}

#[test]
fn a_master_key_with_which_litellm_does_not_start_is_named() {
    for (general, level, words) in [
        ("", Some(Level::Note), "is not set"),
        ("general_settings: { master_key: sk-1234 }\n", Some(Level::Warning), "everybody knows"),
        ("general_settings: { master_key: os.environ/KEY }\n", None, ""),
        ("general_settings: { dangerously_permit_weak_or_unset_master_key: true }\n", None, ""),
    ] {
        let said = about(&group(2, general), "general_settings.master_key");
        let first = said.first();
        assert_eq!(first.map(|(level, _)| *level), level, "{general}");
        assert!(first.is_none_or(|(_, says)| says.contains(words)), "{general}{said:?}");
    }
}

#[test]
fn what_is_the_same_of_many_is_told_once() {
    let entry = |n: usize| {
        format!(
            "  - {{ model_name: m{n}, litellm_params: {{ model: openai/m{n}, api_key: k }} }}\n"
        )
    };
    let config: String = (0..12).map(entry).collect();
    let check = check(&format!("model_list:\n{config}"));
    let text = check.text(160);
    let count = |words: &str| text.matches(words).count();
    assert_eq!(count("has nowhere to fail over to"), 1, "{text}");
    assert_eq!(count("calm traffic"), 1, "{text}");
    assert!(
        text.contains("m0, m1, m2, m3, m4, m5, m6, m7 and 4 more: 1 deployment each"),
        "{text}"
    );
    assert_eq!(check.groups.len(), 12);
}

#[test]
fn words_that_only_begin_alike_are_not_taken_for_each_other() {
    for (settings, said) in [
        ("litellm_settings: { disable_auth: true }", "unknown key, no effect"),
        ("router_settings: { enable_vision: true }", "unknown key, no effect"),
        ("router_settings: { retries: 3 }", "unknown key, no effect; did you mean `num_retries`?"),
        ("router_settings: { x-params: 3 }", "unknown key, no effect"),
        (
            "general_settings: { max_user_budget: 3 }",
            "no effect here; it belongs in `litellm_settings`",
        ),
        (
            "litellm_settings: { cache_control_injection_points: [] }",
            "no effect here; it belongs in `litellm_params`",
        ),
        (
            "litellm_settings: { mcp_servers: {} }",
            "no effect here; it belongs at the top level of the file",
        ),
    ] {
        let key = settings.replace(": { ", ".");
        let key = key.split(": ").next().unwrap_or_default();
        let line = mistakes(&group(1, &format!("{settings}\n")));
        assert!(line[0].ends_with(&format!(" {key}: {said}")), "{line:?}");
    }
    let ours =
        "model_list: [{ model_name: m, litellm_params: { model: ollama_chat/m, think: false } }]\n";
    assert_eq!(mistakes(ours), Vec::<String>::new());
}
