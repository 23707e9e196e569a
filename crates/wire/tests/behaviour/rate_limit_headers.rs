//! Limits survive the way through headers, in the spelling of each provider.

use std::time::Duration;

use proptest::prelude::*;
use wire::{
    RetryAfter, Window, anthropic, azure,
    openai::{self, format_go_duration, parse_go_duration},
};

#[test]
fn openai_s_documented_headers() {
    let documented = include_str!("../../fixtures/openai/rate_limit_headers.txt");
    let limits = openai::RateLimits::read(|name| header(documented, name));
    let window = |limit, remaining, reset_s| Window {
        limit: Some(limit),
        remaining: Some(remaining),
        reset: Some(Duration::from_secs(reset_s)),
    };
    assert_eq!(limits.requests, window(60, 59, 1));
    assert_eq!(limits.tokens, window(150_000, 149_984, 360));
    assert_eq!(lines(limits.to_headers()), documented);
}

#[test]
fn anthropic_s_documented_headers() {
    let documented = include_str!("../../fixtures/anthropic/rate_limit_headers.txt");
    let limits = anthropic::RateLimits::read(|name| header(documented, name));
    assert_eq!(limits.requests.reset, Some(1_767_225_618));
    assert_eq!(limits.output_tokens.limit, Some(8_000));
    assert_eq!(lines(limits.to_headers()), documented);
}

#[test]
fn absent_and_unreadable_headers_are_no_limits() {
    assert_eq!(openai::RateLimits::read(|_| None), openai::RateLimits::default());
    assert_eq!(openai::RateLimits::read(|_| Some("soon")), openai::RateLimits::default());
    assert_eq!(anthropic::RateLimits::read(|_| Some("-1")), anthropic::RateLimits::default());
    assert!(openai::RateLimits::default().to_headers().is_empty());
}

#[test]
fn go_durations() {
    for (text, millis) in [
        ("1s", 1_000),
        ("6m0s", 360_000),
        ("17ms", 17),
        ("1.5s", 1_500),
        ("1h0m0.25s", 3_600_250),
        ("0s", 0),
    ] {
        let duration = Duration::from_millis(millis);
        assert_eq!(parse_go_duration(text), Some(duration));
        assert_eq!(format_go_duration(duration), text);
    }
    assert_eq!(format_go_duration(Duration::from_nanos(1_500)), "1.5µs");
    for none in ["", "1", "s", "1x", "-1s", ".s", "1.2.3s", "99999999999h"] {
        assert_eq!(parse_go_duration(none), None, "{none}");
    }
}

#[test]
fn retry_after_in_all_its_forms() {
    let read = |headers: &'static str| RetryAfter::read(|name| header(headers, name));
    let after = |millis| Some(RetryAfter::After(Duration::from_millis(millis)));
    assert_eq!(read("retry-after: 2\n"), after(2_000));
    assert_eq!(read("retry-after: 0.25\n"), after(250));
    assert_eq!(read("retry-after: 2\nretry-after-ms: 1500\n"), after(1_500));
    assert_eq!(read("retry-after: 2\nretry-after-ms: x\n"), after(2_000));
    let date = "Thu, 01 Jan 2026 00:00:20 GMT";
    assert_eq!(
        read("retry-after: Thu, 01 Jan 2026 00:00:20 GMT\n"),
        Some(RetryAfter::At(date.into()))
    );
    for none in
        ["", "retry-after: -1\n", "retry-after: soon\n", "retry-after: NaN\n", "retry-after: inf\n"]
    {
        assert_eq!(read(none), None, "{none}");
    }
}

#[test]
fn azure_paths() {
    let path = azure::chat_completions_path("gpt-4o", "2024-08-01-preview");
    assert_eq!(path, "/openai/deployments/gpt-4o/chat/completions?api-version=2024-08-01-preview");
    let (path, query) = path.split_once('?').unwrap();
    assert_eq!(azure::deployment_of(path), Some("gpt-4o"));
    assert_eq!(azure::api_version_of(query), Some("2024-08-01-preview"));
    assert_eq!(azure::deployment_of("/openai/deployments/a/b/chat/completions"), None);
    assert_eq!(azure::deployment_of("/openai/deployments//chat/completions"), None);
    assert_eq!(azure::api_version_of("x=1&api-version="), None);
}

proptest! {
    #[test]
    fn any_duration_returns(nanos in any::<u64>()) {
        let duration = Duration::from_nanos(nanos);
        prop_assert_eq!(parse_go_duration(&format_go_duration(duration)), Some(duration));
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9.a-zµ:+TZ-]{0,30}") {
        let _ = parse_go_duration(&text);
        let _ = RetryAfter::read(|_| Some(&text));
        let _ = anthropic::RateLimits::read(|_| Some(&text));
    }
}

fn header<'h>(headers: &'h str, name: &str) -> Option<&'h str> {
    headers.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

fn lines(headers: Vec<(&'static str, String)>) -> String {
    headers.into_iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}
