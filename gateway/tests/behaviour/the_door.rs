//! Routes, keys, bodies, headers: what a client meets before and around an answer.

use crate::support::*;
use gateway::config::Secret;

fn guarded() -> Lab {
    let lab = Lab::new();
    let mut config = litellm(&["a"]);
    config.master_key = Some(Secret::new("sk-master"));
    lab.upstream("a", &[answer("yes")]).gateway(config);
    lab
}

#[tokio::test(start_paused = true)]
async fn the_key_is_accepted_in_every_header_that_sdks_use() {
    let lab = guarded();
    for (path, name, value) in [
        ("/v1/chat/completions", "authorization", "Bearer sk-master"),
        ("/chat/completions", "authorization", "bearer sk-master"),
        ("/v1/chat/completions", "x-litellm-api-key", "sk-master"),
        ("/v1/chat/completions", "x-litellm-api-key", "Bearer sk-master"),
        ("/openai/deployments/model/chat/completions", "api-key", "sk-master"),
    ] {
        assert_eq!(lab.post(path, &[(name, value)], PLAIN).await.status, 200, "{name}: {value}");
    }
    for sent in &*lab.sent.lock().expect("no poison") {
        assert_eq!(sent.headers["authorization"], "Bearer sk-upstream", "never the client's key");
        assert!(
            !sent.headers.contains_key("x-litellm-api-key")
                && !sent.headers.contains_key("api-key")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn other_keys_get_a_401_that_does_not_repeat_them() {
    let lab = guarded();
    for (key, kind) in [
        (None, "auth_error"),
        (Some("Bearer other"), "auth_error"),
        (Some("Bearer sk-other"), "token_not_found_in_db"),
        (Some("Bearer sk-master2"), "token_not_found_in_db"),
        (Some("Bearer sk-maste"), "token_not_found_in_db"),
    ] {
        let headers: Vec<_> = key.iter().map(|key| ("authorization", *key)).collect();
        for (method, path) in [
            ("POST", "/v1/chat/completions"),
            ("GET", "/v1/models"),
            ("GET", "/metrics"),
            ("GET", "/health"),
        ] {
            let got = lab.send(method, path, &headers, PLAIN).await;
            assert_eq!((got.status, &got.json()["error"]["type"]), (401, &kind.into()), "{path}");
            assert_eq!(got.json()["error"]["code"], "401");
            assert!(!got.body.contains("other") && !got.body.contains("sk-master"), "{}", got.body);
        }
    }
    assert!(lab.hosts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn models_are_listed_as_openai_lists_them() {
    let lab = Lab::new();
    lab.gateway(with_backup(litellm(&["a", "b"])));
    for path in ["/v1/models", "/models"] {
        let got = lab.send("GET", path, &[], "").await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(got.body, @r#"{"object":"list","data":[{"id":"model","object":"model","created":1677610602,"owned_by":"openai"},{"id":"backup","object":"model","created":1677610602,"owned_by":"openai"}]}"#);
        }
    }
    let one = lab.send("GET", "/v1/models/backup", &[], "").await;
    assert_eq!((one.status, &one.json()["id"]), (200, &"backup".into()));
    assert_eq!(lab.send("GET", "/v1/models/other", &[], "").await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn health_is_open_where_probes_need_it() {
    let lab = guarded();
    for path in ["/health/liveliness", "/health/liveness"] {
        assert_eq!(lab.send("GET", path, &[], "").await.body, "\"I'm alive!\"");
    }
    assert_eq!(lab.send("GET", "/health/readiness", &[], "").await.json()["status"], "healthy");
    let health = lab.send("GET", "/health", &[("authorization", "Bearer sk-master")], "").await;
    assert_eq!(health.json()["healthy_count"], 1);
    assert_eq!(health.json()["healthy_endpoints"][0]["model_id"], "a");
    assert!(lab.hosts().is_empty(), "asking calls no provider");
}

#[tokio::test(start_paused = true)]
async fn a_gateway_is_not_ready_while_nobody_could_answer() {
    let lab = Lab::new();
    lab.upstream("a", &[refusal(429, &[("retry-after", "9")])]).upstream("b", &[answer("yes")]);
    lab.gateway(priority(&["a", "b"]));
    lab.chat(PLAIN).await;
    let ready = || lab.send("GET", "/health/readiness", &[], "");
    assert_eq!(ready().await.status, 200, "one is left");
    let lab = Lab::new();
    lab.upstream("a", &[refusal(429, &[("retry-after", "9")]), answer("yes")]);
    lab.gateway(priority(&["a"]));
    let mut body: serde_json::Value = serde_json::from_str(PLAIN).expect("JSON");
    body["num_retries"] = serde_json::json!(0);
    lab.chat(&body.to_string()).await;
    let got = lab.send("GET", "/health/readiness", &[], "").await;
    assert_eq!((got.status, got.json()["status"].as_str()), (503, Some("unhealthy")));
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    assert_eq!(lab.send("GET", "/health/readiness", &[], "").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_cooling_deployment_shows_in_health_and_metrics() {
    let lab = Lab::new();
    lab.upstream("a", &[refusal(429, &[])]).upstream("b", &[answer("yes")]);
    lab.gateway(litellm(&["a", "b"]));
    lab.chat(PLAIN).await;
    let health = lab.send("GET", "/health", &[], "").await.json();
    assert_eq!(
        (&health["unhealthy_count"], &health["unhealthy_endpoints"][0]["model_id"]),
        (&1.into(), &"a".into())
    );
    let metrics = lab.send("GET", "/metrics", &[], "").await;
    assert!(metrics.header("content-type").starts_with("text/plain; version=0.0.4"));
    let a = "litellm_model_name=\"openai/gpt-4o\",model_id=\"a\",api_base=\"a:443\",api_provider=\"openai\"";
    for line in [
        format!("litellm_deployment_state{{{a}}} 2"),
        format!("litellm_deployment_cooled_down_total{{{a}}} 1"),
        format!("litellm_deployment_failure_responses_total{{{a},reason=\"rate_limited\"}} 1"),
        "litellm_proxy_total_requests_metric_total{status_code=\"200\"} 1".to_owned(),
        "litellm_request_total_latency_metric_count 1".to_owned(),
    ] {
        assert!(metrics.body.lines().any(|found| found == line), "{line}\n{}", metrics.body);
    }
}

#[tokio::test(start_paused = true)]
async fn bad_requests_are_named() {
    let lab = Lab::new();
    lab.gateway(litellm(&["a"]));
    let chat = "/v1/chat/completions";
    for (method, path, body, status, param, text) in [
        ("POST", chat, "{", 400, "request_body", "Invalid request format"),
        ("POST", chat, "[]", 400, "request_body", "Invalid request format"),
        ("POST", chat, r#"{"model":"model"}"#, 400, "messages", "messages is required"),
        ("POST", chat, r#"{"messages":[]}"#, 400, "model", "model is required"),
        (
            "POST",
            chat,
            r#"{"model":"x","messages":[]}"#,
            400,
            "model",
            "Invalid model name passed in model=x. Call `/v1/models`",
        ),
        ("GET", chat, "", 405, "", "Method Not Allowed"),
        ("DELETE", "/v1/models", "", 405, "", "Method Not Allowed"),
        ("GET", "/nowhere", "", 404, "", "Not Found: /nowhere"),
        ("POST", "/v1/nowhere", "{}", 404, "", "Not Found: /v1/nowhere"),
    ] {
        let got = lab.send(method, path, &[], body).await;
        assert_eq!(got.status, status, "{method} {path} {body}");
        let error = &got.json()["error"];
        assert_eq!(error["code"], status.to_string());
        assert_eq!(error["param"].as_str().unwrap_or_default(), param);
        assert!(error["message"].as_str().expect("a text").contains(text), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_bound_is_a_413() {
    let lab = Lab::new();
    lab.gateway(litellm(&["a"]));
    let padding = "x".repeat(wire::openai::MAX_BODY_BYTES);
    let body =
        format!(r#"{{"model":"model","messages":[{{"role":"user","content":"{padding}"}}]}}"#);
    let got = lab.chat(&body).await;
    assert_eq!((got.status, &got.json()["error"]["code"]), (413, &"413".into()));
}

#[tokio::test(start_paused = true)]
async fn large_prompts_fail_over_like_small_ones() {
    let lab = Lab::new();
    lab.upstream("a", &[Act::Reset]).upstream("b", &[answer("yes")]);
    lab.gateway(priority(&["a", "b"]));
    let prompt = "word ".repeat(400_000);
    let body =
        format!(r#"{{"model":"model","messages":[{{"role":"user","content":"{prompt}"}}]}}"#);
    assert_eq!(lab.chat(&body).await.status, 200);
    let sent = lab.sent.lock().expect("no poison");
    assert!(sent[1].body.len() > 2_000_000 && sent[0].body == sent[1].body);
}

#[tokio::test(start_paused = true)]
async fn answers_say_who_served_them() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes"), stream(2)]).gateway(litellm(&["a"]));
    for body in [PLAIN, STREAM] {
        let got = lab.chat(body).await;
        for (name, value) in [
            ("x-litellm-call-id", "call-1"),
            ("x-litellm-model-id", "a"),
            ("x-litellm-model-group", "model"),
            ("x-litellm-model-api-base", "https://a:443/v1"),
            ("x-litellm-attempted-retries", "0"),
            ("x-litellm-attempted-fallbacks", "0"),
            ("x-litellm-max-retries", ""),
            ("x-litellm-model-name", "openai/gpt-4o"),
            ("x-litellm-timeout", ""),
        ] {
            assert_eq!(got.header(name), value, "{name}");
        }
        assert!(!got.header("x-litellm-response-duration-ms").is_empty());
        assert_eq!(
            got.header("llm_provider-x-request-id"),
            if body == PLAIN { "req-1" } else { "" }
        );
    }
    let stream = lab.chat(STREAM).await;
    assert_eq!(stream.header("content-type"), "text/event-stream; charset=utf-8");
}

#[tokio::test(start_paused = true)]
async fn call_ids_are_made_up_where_none_came() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]).gateway(litellm(&["a"]));
    let first = lab.post("/v1/chat/completions", &[], PLAIN).await;
    let second = lab.post("/v1/chat/completions", &[], PLAIN).await;
    assert_eq!(first.header("x-litellm-call-id").len(), 36);
    assert_ne!(first.header("x-litellm-call-id"), second.header("x-litellm-call-id"));
}

/// Call ids go into logs and tables, so their length is bounded.
#[tokio::test(start_paused = true)]
async fn a_call_id_of_more_than_128_bytes_is_replaced() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]).gateway(litellm(&["a"]));
    let longest = "x".repeat(128);
    let kept = lab.post("/v1/chat/completions", &[("x-litellm-call-id", &longest)], PLAIN).await;
    assert_eq!(kept.header("x-litellm-call-id"), longest);
    let longer = "x".repeat(129);
    let fresh = lab.post("/v1/chat/completions", &[("x-litellm-call-id", &longer)], PLAIN).await;
    let id = fresh.header("x-litellm-call-id");
    assert_eq!((fresh.status, id.len()), (200, 36), "{id}");
    let none = lab.post("/v1/chat/completions", &[], PLAIN).await;
    let other = none.header("x-litellm-call-id");
    assert!(other.len() == 36 && other != id, "{other}");
}

/// In a run the same id is the same luck everywhere; a client that gives all its requests one must not send them all
/// one way.
#[tokio::test(start_paused = true)]
async fn one_call_id_for_all_requests_is_one_way_in_a_run_and_not_at_a_gateway_that_serves() {
    for (live, ways) in [(false, 1), (true, 2)] {
        let lab = Lab::new();
        lab.upstream("a", &[answer("yes")]).upstream("b", &[answer("yes")]);
        let shuffled = config("simple-shuffle", vec![deployment("a"), deployment("b")]);
        if live {
            lab.live(shuffled)
        } else {
            lab.gateway(shuffled)
        };
        for _ in 0..40 {
            let got =
                lab.post("/v1/chat/completions", &[("x-litellm-call-id", "mine")], PLAIN).await;
            assert_eq!((got.status, got.header("x-litellm-call-id")), (200, "mine"));
        }
        let asked: std::collections::BTreeSet<String> = lab.hosts().into_iter().collect();
        assert_eq!(asked.len(), ways, "live: {live}");
    }
}
