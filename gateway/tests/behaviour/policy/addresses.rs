//! Where deployments live, who runs them and what their models are called: from the prefixes and
//! addresses of a config.

use gateway::config::{Config, Deployment, Familiarity, Mode};
use gateway::litellm::{ConfigError, Dummies, Secrets, read};
use serde_json::{Value, json};
use vocab::Protocol;

/// The only deployment of a config.
fn deployment(params: Value) -> Deployment {
    one(params, &Dummies).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn one(params: Value, secrets: &dyn Secrets) -> Result<Deployment, Vec<ConfigError>> {
    let config = json!({"model_list": [{"model_name": "m", "litellm_params": params}]});
    let Config { mut deployments, .. } = read(&config, secrets)?.config;
    assert_eq!(deployments.len(), 1);
    Ok(deployments.remove(0))
}

/// An environment with these variables.
struct Environment(&'static [(&'static str, &'static str)]);

impl Secrets for Environment {
    fn resolve(&self, name: &str, _: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
    }
}

fn address(deployment: &Deployment) -> String {
    let scheme = if deployment.authority.tls { "https" } else { "http" };
    format!("{scheme}://{}{}", deployment.authority, deployment.base_path)
}

#[test]
fn every_provider_lives_where_litellm_calls_it() {
    for (model, at) in [
        ("gpt-4o", "https://api.openai.com:443/v1"),
        ("groq/m", "https://api.groq.com:443/openai/v1"),
        ("mistral/m", "https://api.mistral.ai:443/v1"),
        ("openrouter/a/b", "https://openrouter.ai:443/api/v1"),
        ("deepseek/m", "https://api.deepseek.com:443/beta"),
        ("xai/m", "https://api.x.ai:443/v1"),
        ("together_ai/m", "https://api.together.ai:443/v1"),
        ("fireworks_ai/m", "https://api.fireworks.ai:443/inference/v1"),
        ("perplexity/m", "https://api.perplexity.ai:443"),
        ("cerebras/m", "https://api.cerebras.ai:443/v1"),
        ("nvidia_nim/m", "https://integrate.api.nvidia.com:443/v1"),
        ("moonshot/m", "https://api.moonshot.ai:443/v1"),
        ("github/m", "https://models.inference.ai.azure.com:443"),
        ("cohere/m", "https://api.cohere.ai:443/compatibility/v1"),
        ("sambanova/m", "https://api.sambanova.ai:443/v1"),
        ("huggingface/a/b", "https://router.huggingface.co:443/v1"),
        ("minimax/m", "https://api.minimax.io:443/v1"),
        ("dashscope/m", "https://dashscope.aliyuncs.com:443/compatible-mode/v1"),
        ("volcengine/m", "https://ark.cn-beijing.volces.com:443/api/v3"),
        ("zai/m", "https://api.z.ai:443/api/paas/v4"),
        ("deepinfra/a/b", "https://api.deepinfra.com:443/v1/openai"),
        // Only the config or the environment knows these.
        ("hosted_vllm/m", "https://hosted-vllm.invalid:443"),
        ("vllm/m", "https://vllm.invalid:443"),
        ("lm_studio/m", "https://lm-studio.invalid:443"),
        ("databricks/m", "https://databricks.invalid:443"),
        ("azure/m", "https://azure.invalid:443"),
    ] {
        let found = deployment(json!({"model": model}));
        assert_eq!(address(&found), at, "{model}");
        assert_eq!(found.familiarity, Familiarity::Known, "{model}");
    }
    let account = json!({"model": "cloudflare/@cf/x", "account_id": "a/b"});
    let at = "https://api.cloudflare.com:443/client/v4/accounts/a%2Fb/ai/v1";
    assert_eq!(address(&deployment(account)), at);
}

#[test]
fn an_address_is_taken_as_litellm_takes_it() {
    for (model, base, path) in [
        ("openai/m", "http://h/llm/v1/", "/llm/v1"),
        ("openai/m", "http://h", ""),
        ("mistral/m", "http://h/pre", "/pre/v1"),
        ("mistral/m", "http://h/v1", "/v1"),
        ("huggingface/m", "http://h", "/v1"),
        ("hosted_vllm/m", "http://h/v1/chat/completions", "/v1"),
        ("azure/m", "http://h/genai/openai", "/genai/openai"),
        ("anthropic/m", "http://h/anthropic", "/anthropic"),
    ] {
        let found = deployment(json!({"model": model, "api_base": base}));
        assert_eq!(&*found.base_path, path, "{model} {base}");
    }
    let named = json!({
        "model": "azure/whatever", "api_base": "http://h/apim/openai/deployments/GPT%204o/"
    });
    assert_eq!(&*deployment(named).model, "GPT 4o", "the address names the deployment");
}

#[test]
fn what_an_address_holds_besides_is_told_and_not_repeated() {
    for (base, what) in [
        ("http://h:99999/v1", "`api_base` has a port that is none"),
        ("https://sk-canary@h/v1", "`api_base` holds a user or a password"),
        ("https://user:sk-canary@h/v1", "`api_base` holds a user or a password"),
        ("https://h/v1?code=sk-canary", "`api_base` has a query"),
        ("https://h/v1#sk-canary", "`api_base` has a fragment"),
        ("sk-canary", "`api_base` is no address"),
    ] {
        let errors =
            one(json!({"model": "openai/m", "api_base": base}), &Dummies).expect_err("a mistake");
        let [error] = &errors[..] else { panic!("{errors:?}") };
        assert_eq!(error.path, "model_list[0].litellm_params.api_base");
        assert!(error.message.starts_with(what) && !error.help.is_empty(), "{error:?}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
    // From the environment as from the config.
    let environment = Environment(&[("GROQ_API_BASE", "https://user:sk-canary@h")]);
    let errors = one(json!({"model": "groq/m"}), &environment).expect_err("a mistake");
    assert!(errors[0].message.starts_with("`GROQ_API_BASE` holds a user"), "{errors:?}");
}

#[test]
fn the_environments_address_comes_before_the_tables() {
    let environment = Environment(&[
        ("OPENAI_API_BASE", "http://proxy:8080/v1"),
        ("TOGETHERAI_API_KEY", "sk-third"),
        ("HOSTED_VLLM_API_BASE", "http://gpu:8000/v1"),
    ]);
    let of = |params| one(params, &environment).unwrap_or_else(|errors| panic!("{errors:?}"));
    assert_eq!(address(&of(json!({"model": "gpt-4o"}))), "http://proxy:8080/v1");
    assert_eq!(address(&of(json!({"model": "hosted_vllm/m"}))), "http://gpu:8000/v1");
    let key = of(json!({"model": "together_ai/m"})).api_key;
    assert_eq!(key.as_ref().map(|key| key.reveal()), Some("sk-third"));
    // In a run no environment leads anywhere.
    let in_a_run = deployment(json!({"model": "gpt-4o"}));
    assert_eq!(address(&in_a_run), "https://api.openai.com:443/v1");
}

#[test]
fn a_provider_that_nobody_knows_is_played_in_a_run_and_refused_by_a_gateway_without_an_address() {
    for model in ["my-llm/m", "watsonx/ibm/granite"] {
        let found = deployment(json!({"model": model}));
        assert_eq!((found.protocol, found.familiarity), (Protocol::OpenAi, Familiarity::Assumed));
    }
    let refused = one(json!({"model": "grok/m"}), &Environment(&[])).expect_err("a mistake");
    assert_eq!(
        refused[0].message,
        "nobody here knows a provider `grok`, and the entry has no api_base"
    );
    assert!(refused[0].help.starts_with("did you mean `groq/`?"), "{}", refused[0].help);
    let given = json!({"model": "grok/m", "api_base": "http://h/v1"});
    assert_eq!(&*one(given, &Environment(&[])).expect("an address is enough").model, "m");
    assert!(one(json!({"model": "hosted_vllm/m"}), &Environment(&[])).is_err());
}

#[test]
fn a_vendor_is_who_runs_the_host() {
    for (model, base, vendor) in [
        ("gpt-4o", None, "openai"),
        ("openai/m", Some("https://api.openai.com/v1"), "openai"),
        ("mistral/m", None, "mistral"),
        ("xai/m", None, "xai"),
        ("azure/m", Some("https://a.openai.azure.com"), "azure"),
        ("openai/m", Some("https://a.openai.azure.com/openai/v1"), "azure"),
        ("openai/m", Some("http://gpu-1:8000/v1"), "openai@gpu-1:8000"),
        ("openai/m", Some("https://llm.corp.example/v1"), "openai@llm.corp.example"),
        ("openai/m", Some("https://api.groq.com/openai/v1"), "groq"),
        ("openai/m", Some("https://generativelanguage.googleapis.com/v1beta/openai"), "gemini"),
        ("custom_openai/m", Some("http://gpu-1:8000/v1"), "openai@gpu-1:8000"),
        ("anthropic/m", Some("https://api.minimax.io/anthropic"), "minimax"),
        ("anthropic/m", Some("https://proxy.example"), "anthropic"),
        ("hosted_vllm/m", Some("http://gpu-1:8000/v1"), "hosted_vllm"),
        ("cohere_chat/m", None, "cohere"),
        ("ollama_chat/m", None, "ollama"),
        ("my-llm/m", None, "my-llm"),
    ] {
        let mut params = json!({"model": model});
        if let Some(base) = base {
            params["api_base"] = json!(base);
        }
        assert_eq!(&*deployment(params).vendor, vendor, "{model} {base:?}");
    }
}

#[test]
fn infixes_are_no_part_of_a_models_name() {
    for (model, own) in [
        ("azure/o_series/our-o3", "our-o3"),
        ("azure/gpt5_series/our-5", "our-5"),
        ("azure/responses/codex", "codex"),
        ("openai/responses/gpt-5-codex", "gpt-5-codex"),
        ("openrouter/responses/x", "responses/x"),
    ] {
        assert_eq!(&*deployment(json!({"model": model})).model, own, "{model}");
    }
}

#[test]
fn names_from_the_environment_stay_names_in_a_run() {
    let azure = json!({
        "model": "os.environ/CHAT_MODEL", "api_base": "os.environ/AZURE_URL", "api_version": "v"
    });
    let found = deployment(azure);
    assert_eq!((&*found.model, found.protocol), ("CHAT_MODEL", Protocol::Azure));
    assert_eq!(found.familiarity, Familiarity::Assumed);
    let found = deployment(json!({"model": "os.environ/CHAT_MODEL"}));
    assert_eq!((&*found.model, found.protocol), ("CHAT_MODEL", Protocol::OpenAi));
    let environment = Environment(&[("CHAT_MODEL", "groq/llama")]);
    let real = one(json!({"model": "os.environ/CHAT_MODEL"}), &environment).expect("set");
    assert_eq!((&*real.vendor, real.familiarity), ("groq", Familiarity::Known));
}

#[test]
fn a_model_that_answers_no_prompt_is_known_by_its_mode_or_its_name() {
    for (model, mode, is) in [
        ("gpt-4o", None, Mode::Chat),
        ("text-embedding-3-small", None, Mode::Other),
        ("openai/whisper-1", None, Mode::Other),
        ("cohere/rerank-v3.5", None, Mode::Other),
        ("openai/ours", Some("embedding"), Mode::Other),
        ("openai/ours", Some("responses"), Mode::Chat),
        ("openai/embedded-systems-expert", Some("chat"), Mode::Chat),
    ] {
        let entry = json!({
            "model_name": "m", "litellm_params": {"model": model}, "model_info": {"mode": mode}
        });
        let config = read(&json!({"model_list": [entry]}), &Dummies).expect("valid").config;
        assert_eq!(config.deployments[0].mode, is, "{model}");
    }
}

#[test]
fn a_clouds_models_are_spoken_to_in_the_words_of_their_house_at_its_own_paths() {
    const PROJECT: &str =
        "https://us-east1-aiplatform.googleapis.com:443/v1/projects/p/locations/us-east1";
    let vertex =
        |model: &str| json!({"model": model, "vertex_project": "p", "vertex_location": "us-east1"});
    let foundry =
        |model: &str, base: &str| json!({"model": model, "api_base": format!("https://{base}")});
    for (params, protocol, at) in [
        (vertex("vertex_ai/gemini-2.5-pro"), Protocol::Gemini, format!("{PROJECT}/publishers/google")),
        (
            vertex("vertex_ai/claude-sonnet-4@20250514"),
            Protocol::Anthropic,
            format!("{PROJECT}/publishers/anthropic"),
        ),
        (
            vertex("vertex_ai_beta/meta/llama-3.1-405b"),
            Protocol::OpenAi,
            format!("{PROJECT}/endpoints/openapi"),
        ),
        (
            json!({"model": "vertex_ai/gemini-3-pro", "vertex_ai_project": "p", "vertex_ai_location": "global"}),
            Protocol::Gemini,
            "https://aiplatform.googleapis.com:443/v1/projects/p/locations/global/publishers/google".to_owned(),
        ),
        (
            foundry("azure_ai/m", "a.services.ai.azure.com"),
            Protocol::OpenAi,
            "https://a.services.ai.azure.com:443/models".to_owned(),
        ),
        (
            foundry("azure_ai/m", "m.models.ai.azure.com"),
            Protocol::OpenAi,
            "https://m.models.ai.azure.com:443".to_owned(),
        ),
        (
            foundry("azure_ai/claude-sonnet-4-5", "a.services.ai.azure.com/anthropic"),
            Protocol::Anthropic,
            "https://a.services.ai.azure.com:443/anthropic".to_owned(),
        ),
    ] {
        let found = deployment(params);
        assert_eq!((found.protocol, address(&found)), (protocol, at));
        assert_eq!(found.familiarity, Familiarity::Known);
    }
    let refused = one(json!({"model": "vertex_ai/gemini-2.5-pro"}), &Environment(&[]))
        .expect_err("no project");
    assert!(refused[0].help.contains("VERTEXAI_PROJECT"), "{refused:?}");
}

#[test]
fn bedrock_lives_where_config_model_or_environment_say() {
    let host = |params: Value, variables: &'static [(&'static str, &'static str)]| {
        let found = one(params, &Environment(variables));
        found.unwrap_or_else(|errors| panic!("{errors:?}")).authority.host.to_string()
    };
    let keys = |more: &[(&str, &str)]| {
        let mut params = json!({ "model": "bedrock/amazon.nova-lite-v1:0", "aws_access_key_id": "AKID", "aws_secret_access_key": "s" });
        for (key, value) in more {
            params[*key] = json!(value);
        }
        params
    };
    let of = |region: &str| format!("bedrock-runtime.{region}.amazonaws.com");
    let all: &[(&str, &str)] = &[
        ("AWS_DEFAULT_REGION", "eu-west-3"),
        ("AWS_REGION", "eu-west-2"),
        ("AWS_REGION_NAME", "eu-west-1"),
    ];
    assert_eq!(host(keys(&[]), &[]), of("us-west-2"));
    assert_eq!(host(keys(&[]), &all[..1]), of("eu-west-3"));
    assert_eq!(host(keys(&[]), &all[..2]), of("eu-west-2"));
    assert_eq!(host(keys(&[]), all), of("eu-west-1"));
    assert_eq!(host(keys(&[("aws_region_name", "eu-north-1")]), all), of("eu-north-1"));
    let within = [("model", "bedrock/ap-south-1/amazon.nova-lite-v1:0")];
    assert_eq!(host(keys(&within), all), of("ap-south-1"));
    let endpoint: &[(&str, &str)] = &[("AWS_BEDROCK_RUNTIME_ENDPOINT", "https://vpce.example")];
    assert_eq!(host(keys(&[]), endpoint), "vpce.example");
    let wrong = one(keys(&[]), &Environment(&[("AWS_REGION", "nowhere!")])).expect_err("no region");
    assert!(wrong[0].message.contains("the environment names a region"), "{wrong:?}");
    // A run hangs on no machine.
    assert_eq!(&*deployment(keys(&[])).authority.host, "bedrock-runtime.us-west-2.amazonaws.com");
}
