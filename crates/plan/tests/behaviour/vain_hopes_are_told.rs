//! `brownout check` on what somebody relies on that does not come: fallbacks that cannot help, guardrails, a cooldown
//! of nothing; and no warning about what works.

use plan::{Check, Level, Sort, Text};

fn check(config: &str) -> Check {
    let text = Text::new("mine.yaml", config);
    plan::check(&text, None).unwrap_or_else(|report| unreachable!("{config}\n{report}"))
}

/// The findings, in one line each behind its place.
fn said(config: &str) -> Vec<String> {
    let line = |finding: &plan::Finding| {
        let place = finding.place.as_deref().unwrap_or_default();
        format!("{place} {:?} {}", finding.sort, finding.line())
    };
    check(config).findings.iter().map(line).collect()
}

fn about(config: &str, words: &str) -> Option<String> {
    said(config).into_iter().find(|line| line.contains(words))
}

/// The warnings about mistakes, in one line each.
fn mistakes(config: &str) -> Vec<String> {
    let of =
        |finding: &&plan::Finding| finding.sort == Sort::Mistake && finding.level == Level::Warning;
    check(config).findings.iter().filter(of).map(plan::Finding::line).collect()
}

const CHAT: &str = "model_list:
  - { model_name: gpt, litellm_params: { model: openai/gpt-4o } }
  - { model_name: gpt, litellm_params: { model: azure/gpt-4o, api_base: 'https://h.example' } }
";

const EMBEDDINGS: &str =
    "  - { model_name: embed, litellm_params: { model: openai/text-embedding-3-small } }
  - { model_name: embed2, litellm_params: { model: openai/text-embedding-3-large } }
";

#[test]
fn default_fallbacks_do_not_help_who_asks_for_no_text() {
    let settings = "router_settings: { default_fallbacks: [gpt]";
    let config = format!("{CHAT}{EMBEDDINGS}{settings} }}\n");
    let line = about(&config, "default_fallbacks send").unwrap_or_default();
    assert!(line.contains("mine.yaml:6:39"), "{line}");
    assert!(line.contains("failed calls of `embed`, `embed2` to `gpt`"), "{line}");
    // One with fallbacks of its own is not meant, nor is anybody where text falls back to text.
    let config = format!("{CHAT}{EMBEDDINGS}{settings}, fallbacks: [{{ embed: [embed2] }}] }}\n");
    let line = about(&config, "default_fallbacks send").unwrap_or_default();
    assert!(line.contains("failed calls of `embed2` to `gpt`"), "{line}");
    assert_eq!(about(&format!("{CHAT}{settings} }}\n"), "default_fallbacks send"), None);
}

#[test]
fn a_group_that_answers_by_itself_never_fails() {
    let lonely = |more: &str| {
        format!(
            "model_list:\n  - {{ model_name: m, litellm_params: {{ model: openai/m{more} }} }}\n"
        )
    };
    let words = "nowhere to fail over to";
    assert!(about(&lonely(""), words).is_some());
    assert_eq!(about(&lonely(", mock_response: hello"), words), None);
    assert!(about(&lonely(", mock_response: litellm.RateLimitError"), words).is_some());
}

#[test]
fn a_cooldown_of_nothing_is_litellms_default() {
    let line =
        about(&format!("{CHAT}router_settings: {{ cooldown_time: 0 }}\n"), "counts as not set");
    assert!(line.is_some_and(|line| line.contains("5 s")));
}

#[test]
fn guardrails_in_the_wrong_place_stop_litellm_and_its_settings_are_known() {
    let settings = |text: &str| format!("{CHAT}litellm_settings: {{ {text} }}\n");
    let older = settings("guardrails: [{ injection: { callbacks: [x], default_on: true } }]");
    assert_eq!(about(&older, "LiteLLM does not start"), None);
    let newer = settings("guardrails: [{ guardrail_name: g, litellm_params: { guardrail: x } }]");
    assert!(about(&newer, "LiteLLM does not start").is_some());
    let known = settings("prompt_injection_params: { heuristics_check: true }");
    let line = about(&known, "prompt_injection_params").unwrap_or_default();
    assert!(line.contains("NotYet"), "{line}");
}

#[test]
fn what_is_done_otherwise_than_litellm_does_it_is_a_warning() {
    for (model, words) in [
        ("openai/responses/gpt-5-pro", "by the Responses API"),
        ("auto_router/auto", "chooses another group"),
        ("my-model", "the entry names no provider"),
        ("'*'", "stands for all of them"),
    ] {
        let config =
            format!("{CHAT}  - {{ model_name: other, litellm_params: {{ model: {model} }} }}\n");
        let line = about(&config, words).unwrap_or_default();
        assert!(line.contains("mine.yaml:4:"), "{model}: {line}: {:?}", said(&config));
    }
}

#[test]
fn deployments_that_litellm_has_not_are_named() {
    let told = |model: &str, rest: &str| {
        let entry =
            format!("model_name: m, litellm_params: {{ model: {model}, api_base: 'http://h/v1' }}");
        let found = mistakes(&format!("model_list: [{{ {entry} }}]\n{rest}"));
        found.iter().any(|line| line.contains("LiteLLM has no such deployment"))
    };
    let map =
        "litellm_settings: { custom_provider_map: [{ provider: zhipu, custom_handler: h.h }] }\n";
    for (model, rest, named) in [
        ("zhipu/glm-4-flash", "", true),
        ("zhipu/glm-4-flash", map, false),
        ("predibase/llama", "", false),
        ("openai/glm-4-flash", "", false),
        ("os.environ/MODEL", "", false),
        ("gpt-4o", "", false),
    ] {
        assert_eq!(told(model, rest), named, "{model} {rest}");
    }
}
