//! The personality `brownout` where the config has deployments checked: requests of the gateway's own show whether a
//! deployment is back, and no client's request has to.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::time::Duration;

use crate::support::*;
use gateway::config::litellm::{self as config_file, Dummies};
use gateway::config::{CheckAsks, Config, HealthChecks};
use serde_json::json;

const SECOND: Duration = Duration::from_secs(1);

/// `priority` with checks of whoever may be back.
fn checked(ids: &[&str]) -> Config {
    let mut config = priority(ids);
    config.router.timeout = 600 * SECOND;
    config.router.stream_timeout = None;
    config.own.health_checks = HealthChecks::HalfOpen;
    config
}

/// Every deployment is checked every ten seconds.
fn regular(ids: &[&str]) -> Config {
    let mut config = checked(ids);
    config.own.health_checks = HealthChecks::All { every: 10 * SECOND };
    config
}

/// When checks of a host came, in whole seconds; a check is known by its one token.
fn checks(lab: &Lab, host: &str) -> Vec<u64> {
    let sent = lab.sent.lock().expect("no poison");
    let checks = sent.iter().filter(|sent| sent.host == host && is_check(&sent.body));
    checks.map(|sent| sent.at.as_secs()).collect()
}

/// How many requests of clients came to a host.
fn requests(lab: &Lab, host: &str) -> usize {
    let sent = lab.sent.lock().expect("no poison");
    sent.iter().filter(|sent| sent.host == host && !is_check(&sent.body)).count()
}

fn is_check(body: &str) -> bool {
    body.contains(r#""max_tokens":1"#)
}

/// A lab in which `first` fails as often as it takes to be cooled and then does this for ever, and `second` is well.
async fn cooled(config: Config, then: &[Act]) -> Lab {
    let lab = Lab::new();
    let acts = [vec![refusal(500, &[]); 2], then.to_vec()].concat();
    lab.upstream("first", &acts).upstream("second", &[answer("yes")]);
    lab.gateway(config);
    for _ in 0..2 {
        assert_eq!(lab.chat(PLAIN).await.status, 200);
    }
    let decided = lab.decided();
    assert!(decided.iter().any(|line| line.starts_with("first cooldown")), "{decided:?}");
    lab
}

async fn metric(lab: &Lab, name: &str, deployment: &str) -> f64 {
    let page = lab.send("GET", "/metrics", &[], "").await.body;
    let is_it = |line: &&str| {
        line.starts_with(&format!("{name}{{"))
            && line.contains(&format!("model_id=\"{deployment}\""))
    };
    let line = page.lines().find(is_it).expect("a line");
    line.rsplit(' ').next().expect("a value").parse().expect("a number")
}

#[tokio::test(start_paused = true)]
async fn a_deployment_that_was_out_comes_back_without_a_request_of_a_client() {
    let lab = cooled(checked(&["first", "second"]), &[answer("yes")]).await;
    tokio::time::sleep(8 * SECOND).await;
    // The cooldown of five seconds, give or take a tenth.
    let at = checks(&lab, "first");
    assert!(matches!(at[..], [4 | 5]), "{at:?}");
    assert!(lab.decided().contains(&"first check passed".to_owned()), "{:?}", lab.decided());
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.header("x-litellm-model-id"), "first");
    let told = lab.decisions.lock().expect("no poison").clone();
    assert!(
        !told.iter().any(|line| line.ends_with("probe")),
        "a client's request probes: {told:?}"
    );
    let sent = lab.sent.lock().expect("no poison").clone();
    let check = sent.iter().find(|sent| is_check(&sent.body)).expect("a check");
    let body: serde_json::Value = serde_json::from_str(&check.body).expect("JSON");
    let asked = json!({"model": "gpt-4o", "messages": [{"role": "user", "content": "ping"}], "max_tokens": 1});
    assert_eq!((check.path.as_str(), body), ("/v1/chat/completions", asked));
}

#[tokio::test(start_paused = true)]
async fn no_request_of_a_client_meets_a_deployment_that_is_still_dead() {
    for act in [refusal(503, &[]), Act::Hang, Act::Refuse, Act::Reset] {
        let lab = cooled(checked(&["first", "second"]), std::slice::from_ref(&act)).await;
        let before = requests(&lab, "first");
        for _ in 0..120 {
            tokio::time::sleep(SECOND / 2).await;
            let got = lab.chat(PLAIN).await;
            assert_eq!((got.status, got.header("x-litellm-model-id")), (200, "second"), "{act:?}");
            assert!(got.took <= SECOND / 10, "{act:?}: {:?}", got.took);
        }
        assert_eq!(requests(&lab, "first"), before, "{act:?}");
        let failed = lab.decided().iter().filter(|it| it.starts_with("first check failed")).count();
        assert!(failed >= 3, "{act:?}: {:?}", lab.decided());
        assert_eq!(
            metric(&lab, "brownout_health_checks_failed_total", "first").await,
            failed as f64
        );
    }
}

#[tokio::test(start_paused = true)]
async fn one_check_at_a_time_is_under_way_and_each_within_its_limit() {
    let mut config = checked(&["first", "second"]);
    config.deployments[0].health_check.timeout = Some(3 * SECOND);
    config.deployments.push(deployment("third"));
    let lab = cooled(config, &[Act::Hang]).await;
    lab.upstream("third", &[refusal(429, &[("retry-after", "1")])]);
    // Whatever else leaves the rotation meanwhile.
    for _ in 0..30 {
        tokio::time::sleep(2 * SECOND).await;
        lab.chat(&PLAIN.replace(r#""model":"model""#, r#""model":"third""#)).await;
    }
    let at = checks(&lab, "first");
    // Three seconds until it is given up, then five of cooldown, give or take a tenth.
    let apart: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(at.len() >= 6 && apart.iter().all(|apart| (7..=9).contains(apart)), "{at:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_keeps_failing_must_answer_several_checks() {
    let dead = vec![refusal(500, &[]); 3];
    let lab = cooled(checked(&["first", "second"]), &[dead, vec![answer("yes")]].concat()).await;
    let passed = |lab: &Lab| lab.decided().iter().filter(|it| *it == "first check passed").count();
    while passed(&lab) < 3 {
        let got = lab.chat(PLAIN).await;
        let by = got.header("x-litellm-model-id");
        assert!(by == "second" || passed(&lab) == 3, "between checks, too, nobody else asks it");
        tokio::time::sleep(SECOND / 10).await;
    }
    let at = checks(&lab, "first");
    assert_eq!(at.len(), 6, "three that fail, three that prove: {at:?}");
    assert!(at[3..].windows(2).all(|pair| pair[1] > pair[0]), "not all at once: {at:?}");
    assert_eq!(lab.chat(PLAIN).await.header("x-litellm-model-id"), "first");
}

#[tokio::test(start_paused = true)]
async fn whoever_refuses_the_check_itself_is_there() {
    let lab = cooled(checked(&["first", "second"]), &[refusal(400, &[]), answer("yes")]).await;
    tokio::time::sleep(8 * SECOND).await;
    assert_eq!(lab.chat(PLAIN).await.header("x-litellm-model-id"), "first");
    assert_eq!(metric(&lab, "brownout_health_checks_passed_total", "first").await, 1.0);
}

#[tokio::test(start_paused = true)]
async fn where_nobody_else_is_left_a_client_asks_all_the_same() {
    let lab = Lab::new();
    lab.upstream("first", &[refusal(500, &[]), refusal(500, &[]), Act::Hang, answer("yes")]);
    let mut config = checked(&["first"]);
    config.router.num_retries = 0;
    lab.gateway(config);
    for _ in 0..2 {
        lab.chat(PLAIN).await;
    }
    tokio::time::sleep(6 * SECOND).await;
    assert_eq!(checks(&lab, "first").len(), 1, "the check hangs");
    assert_eq!(lab.chat(PLAIN).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_where_the_config_does_not_ask_for_it() {
    for mut config in [priority(&["first", "second"]), litellm(&["first", "second"])] {
        if config.personality.kind == gateway::policy::Kind::Emulated {
            config.own.health_checks = HealthChecks::All { every: SECOND };
        }
        let lab = Lab::new();
        lab.upstream("first", &[refusal(429, &[]), answer("yes")]);
        lab.upstream("second", &[answer("yes")]);
        lab.gateway(config);
        assert_eq!(lab.chat(PLAIN).await.status, 200);
        let before = lab.hosts().len();
        tokio::time::sleep(120 * SECOND).await;
        assert_eq!(lab.hosts().len(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn regular_checks_are_spread_and_find_out_what_no_client_asked() {
    let lab = Lab::new();
    lab.upstream("first", &[answer("yes"), refusal(503, &[]), refusal(503, &[]), answer("yes")]);
    lab.upstream("second", &[answer("yes")]);
    lab.gateway(regular(&["first", "second"]));
    tokio::time::sleep(22 * SECOND).await;
    assert_eq!((checks(&lab, "first"), checks(&lab, "second")), (vec![0, 10, 20], vec![5, 15]));
    let cooled = lab.decided().iter().any(|line| line.starts_with("first cooldown"));
    assert!(cooled, "two failures in a row: {:?}", lab.decided());
    assert_eq!(lab.chat(PLAIN).await.header("x-litellm-model-id"), "second");
    tokio::time::sleep(8 * SECOND).await;
    assert_eq!(lab.chat(PLAIN).await.header("x-litellm-model-id"), "first");
}

/// A check that is answered says that a deployment lives, not that it does what clients ask.
#[tokio::test(start_paused = true)]
async fn a_check_does_not_hide_failures_of_requests() {
    let lab = Lab::new();
    let acts = [refusal(500, &[]), answer("yes"), refusal(500, &[])];
    lab.upstream("first", &acts).upstream("second", &[answer("yes")]);
    let mut config = checked(&["first", "second"]);
    config.own.health_checks = HealthChecks::All { every: 20 * SECOND };
    // The first check of `first` comes when the lab begins, and would take the first act.
    config.deployments.reverse();
    config.deployments[1].order = Some(1);
    config.deployments[0].order = Some(2);
    lab.gateway(config);
    lab.chat(PLAIN).await;
    tokio::time::sleep(11 * SECOND).await;
    assert_eq!(checks(&lab, "first"), [10]);
    lab.chat(PLAIN).await;
    let decided = lab.decided();
    assert!(decided.iter().any(|line| line.starts_with("first cooldown")), "{decided:?}");
}

#[tokio::test(start_paused = true)]
async fn checks_are_no_requests_of_clients() {
    let lab = Lab::new();
    lab.upstream("first", &[answer("yes")]);
    lab.gateway(regular(&["first"]));
    tokio::time::sleep(25 * SECOND).await;
    assert_eq!(metric(&lab, "brownout_health_checks_passed_total", "first").await, 3.0);
    for name in ["total_requests", "success_responses", "failure_responses"] {
        let name = format!("litellm_deployment_{name}_total");
        let page = lab.send("GET", "/metrics", &[], "").await.body;
        let told: Vec<&str> =
            page.lines().filter(|line| line.starts_with(&format!("{name}{{"))).collect();
        assert!(told.iter().all(|line| line.ends_with(" 0")), "{told:?}");
    }
    let requests = "litellm_proxy_total_requests_metric_total{";
    assert!(!lab.send("GET", "/metrics", &[], "").await.body.contains(requests));
}

#[tokio::test(start_paused = true)]
async fn embedders_are_asked_for_a_word_and_who_cannot_be_asked_is_probed_by_clients() {
    let lab = Lab::new();
    let vector = json!({"object": "list", "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1},
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]});
    let vector = Act::Reply(200, Vec::new(), vector.to_string());
    lab.upstream("first", &[vector]).upstream("second", &[answer("yes")]);
    let mut config = regular(&["first", "second"]);
    config.deployments[0].health_check.asks = CheckAsks::Embedding;
    config.deployments[1].health_check.asks = CheckAsks::Nothing;
    lab.gateway(config);
    tokio::time::sleep(5 * SECOND).await;
    let sent = lab.sent.lock().expect("no poison").clone();
    let asked: Vec<_> = sent.iter().map(|sent| (sent.path.as_str(), sent.body.as_str())).collect();
    assert_eq!(asked, [("/v1/embeddings", r#"{"model":"gpt-4o","input":"ping"}"#)]);

    let mut config = checked(&["first", "second"]);
    config.deployments[0].model = Arc::from("*");
    let lab = cooled(config, &[answer("yes")]).await;
    tokio::time::sleep(8 * SECOND).await;
    assert_eq!(requests(&lab, "first"), 2);
    assert_eq!(lab.chat(PLAIN).await.header("x-litellm-model-id"), "first");
    assert_eq!(requests(&lab, "first"), 3, "a client's request is the probe");
}

#[tokio::test(start_paused = true)]
async fn checks_end_with_their_gateway_and_follow_its_config() {
    let lab = Lab::new();
    lab.upstream("first", &[Act::Hang]);
    let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let gateway = lab.mortal(regular(&["first"]));
    tokio::time::sleep(SECOND).await;
    assert_eq!(checks(&lab, "first"), [0]);
    gateway.abort();
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(checks(&lab, "first"), [0]);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), tasks);

    let lab = Lab::new();
    lab.upstream("first", &[answer("yes")]);
    let gateway = lab.reloadable(priority(&["first"]));
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(lab.hosts(), [""; 0]);
    gateway.reload(Arc::new(regular(&["first"]))).expect("a config");
    tokio::time::sleep(15 * SECOND).await;
    assert_eq!(checks(&lab, "first"), [60, 70]);
    gateway.reload(Arc::new(priority(&["first"]))).expect("a config");
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(checks(&lab, "first").len(), 2);
}

fn read(general: &serde_json::Value, own: &serde_json::Value) -> config_file::Loaded {
    let config = json!({
        "model_list": [
            {"model_name": "chat", "litellm_params": {"model": "openai/gpt-4o", "api_key": "k"}},
            {"model_name": "any", "litellm_params": {"model": "openai/*", "api_key": "k"}, "model_info": {
                "health_check_model": "openai/gpt-4o-mini", "health_check_timeout": 4, "health_check_max_tokens": 16}},
            {"model_name": "words", "litellm_params": {"model": "openai/text-embedding-3-small", "api_key": "k"}},
            {"model_name": "sound", "litellm_params": {"model": "openai/whisper-1", "api_key": "k"}},
            {"model_name": "mute", "litellm_params": {"model": "openai/gpt-4o", "api_key": "k"},
                "model_info": {"disable_background_health_check": true}},
        ],
        "general_settings": general,
        "brownout_settings": own,
    });
    config_file::read(&config, &Dummies).expect("a config")
}

#[test]
fn configs_say_which_deployments_are_checked_and_how() {
    let all = |seconds| HealthChecks::All { every: Duration::from_secs(seconds) };
    for (general, own, expected) in [
        (json!({}), json!({}), HealthChecks::Off),
        (json!({"background_health_checks": true}), json!({}), all(300)),
        (json!({"background_health_checks": false}), json!({}), HealthChecks::Off),
        (
            json!({"background_health_checks": true, "health_check_interval": 20}),
            json!({}),
            all(20),
        ),
        (
            json!({"background_health_checks": true, "health_check_interval": 0}),
            json!({}),
            HealthChecks::Off,
        ),
        (
            json!({"background_health_checks": true}),
            json!({"health_checks": "half_open"}),
            HealthChecks::HalfOpen,
        ),
        (
            json!({"background_health_checks": true}),
            json!({"health_checks": false}),
            HealthChecks::Off,
        ),
        (json!({"health_check_interval": 7}), json!({"health_checks": "all"}), all(7)),
        (json!({}), json!({"health_checks": "half_open"}), HealthChecks::HalfOpen),
    ] {
        let read = read(&general, &own).config;
        assert_eq!(read.own.health_checks, expected, "{general} {own}");
    }
    let read = read(&json!({}), &json!({})).config;
    let asked: Vec<CheckAsks> = read.deployments.iter().map(|one| one.checked_by()).collect();
    let (chat, embedding, nothing) = (CheckAsks::Chat, CheckAsks::Embedding, CheckAsks::Nothing);
    assert_eq!(asked, [chat, chat, embedding, nothing, nothing]);
    let check = &read.deployments[1].health_check;
    assert_eq!(check.model.as_deref(), Some("gpt-4o-mini"));
    assert_eq!((check.timeout(), check.max_tokens()), (4 * SECOND, 16));
    assert_eq!(read.deployments[0].health_check.timeout(), 10 * SECOND);
}
