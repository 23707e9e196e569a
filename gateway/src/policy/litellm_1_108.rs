//! `litellm-1.108`: LiteLLM's router, quirks included, after its source of 1.108 and held against 1.108.7 on the wire.

use super::litellm::LiteLlm;
use super::litellm::release::Release;
use super::{Kind, Personality};

pub(super) const PERSONALITY: Personality = Personality {
    name: "litellm-1.108",
    kind: Kind::Emulated,
    summary: "LiteLLM 1.108: retries streams that break before their first frame; a lone deployment with a fallback \
              cools where the config says so.",
    policy: &LiteLlm { release: Release::V1_108 },
};
