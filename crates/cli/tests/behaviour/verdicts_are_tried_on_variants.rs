//! `--robust`: the same run with other seeds, latencies, starts and severities; how often the leader stays first, and
//! the one difference that tells where it does not. Without it the screen names the assumption that decides.

use serde_json::Value;

use crate::support::Scratch;

/// Two contenders with one provider each, compared by how many first tokens come in time: who leads is whose assumed
/// first token is quicker, and nothing else.
fn two_providers() -> Scratch {
    let scratch = Scratch::new();
    let entry = |model: &str, id: &str, more: &str| {
        format!(
            "[{{ model_name: gpt-4o, litellm_params: {{ model: {model}{more}, api_key: x }}, model_info: {{ id: {id} }} }}]"
        )
    };
    let azure = ", api_base: \"https://westus-primary.openai.azure.com/\", api_version: \"2024-08-01-preview\"";
    scratch.write(
        "scenario.yaml",
        &format!(
            "scenario: two-providers
seed: 7
config: config.yaml
traffic:
  - {{ for: 20s, arrivals: {{ constant: 10/s }}, workload: {{ like: chat, answer_tokens: 3, stream: 100% }} }}
contenders:
  - {{ name: openai-only, model_list: {} }}
  - {{ name: azure-only, model_list: {} }}
slo:
  ttft: \"p(50)<300ms\"
",
            entry("gpt-4o", "direct", ""),
            entry("azure/gpt-4o", "west", azure)
        ),
    );
    scratch
}

fn robust(scratch: &Scratch, dir: &str) -> Value {
    let text =
        std::fs::read_to_string(scratch.path(&format!("{dir}/robust.json"))).expect("written");
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn without_variants_the_screen_names_the_assumption_that_decides() {
    let ran = two_providers().run(&["run", "scenario.yaml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let told = "assumes OpenAI first token p50 450 ms; not checked: --robust";
    assert!(ran.out.contains(told), "{}", ran.out);
}

#[test]
fn variants_say_how_often_the_leader_stays_first_and_where_it_flips() {
    let scratch = two_providers();
    let ran = scratch.run(&["run", "scenario.yaml", "--robust", "40", "--out", "played"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("--robust: 40 variants, about "), "{}", ran.err);
    let robust = robust(&scratch, "played");
    assert_eq!((&robust["leader"], &robust["valid"]), (&"openai-only".into(), &40.into()));
    let stayed = robust["stayed"].as_u64().expect("a count");
    assert!((25..40).contains(&stayed), "{robust}");
    let schema: Value =
        serde_json::from_str(&scratch.run(&["schema", "robust"]).out).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&robust).map(|one| one.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    let by = &robust["split"]["by"]["slower_than"];
    assert_eq!(
        (&by["slower"], &by["other"]),
        (&"gpt-4o-openai".into(), &"gpt-4o-azure".into()),
        "{robust}"
    );
    let said = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = format!("openai-only stays first in {stayed} of 40 variants (azure-only led ");
    assert!(said.contains(&first), "{said}");
    assert!(
        said.contains("flips where OpenAI's first token is slower than Azure's (so in "),
        "{said}"
    );
    for file in ["summary.md", "report.html"] {
        let text =
            std::fs::read_to_string(scratch.path(&format!("played/{file}"))).expect("written");
        assert!(text.contains("stays first in") && text.contains("is slower than Azure"), "{file}");
    }
    let left: Vec<_> = std::fs::read_dir(scratch.path(".")).expect("a folder").flatten().collect();
    let left = left.iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    assert!(!left.into_iter().any(|name| name.contains("variant")), "nothing is left of a variant");
}

#[test]
fn variants_are_the_same_every_time() {
    let scratch = two_providers();
    for dir in ["one", "two"] {
        let ran = scratch.run(&["run", "scenario.yaml", "--robust", "6", "--out", dir]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    }
    assert_eq!(robust(&scratch, "one"), robust(&scratch, "two"));
    assert!(robust(&scratch, "one")["variants"].as_array().is_some_and(|all| all.len() == 6));
}

#[test]
fn latencies_that_the_user_gave_are_not_varied() {
    let scratch = two_providers();
    scratch.change(
        "contenders:",
        "deployments: { all: { ttft: { constant: 400ms }, itl: { constant: 10ms } } }\ncontenders:",
    );
    let ran = scratch.run(&["run", "scenario.yaml", "--robust", "2", "--out", "played"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let robust = robust(&scratch, "played");
    assert!(robust["varied"]["latency"].is_null(), "{robust}");
    assert_eq!(robust["variants"][0]["latency"], serde_json::json!({}));
}

#[test]
fn variants_belong_to_virtual_time_and_to_one_seed() {
    let scratch = two_providers();
    let wall = scratch.run(&["run", "scenario.yaml", "--robust", "--clock", "wall"]);
    assert_eq!(wall.code, 2, "{}", wall.err);
    assert!(wall.err.contains("virtual time"), "{}", wall.err);
    let seeds = scratch.run(&["run", "scenario.yaml", "--robust", "--seeds", "2"]);
    assert_eq!(seeds.code, 2, "{}", seeds.err);
}
