//! Deployments that refuse every chat completion, because of what the config sends along.

use gateway::config::{Config, Mode};
use gateway::foreseen;

use crate::resolve::finding::{Finding, Sort};
use crate::text::diagnostic::Sources;
use crate::text::node::{Node, Part, Value};

/// Each of them, at the key that is to blame where one is.
pub(super) fn findings(config: &Config, (tree, sources): (&Node, &Sources)) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (position, deployment) in config.deployments.iter().enumerate() {
        if deployment.mode != Mode::Chat {
            continue;
        }
        let Some(refused) = foreseen(config, deployment) else { continue };
        let entry = format!("model_list[{position}]");
        let blamed = format!("{entry}.litellm_params.{}", refused.param);
        let (place, remedy) = match sends(tree, position, &refused.param) {
            true => (tree.place(&blamed, Part::Key), "take it out, or set `drop_params: true`"),
            false => {
                let path = format!("{entry}.model_name");
                (tree.place(&path, Part::Value), "take out what asks for it")
            }
        };
        let says = format!("every chat completion is refused: {}", refused.message);
        let finding = Finding::note(Sort::Contradiction, deployment.id.to_string(), says);
        findings.push(finding.warning().at(sources.place(place)).remedy(remedy));
    }
    findings
}

/// Whether an entry of `model_list` sends a member along.
fn sends(tree: &Node, position: usize, member: &str) -> bool {
    let Some(Value::List(items)) = tree.get("model_list").map(|list| &list.value) else {
        return false;
    };
    let params = items.get(position).and_then(|entry| entry.get("litellm_params"));
    params.is_some_and(|params| params.get(member).is_some())
}
