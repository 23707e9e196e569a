//! What models can is looked up in the shipped list where the config says nothing of it.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use gateway::config::{Ability, Deployment, Listed};
use gateway::litellm::Dummies;
use plan::Text;

fn of(model: &str, info: &str) -> Deployment {
    let config = format!(
        "model_list:\n- model_name: m\n  litellm_params: {{model: {model}, api_key: k}}\n  model_info: {{{info}}}\n"
    );
    let read = plan::gateway_config(&Text::new("mine.yaml", &config), &Dummies, None);
    let (config, _) = read.unwrap_or_else(|report| unreachable!("{report}"));
    config.deployments.first().expect("a deployment").clone()
}

#[test]
fn a_list_says_what_models_lack_and_how_much_they_read() {
    let listed =
        |lacks: &[Ability], most| Listed { lacks: lacks.to_vec(), max_input_tokens: Some(most) };
    for (model, expected) in [
        ("openai/gpt-4", listed(&[Ability::Pictures], 8192)),
        ("gpt-4o-2024-11-20", listed(&[], 128_000)),
        ("deepseek/deepseek-reasoner", listed(&[Ability::Functions], 131_072)),
        ("openai/nobody-knows-it", Listed::default()),
    ] {
        assert_eq!(of(model, "").listed, expected, "{model}");
    }
    let azure = of("azure/mine, api_base: 'https://x.openai.azure.com'", "base_model: azure/gpt-4");
    assert_eq!(azure.listed, listed(&[Ability::Pictures], 8192), "what it really is");
}

#[test]
fn the_configs_own_word_comes_before_the_list() {
    let own = of("openai/gpt-4", "supports_vision: true, max_input_tokens: 9000");
    assert_eq!(
        (own.listed, own.has, own.max_input_tokens),
        (Listed::default(), vec![Ability::Pictures], Some(9000))
    );
    let own = of("openai/gpt-4", "supports_vision: false");
    assert_eq!((own.listed.lacks, own.lacks), (vec![], vec![Ability::Pictures]));
}
