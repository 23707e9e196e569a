//! `litellm-1.106`: LiteLLM's router, quirks included, after its source of 1.106 and held against 1.106.2 on the wire.

use super::litellm::LiteLlm;
use super::litellm::release::Release;
use super::{Kind, Personality};

pub(super) const PERSONALITY: Personality = Personality {
    name: "litellm-1.106",
    kind: Kind::Emulated,
    summary: "LiteLLM 1.106: its retries, fallbacks, cooldowns, timeouts and error texts.",
    policy: &LiteLlm { release: Release::V1_106 },
};
