//! A LiteLLM config, possibly under an overlay, read by the gateway's own reader; its findings get
//! the place in the file that they are about.
//!
//! In a run no secret of the config is resolved and no address of it is contacted: every credential
//! is replaced by the fakes' dummy keys, and what would reach out is off, with a line that says so.

use gateway::config::{AwsKeys, Config, Secret};
use gateway::litellm::{self, Note, NoteKind, Secrets};
use world::TrustOptions;

use crate::resolve::abilities::ModelAbilities;
use crate::resolve::finding::{Finding, Sort};
use crate::resolve::fleet::Fleet;
use crate::resolve::prices::Prices;
use crate::text::diagnostic::{Problem, SourceId, Sources};
use crate::text::litellm_words;
use crate::text::node::{Node, Part, Value};
use crate::text::yaml::{Document, Repeated};

/// The gateway's key in a run; the load generator presents it.
pub const MASTER_KEY: &str = "sk-brownout-master";

/// A config that was read, and what is to be known about it.
#[derive(Clone, Debug)]
pub(crate) struct Loaded {
    /// For the gateway.
    pub config: Config,
    /// In the order of the file.
    pub findings: Vec<Finding>,
}

/// The dummy key of the deployment with this number, from 1.
pub(crate) fn dummy_key(number: usize) -> String {
    format!("sk-brownout-{number}")
}

/// Reads a config. An unknown key that stands in `strict` (the scenario's overlays) is a mistake;
/// elsewhere it is a note, as LiteLLM itself ignores it. With `strict`, only notes about the overlay
/// are kept: the config's own were told before.
///
/// # Errors
/// Every mistake that the reader finds, with its place.
pub(crate) fn load(
    tree: &Node,
    strict: Option<SourceId>,
    (secrets, sources): (&dyn Secrets, &Sources),
) -> Result<Loaded, Vec<Problem>> {
    match &tree.value {
        Value::Map(_) => {}
        Value::Null => {
            return Err(vec![
                Problem::new("the config is empty")
                    .help("it needs at least a `model_list`")
                    .at(tree.at),
            ]);
        }
        Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
            let message = format!("a LiteLLM config is a mapping, this is {}", tree.sort());
            return Err(vec![Problem::new(message).help("start with `model_list:`").at(tree.at)]);
        }
    }
    if tree.get("model_list").is_none() && tree.get("scenario").is_some() {
        return Err(vec![
            Problem::new("this file is a scenario, not a LiteLLM config")
                .help("give it as the scenario, and a config with a `model_list` as the config")
                .at(tree.at),
        ]);
    }
    let read = litellm::read(&tree.to_json(), secrets).map_err(|errors| {
        let place = |error: &litellm::ConfigError| {
            Problem::new(error.message.clone())
                .maybe_help(Some(error.help.clone()).filter(|help| !help.is_empty()))
                .at(tree.place(&error.path, Part::Value))
        };
        errors.iter().map(place).collect::<Vec<_>>()
    })?;
    let mut problems = Vec::new();
    let mut findings = Vec::new();
    for note in &read.notes {
        let at = tree.place(&note.path, Part::Key);
        if note.kind == NoteKind::Unknown && Some(at.source) == strict {
            problems.push(
                Problem::new(format!("unknown key `{}`", tree.spoken(&note.path)))
                    .help(note.text.trim_start_matches("unknown key, no effect; "))
                    .at(at),
            );
        }
        if strict.is_none_or(|strict| at.source == strict) {
            let at =
                note.word.as_ref().and_then(|word| tree.mention(&note.path, word)).unwrap_or(at);
            findings.push(finding(tree, note).at(sources.place(at)));
        }
    }
    if problems.is_empty() { Ok(Loaded { config: read.config, findings }) } else { Err(problems) }
}

/// Keys that stand twice, in one file or in two of which one includes the other.
pub(crate) fn repeated(document: &Document, sources: &Sources) -> Vec<Finding> {
    let finding = |Repeated { key, first, last }: &Repeated| {
        let (says, remedy) = if first.source == last.source {
            let [first, last] = [first, last].map(|at| sources.line(*at));
            let says = format!("stands twice; line {last} counts, line {first} does not");
            (says, "remove one of them")
        } else {
            let place = sources.place(*first).unwrap_or_default();
            let says = format!("replaces what stands at {place}, whole: an included file's counts");
            (says, "write all of it in one file")
        };
        Finding::note(Sort::Contradiction, litellm_words::key(key).to_owned(), says)
            .at(sources.place(*last))
            .remedy(remedy)
    };
    document.repeated.iter().map(finding).collect()
}

fn finding(tree: &Node, note: &Note) -> Finding {
    let Note { path, kind, text, .. } = note;
    let path = tree.spoken(path);
    match kind {
        NoteKind::Unknown | NoteKind::Stray => Finding::note(Sort::Mistake, path, text).warning(),
        NoteKind::NoEffectYet => Finding::note(Sort::NotYet, path, text),
        NoteKind::Inert => Finding::note(Sort::NoEffect, path, text),
        NoteKind::NotContacted => {
            Finding::note(Sort::Outside, path, format!("{text}; off in a run"))
        }
        NoteKind::Advice => Finding::note(Sort::Advice, path, text),
        NoteKind::Unsafe | NoteKind::Differs => Finding::note(Sort::Advice, path, text).warning(),
    }
}

/// Replaces every credential by the dummy of the fleet's deployment with the same id, and takes out what is in the
/// words of the provider alone: headers, unknown members, `extra_body`. Who would answer by itself asks its fake:
/// there would be nothing to observe.
///
/// # Errors
/// Ids of deployments that the fleet does not have.
pub(crate) fn with_dummies(mut config: Config, fleet: &Fleet) -> Result<Config, Vec<String>> {
    let mut strangers = Vec::new();
    for deployment in &mut config.deployments {
        match fleet.position(deployment.id.as_str()) {
            Some(position) => {
                let dummy = Secret::new(&dummy_key(position + 1));
                let signs = deployment.aws_keys.is_some();
                deployment.aws_keys = signs.then(|| AwsKeys {
                    access_key_id: dummy.clone(),
                    secret_access_key: dummy.clone(),
                    session_token: None,
                });
                // A token of the environment would stand before keys.
                deployment.api_key = (!signs).then_some(dummy);
                deployment.azure_ad_token = None;
                // A fake knows its deployment's model by name, not what an account calls it.
                deployment.model_id = None;
                deployment.credential = None;
                deployment.trust = TrustOptions::default();
                // What only the provider itself would know means nothing to a fake, and may be a secret.
                deployment.mock = None;
                deployment.additions.headers.clear();
                deployment.additions.unknown.clear();
                deployment.additions.extra_body.clear();
            }
            None => strangers.push(deployment.id.to_string()),
        }
    }
    config.master_key = config.master_key.map(|_| Secret::new(MASTER_KEY));
    if strangers.is_empty() { Ok(config) } else { Err(strangers) }
}

/// What is known of models beside the config.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'k> {
    pub prices: &'k Prices,
    pub abilities: &'k ModelAbilities,
}

/// Fills in what models can, and the prices that LiteLLM would know: its own map, by the exact strings of `base_model` and
/// `model`. What the config says itself stays.
pub(crate) fn with_known(config: &mut Config, Known { prices, abilities }: Known<'_>) {
    for deployment in &mut config.deployments {
        deployment.listed = abilities.listed(deployment);
        let known =
            prices.in_litellm(deployment.base_model.as_deref(), &deployment.model_as_written);
        let input = known.map(|price| price.input / 1e6);
        let output = known.map(|price| price.output / 1e6);
        deployment.input_cost_per_token = deployment.input_cost_per_token.or(input);
        deployment.output_cost_per_token = deployment.output_cost_per_token.or(output);
        let listed = prices.listed(&deployment.model_as_written, deployment.base_model.as_deref());
        let listed = listed.map(|price| price.per_million);
        deployment.listed_usd_per_token =
            listed.map(|price| (price.input / 1e6, price.output / 1e6));
    }
}
