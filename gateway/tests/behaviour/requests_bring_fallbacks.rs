//! Fallbacks for single classes of errors that a request brings along, in the place of the config's.

use crate::support::*;

fn refuses(code: &str) -> Act {
    let message = match code {
        "context_length_exceeded" => "This model's maximum context length is 10 tokens.",
        "content_policy_violation" => "Rejected by our content management policy.",
        _ => "No.",
    };
    let body = format!(
        r#"{{"error":{{"message":"{message}","type":"invalid_request_error","param":null,"code":"{code}"}}}}"#
    );
    Act::Reply(400, vec![], body)
}

fn asking(extra: &str) -> String {
    PLAIN.replacen('{', &format!("{{{extra},"), 1)
}

const WINDOW: &str = r#""context_window_fallbacks":[{"model":["backup"]}]"#;
const POLICY: &str = r#""content_policy_fallbacks":[{"model":["backup"]}]"#;

#[tokio::test(start_paused = true)]
async fn they_are_gone_to_for_their_class_alone() {
    for (code, brought, hosts) in [
        ("context_length_exceeded", WINDOW, &["a", "backup"][..]),
        ("context_length_exceeded", POLICY, &["a"]),
        ("content_policy_violation", POLICY, &["a", "backup"]),
        ("content_policy_violation", WINDOW, &["a"]),
        ("invalid_value", WINDOW, &["a"]),
        ("context_length_exceeded", r#""context_window_fallbacks":[{"other":["backup"]}]"#, &["a"]),
        ("context_length_exceeded", r#""context_window_fallbacks":"backup""#, &["a"]),
    ] {
        for personality in ["litellm-1.106", "brownout"] {
            let lab = Lab::new();
            lab.upstream("a", &[refuses(code)]).upstream("backup", &[answer("yes")]);
            let mut config = with_backup(litellm(&["a"]));
            config.router.fallbacks.clear();
            config.personality = gateway::policy::find(personality).expect("a personality");
            lab.gateway(config);
            let got = lab.chat(&asking(brought)).await;
            assert_eq!(lab.hosts(), hosts, "{personality}: {code}, {brought}");
            assert_eq!(got.status == 200, hosts.len() == 2, "{personality}: {}", got.body);
            let sent = lab.sent.lock().expect("no poison");
            assert!(sent.iter().all(|sent| !sent.body.contains("fallbacks")), "{sent:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn they_stand_in_the_place_of_the_configs() {
    let lab = Lab::new();
    lab.upstream("a", &[refuses("context_length_exceeded")]);
    lab.upstream("backup", &[answer("the request's")]);
    let mut config = with_backup(litellm(&["a"]));
    config.router.fallbacks.clear();
    config.router.context_window_fallbacks.insert("model".into(), vec!["nobody".into()]);
    lab.gateway(config);
    assert_eq!(lab.chat(&asking(WINDOW)).await.status, 200);
    assert_eq!(lab.chat(PLAIN).await.status, 400);
}
