//! Limits that several deployments share, context windows and requests per day reach the fakes.

use crate::support::{CALM, load, load_with};

#[test]
fn two_keys_share_one_bucket() {
    let plan = load(&format!(
        "{CALM}quotas:\n  pool: {{ limits: {{ requests: 60/min, tokens: 30k/min }}, deployments: ['provider:azure', west] }}\n\
         deployments:\n  west: {{ limits: {{ requests: 10/min }}, context_window: 8000 }}\n  \
         claude: {{ limits: {{ requests_per_day: 500 }} }}\n"
    ))
    .expect("a valid scenario");
    let [quota] = &plan.fakes.quotas[..] else { unreachable!("one quota") };
    assert_eq!((&*quota.id, &quota.deployments[..]), ("pool", &[0, 1][..]));
    assert_eq!(quota.limits.requests.expect("limited").amount, 60);
    assert_eq!(plan.fakes.deployments[0].context_window, Some(8000));
    assert_eq!(plan.fakes.deployments[2].limits.requests_per_day, Some(500));
    let said = "quota pool: west, east share 60/min requests, 30000/min tokens; it takes the place of \
                the own limits of west";
    assert!(plan.notes.iter().any(|note| note == said), "{:?}", plan.notes);
    // 8 requests a second at a pool of one: throttled before anything is broken.
    let line = |line: &&String| line.contains("throttled before any fault");
    assert!(plan.warnings.iter().find(line).is_some(), "{:?}", plan.warnings);
    let hash = |text: &str| load_with(text, |_| {}).expect("valid").digest;
    assert_ne!(hash(CALM), plan.digest);
}

#[test]
fn what_cannot_be_shared_is_told() {
    for (quotas, words) in [
        ("{ pool: { limits: { requests: 6/min }, deployments: [all] } }", "no two providers share"),
        ("{ pool: { limits: {}, deployments: [west] } }", "limits nothing"),
        ("{ pool: { limits: { requests: 6/min }, deployments: [] } }", "nobody shares"),
        ("{ pool: { limits: { requests: 6/min }, deployments: [wst] } }", "did you mean `west`"),
        (
            "{ a: { limits: { requests: 6/min }, deployments: [west] }, b: { limits: { requests: 6/min }, deployments: [west] } }",
            "shares the quota `a` already",
        ),
        ("{ pool: { limit: {}, deployments: [west] } }", "did you mean `limits`"),
        ("[]", "expected quotas by name"),
    ] {
        let shown = load(&format!("{CALM}quotas: {quotas}\n")).expect_err("a mistake").to_string();
        assert!(shown.contains(words) && shown.contains("scenario.yaml:"), "{quotas}: {shown}");
    }
}
