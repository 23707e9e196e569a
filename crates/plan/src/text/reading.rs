//! A file that somebody wrote, from its text to a tree: entered among the [`Sources`], read, and marked
//! with what of it a message may quote. Whoever reads a user's file reads it here.

use crate::text::diagnostic::{Problem, SourceId, Sources};
use crate::text::include;
use crate::text::node::Node;
use crate::text::quoted::Quotable;
use crate::text::raw::Scenario;
use crate::text::request::Text;
use crate::text::yaml::{self, Document};

/// Reads a LiteLLM config, with the files that it includes.
///
/// # Errors
/// What makes one of them no YAML, without a value of it; an included file that cannot be read.
pub(crate) fn config(sources: &mut Sources, text: &Text) -> Result<Document, Problem> {
    let own = config_file(sources, &text.name, &text.text)?;
    include::put_together(text, own, &mut |name, text| config_file(sources, name, text))
}

/// Reads one file of a config.
fn config_file(sources: &mut Sources, name: &str, text: &str) -> Result<Document, Problem> {
    let source = sources.add_quotable(name, text, Quotable::default());
    match yaml::parse_config(source, text) {
        Ok(document) => {
            sources.quote(source, Quotable::config(text, &document.tree));
            Ok(document)
        }
        Err(problem) => {
            sources.quote(source, Quotable::unread_config(text));
            Err(problem)
        }
    }
}

/// Reads a scenario.
///
/// # Errors
/// What makes it no YAML.
pub(crate) fn scenario(
    sources: &mut Sources,
    Text { name, text, .. }: &Text,
) -> Result<(SourceId, Node), Problem> {
    let source = sources.add_quotable(name, text, Quotable::default());
    match yaml::parse(source, text) {
        Ok(tree) => {
            sources.quote(source, Quotable::scenario(text, &tree, Scenario::KEYS));
            Ok((source, tree))
        }
        Err(problem) => {
            sources.quote(source, Quotable::unread_scenario(text, Scenario::KEYS));
            Err(problem)
        }
    }
}

/// Reads a value of the command line that is laid over the scenario at `path`.
///
/// # Errors
/// What makes it no YAML.
pub(crate) fn argument(sources: &mut Sources, path: &str, value: &str) -> Result<Node, Problem> {
    let quotable = match Quotable::within_a_config(path) {
        true => Quotable::default(),
        false => Quotable::all(value),
    };
    let source = sources.add_quotable(&format!("--set {path}"), value, quotable);
    yaml::parse(source, value)
}
