//! What releases of LiteLLM do otherwise than those before.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::time::Duration;

use crate::support::*;
use gateway::config::Config;

fn played_by(personality: &str) -> Config {
    let mut config = litellm(&["a"]);
    config.personality = gateway::policy::find(personality).expect("a personality");
    config
}

/// Breaks off after its head, and after these.
fn breaks_after(frames: &[Step]) -> Act {
    let soon = Step::Wait(Duration::from_millis(50));
    Act::Stream([frames.to_vec(), vec![soon, Step::Cut]].concat())
}

#[tokio::test(start_paused = true)]
async fn from_1_108_on_a_stream_that_breaks_before_its_first_frame_is_retried() {
    for (personality, hosts) in [("litellm-1.106", &["a"][..]), ("litellm-1.108", &["a", "a"])] {
        let lab = Lab::new();
        lab.upstream("a", &[breaks_after(&[]), stream(2)]).gateway(played_by(personality));
        let got = lab.chat(STREAM).await;
        assert_eq!(lab.hosts(), hosts, "{personality}");
        assert_eq!(got.done(), hosts.len() == 2, "{personality}: {}", got.body);
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_breaks_after_its_first_frame_is_not() {
    for personality in ["litellm-1.106", "litellm-1.108"] {
        let lab = Lab::new();
        lab.upstream("a", &[breaks_after(&[role()]), stream(2)]).gateway(played_by(personality));
        let got = lab.chat(STREAM).await;
        assert_eq!(lab.hosts(), ["a"], "{personality}");
        assert!(got.error_event().is_some(), "{personality}: {}", got.body);
    }
}
