//! The table of providers: one row each, by the prefix that LiteLLM knows.
//!
//! Prefixes, addresses and variables are LiteLLM 1.106.2's, found by asking it for a completion under each of
//! its prefixes and keeping the request that it would have sent. It must never know a config.

use vocab::Protocol;

use super::{BaseForm, Provider};
use crate::config::{Familiarity, Platform};

/// A provider that speaks OpenAI's protocol, and where LiteLLM looks for what the config does not
/// give: variables of its address and of its key, the first one first.
const fn compatible(
    name: &'static str,
    api_base: Option<&'static str>,
    base_variables: &'static str,
    key_variables: &'static str,
) -> Provider {
    Provider {
        name,
        vendor: name,
        protocol: Protocol::OpenAi,
        platform: Platform::Own,
        familiarity: Familiarity::Known,
        api_base,
        base_form: BaseForm::AsGiven,
        base_variables,
        key_variables,
    }
}

const OPENAI_BASES: &str = "OPENAI_BASE_URL OPENAI_API_BASE";

/// Further prefixes that LiteLLM knows (1.106.2, `types/utils.py`: `LlmProviders`), of whose protocol nothing is known here.
pub(super) const ROWLESS: &str = "\
    a2a a2a_agent agentcore anthropic_text apertis apiserpent assemblyai auto_router aws_polly \
    aws_textract azure_speech azure_text bedrock_mantle bing_grounding black_forest_labs brave \
    bytez charity_engine chatgpt clarifai cognition compactifai cortecs cursor custom \
    darkbloom dataforseo datarobot deepgram dotprompt duckduckgo e2b edenai elevenlabs empower \
    exa_ai fal_ai fastcrw firecrawl gdc gigachat github_copilot google_pse gradient_ai heroku \
    humanloop infinity jina_ai langflow langfuse langgraph lemonade libertai linkup \
    litellm_agent manus meta milvus mongodb nadir neosantara nimble nlp_cloud nvidia_riva oci \
    oobabooga opensandbox parallel_ai parasail petals pg_vector pinstripes predibase prism \
    publicai qwen_ai_platform ragflow recraft reducto reka replicate runwayml s3_vectors \
    sagemaker sagemaker_chat sagemaker_nova sail sap scx-ai searchapi searxng serper snowflake \
    soniox stability strands_decider tavily tensormesh text-completion-codestral \
    text-completion-inception tinyfish topaz transcribe triton typesafe valkey voyage watsonx \
    watsonx_text xiaomi_mimo you_com";

/// What stands for a prefix that no row has.
pub(super) const UNLISTED: Provider =
    Provider { familiarity: Familiarity::Assumed, ..compatible("", None, "", "") };

const FOUNDRY: Provider = Provider {
    platform: Platform::Foundry,
    ..compatible("azure_ai", None, "AZURE_AI_API_BASE", "AZURE_AI_API_KEY")
};

/// Nobody here exchanges a service account's key for a token: these are where other tools put theirs.
const VERTEX: Provider = Provider {
    platform: Platform::Vertex,
    protocol: Protocol::Gemini,
    ..compatible(
        "vertex_ai",
        None,
        "VERTEXAI_API_BASE",
        "GOOGLE_OAUTH_ACCESS_TOKEN CLOUDSDK_AUTH_ACCESS_TOKEN",
    )
};

/// Anthropic's models on Azure AI Foundry.
pub(super) const CLAUDE_ON_FOUNDRY: Provider =
    Provider { protocol: Protocol::Anthropic, ..FOUNDRY };

/// Anthropic's models on Vertex AI.
pub(super) const CLAUDE_ON_VERTEX: Provider = Provider { protocol: Protocol::Anthropic, ..VERTEX };

/// The other publishers' models on Vertex AI.
pub(super) const CATALOGUE_ON_VERTEX: Provider = Provider { protocol: Protocol::OpenAi, ..VERTEX };

/// Every provider; those with a protocol of their own first.
#[rustfmt::skip]
pub(super) const ALL: &[Provider] = &[
    compatible("openai", Some("https://api.openai.com/v1"), OPENAI_BASES, "OPENAI_API_KEY"),
    Provider { protocol: Protocol::Azure, ..compatible("azure", None, "AZURE_API_BASE", "AZURE_API_KEY AZURE_OPENAI_API_KEY") },
    Provider { protocol: Protocol::Anthropic, ..compatible("anthropic", Some("https://api.anthropic.com"), "ANTHROPIC_API_BASE ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY") },
    Provider { protocol: Protocol::Gemini, ..compatible("gemini", Some("https://generativelanguage.googleapis.com/v1beta"), "GEMINI_API_BASE", "GOOGLE_API_KEY GEMINI_API_KEY") },
    Provider { protocol: Protocol::Bedrock, ..compatible("bedrock", None, "AWS_BEDROCK_RUNTIME_ENDPOINT", "AWS_BEARER_TOKEN_BEDROCK") },
    Provider { protocol: Protocol::Ollama, ..compatible("ollama", Some("http://localhost:11434"), "OLLAMA_API_BASE", "OLLAMA_API_KEY") },
    Provider { vendor: "ollama", protocol: Protocol::Ollama, ..compatible("ollama_chat", Some("http://localhost:11434"), "OLLAMA_API_BASE", "OLLAMA_API_KEY") },
    // OpenAI's under other names.
    Provider { vendor: "openai", ..compatible("custom_openai", Some("https://api.openai.com/v1"), OPENAI_BASES, "OPENAI_API_KEY") },
    Provider { vendor: "openai", ..compatible("text-completion-openai", Some("https://api.openai.com/v1"), OPENAI_BASES, "OPENAI_API_KEY") },
    Provider { vendor: "openai", ..compatible("aiohttp_openai", Some("https://api.openai.com/v1"), OPENAI_BASES, "OPENAI_API_KEY") },
    Provider { vendor: "openai", ..compatible("openai_like", None, "OPENAI_LIKE_API_BASE", "OPENAI_LIKE_API_KEY") },
    // Servers of one's own.
    compatible("hosted_vllm", None, "HOSTED_VLLM_API_BASE", "HOSTED_VLLM_API_KEY"),
    compatible("vllm", None, "VLLM_API_BASE", "VLLM_API_KEY"),
    compatible("lm_studio", None, "LM_STUDIO_API_BASE", "LM_STUDIO_API_KEY"),
    compatible("llamafile", Some("http://127.0.0.1:8080/v1"), "LLAMAFILE_API_BASE", "LLAMAFILE_API_KEY"),
    compatible("docker_model_runner", Some("http://localhost:22088/engines/llama.cpp"), "DOCKER_MODEL_RUNNER_API_BASE", "DOCKER_MODEL_RUNNER_API_KEY"),
    compatible("xinference", None, "XINFERENCE_API_BASE", "XINFERENCE_API_KEY"),
    compatible("litellm_proxy", None, "LITELLM_PROXY_API_BASE", "LITELLM_PROXY_API_KEY"),
    // Providers that the public knows.
    compatible("ai21", Some("https://api.ai21.com/studio/v1"), "AI21_API_BASE", "AI21_API_KEY"),
    Provider { vendor: "ai21", ..compatible("ai21_chat", Some("https://api.ai21.com/studio/v1"), "AI21_API_BASE", "AI21_API_KEY") },
    compatible("aihubmix", Some("https://aihubmix.com/v1"), "AIHUBMIX_API_BASE", "AIHUBMIX_API_KEY"),
    compatible("aiml", Some("https://api.aimlapi.com/v1"), "AIML_API_BASE", "AIML_API_KEY"),
    compatible("amazon_nova", Some("https://api.nova.amazon.com/v1"), "AMAZON_NOVA_API_BASE", "AMAZON_NOVA_API_KEY"),
    compatible("baseten", Some("https://inference.baseten.co/v1"), "BASETEN_API_BASE", "BASETEN_API_KEY"),
    compatible("cerebras", Some("https://api.cerebras.ai/v1"), "CEREBRAS_API_BASE", "CEREBRAS_API_KEY"),
    compatible("chutes", Some("https://llm.chutes.ai/v1"), "CHUTES_API_BASE", "CHUTES_API_KEY"),
    Provider { base_form: BaseForm::OfAccount, ..compatible("cloudflare", Some("https://api.cloudflare.com/client/v4/accounts/{account_id}/ai/v1"), "CLOUDFLARE_API_BASE", "CLOUDFLARE_API_KEY") },
    compatible("codestral", Some("https://codestral.mistral.ai/v1"), "CODESTRAL_API_BASE", "CODESTRAL_API_KEY MISTRAL_API_KEY"),
    // Its compatibility API; LiteLLM speaks Cohere's own protocol, at https://api.cohere.com/v2/chat.
    compatible("cohere", Some("https://api.cohere.ai/compatibility/v1"), "COHERE_API_BASE", "COHERE_API_KEY CO_API_KEY"),
    Provider { vendor: "cohere", ..compatible("cohere_chat", Some("https://api.cohere.ai/compatibility/v1"), "COHERE_API_BASE", "COHERE_API_KEY CO_API_KEY") },
    compatible("cometapi", Some("https://api.cometapi.com/v1"), "COMETAPI_API_BASE", "COMETAPI_API_KEY"),
    compatible("dashscope", Some("https://dashscope.aliyuncs.com/compatible-mode/v1"), "DASHSCOPE_API_BASE", "DASHSCOPE_API_KEY"),
    Provider { vendor: "dashscope", ..compatible("qwencloud", Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"), "QWENCLOUD_API_BASE", "QWENCLOUD_API_KEY DASHSCOPE_API_KEY") },
    compatible("databricks", None, "DATABRICKS_API_BASE", "DATABRICKS_API_KEY"),
    compatible("deepinfra", Some("https://api.deepinfra.com/v1/openai"), "DEEPINFRA_API_BASE", "DEEPINFRA_API_KEY"),
    compatible("deepseek", Some("https://api.deepseek.com/beta"), "DEEPSEEK_API_BASE", "DEEPSEEK_API_KEY"),
    compatible("featherless_ai", Some("https://api.featherless.ai/v1"), "FEATHERLESS_AI_API_BASE FEATHERLESS_API_BASE", "FEATHERLESS_AI_API_KEY FEATHERLESS_API_KEY"),
    compatible("fireworks_ai", Some("https://api.fireworks.ai/inference/v1"), "FIREWORKS_API_BASE", "FIREWORKS_API_KEY FIREWORKS_AI_API_KEY FIREWORKSAI_API_KEY FIREWORKS_AI_TOKEN"),
    compatible("friendliai", Some("https://api.friendli.ai/serverless/v1"), "FRIENDLI_API_BASE", "FRIENDLIAI_API_KEY FRIENDLI_TOKEN"),
    compatible("galadriel", Some("https://api.galadriel.com/v1"), "GALADRIEL_API_BASE", "GALADRIEL_API_KEY"),
    compatible("github", Some("https://models.inference.ai.azure.com"), "GITHUB_API_BASE", "GITHUB_API_KEY"),
    compatible("groq", Some("https://api.groq.com/openai/v1"), "GROQ_API_BASE", "GROQ_API_KEY"),
    compatible("helicone", Some("https://ai-gateway.helicone.ai"), "HELICONE_API_BASE", "HELICONE_API_KEY"),
    Provider { base_form: BaseForm::Versioned, ..compatible("huggingface", Some("https://router.huggingface.co/v1"), "HF_API_BASE HUGGINGFACE_API_BASE", "HF_TOKEN HUGGINGFACE_API_KEY") },
    compatible("hyperbolic", Some("https://api.hyperbolic.xyz/v1"), "HYPERBOLIC_API_BASE", "HYPERBOLIC_API_KEY"),
    compatible("inception", Some("https://api.inceptionlabs.ai/v1"), "INCEPTION_API_BASE", "INCEPTION_API_KEY"),
    compatible("lambda_ai", Some("https://api.lambda.ai/v1"), "LAMBDA_API_BASE", "LAMBDA_API_KEY"),
    compatible("maritalk", Some("https://chat.maritaca.ai/api"), "MARITALK_API_BASE", "MARITALK_API_KEY"),
    compatible("meta_llama", Some("https://api.llama.com/compat/v1"), "LLAMA_API_BASE", "LLAMA_API_KEY"),
    compatible("minimax", Some("https://api.minimax.io/v1"), "MINIMAX_API_BASE", "MINIMAX_API_KEY"),
    Provider { base_form: BaseForm::Versioned, ..compatible("mistral", Some("https://api.mistral.ai/v1"), "MISTRAL_AZURE_API_BASE", "MISTRAL_AZURE_API_KEY MISTRAL_API_KEY") },
    compatible("modelscope", Some("https://api-inference.modelscope.cn/v1"), "MODELSCOPE_API_BASE", "MODELSCOPE_API_KEY"),
    compatible("moonshot", Some("https://api.moonshot.ai/v1"), "MOONSHOT_API_BASE", "MOONSHOT_API_KEY"),
    compatible("morph", Some("https://api.morphllm.com/v1"), "MORPH_API_BASE", "MORPH_API_KEY"),
    compatible("nano-gpt", Some("https://nano-gpt.com/api/v1"), "NANOGPT_API_BASE", "NANOGPT_API_KEY"),
    compatible("nebius", Some("https://api.studio.nebius.ai/v1"), "NEBIUS_API_BASE", "NEBIUS_API_KEY"),
    compatible("novita", Some("https://api.novita.ai/v3/openai"), "NOVITA_API_BASE", "NOVITA_API_KEY"),
    compatible("nscale", Some("https://inference.api.nscale.com/v1"), "NSCALE_API_BASE", "NSCALE_API_KEY"),
    compatible("nvidia_nim", Some("https://integrate.api.nvidia.com/v1"), "NVIDIA_NIM_API_BASE", "NVIDIA_NIM_API_KEY"),
    compatible("openrouter", Some("https://openrouter.ai/api/v1"), "OPENROUTER_API_BASE", "OPENROUTER_API_KEY OR_API_KEY"),
    compatible("ovhcloud", Some("https://oai.endpoints.kepler.ai.cloud.ovh.net/v1"), "OVHCLOUD_API_BASE", "OVHCLOUD_API_KEY"),
    compatible("perplexity", Some("https://api.perplexity.ai"), "PERPLEXITY_API_BASE", "PERPLEXITYAI_API_KEY PERPLEXITY_API_KEY"),
    compatible("poe", Some("https://api.poe.com/v1"), "POE_API_BASE", "POE_API_KEY"),
    compatible("sambanova", Some("https://api.sambanova.ai/v1"), "SAMBANOVA_API_BASE", "SAMBANOVA_API_KEY"),
    compatible("scaleway", Some("https://api.scaleway.ai/v1"), "SCALEWAY_API_BASE", "SCW_SECRET_KEY"),
    compatible("synthetic", Some("https://api.synthetic.new/openai/v1"), "SYNTHETIC_API_BASE", "SYNTHETIC_API_KEY"),
    compatible("tencent", Some("https://tokenhub-intl.tencentcloudmaas.com/v1"), "TENCENT_API_BASE", "TENCENT_API_KEY"),
    compatible("together_ai", Some("https://api.together.ai/v1"), "TOGETHER_AI_API_BASE", "TOGETHER_API_KEY TOGETHER_AI_API_KEY TOGETHERAI_API_KEY TOGETHER_AI_TOKEN"),
    compatible("v0", Some("https://api.v0.dev/v1"), "V0_API_BASE", "V0_API_KEY"),
    compatible("veniceai", Some("https://api.venice.ai/api/v1"), "VENICE_AI_API_BASE", "VENICE_AI_API_KEY"),
    compatible("vercel_ai_gateway", Some("https://ai-gateway.vercel.sh/v1"), "VERCEL_AI_GATEWAY_API_BASE", "VERCEL_AI_GATEWAY_API_KEY"),
    compatible("volcengine", Some("https://ark.cn-beijing.volces.com/api/v3"), "VOLCENGINE_API_BASE", "VOLCENGINE_API_KEY"),
    compatible("wandb", Some("https://api.inference.wandb.ai/v1"), "WANDB_API_BASE", "WANDB_API_KEY"),
    compatible("xai", Some("https://api.x.ai/v1"), "XAI_API_BASE", "XAI_API_KEY"),
    compatible("zai", Some("https://api.z.ai/api/paas/v4"), "ZAI_API_BASE", "ZAI_API_KEY"),
    // Clouds that resell models: what a model is spoken to in follows from its name.
    FOUNDRY,
    VERTEX,
    Provider { name: "vertex_ai_beta", ..VERTEX },
];

/// Hosts of providers beside the one in their address of above.
pub(super) const OTHER_HOSTS: &[(&str, &str)] = &[
    ("ark.ap-southeast.bytepluses.com", "volcengine"),
    ("api.minimaxi.com", "minimax"),
    ("api.moonshot.cn", "moonshot"),
    ("api.cohere.com", "cohere"),
    ("api.together.xyz", "together_ai"),
    ("models.github.ai", "github"),
    ("open.bigmodel.cn", "zai"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ALL;

    #[test]
    fn every_prefix_has_one_row_and_every_address_can_be_called() {
        let names: BTreeSet<&str> = ALL.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), ALL.len());
        for row in ALL {
            assert!(names.contains(row.vendor), "{} is no row's vendor", row.vendor);
            if let Some(base) = row.api_base {
                let uri = base.replace(['{', '}'], "").parse::<http::Uri>().expect("a URL");
                assert!(world::Authority::from_uri(&uri).is_some(), "{base}");
                assert!(!base.ends_with('/'), "{base}");
            }
        }
    }
}
