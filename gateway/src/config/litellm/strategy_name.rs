//! `routing_strategy` and `routing_strategy_args`, checked by the strategy's own entry.

use serde_json::Value;

use super::NoteKind;
use super::reader::{Reader, Section, nearest};
use crate::policy::{self, Origin, Personality};
use crate::routing::strategy::{self, Entry};

/// Strategies of LiteLLM that are not built here, and what to use instead.
const NOT_BUILT: &[(&str, &str)] =
    &[("provider-budget-routing", "use one of the others; budgets are not kept yet")];

/// Strategies of LiteLLM that are played as another one of its own, which replaced them.
const PLAYED_AS: &[(&str, &str)] = &[("usage-based-routing", "usage-based-routing-v2")];

/// The configured strategy and its arguments, and the personality that goes with it by default.
pub(super) fn read(router: &Section<'_>, reader: &mut Reader<'_>) -> (Personality, Entry, Value) {
    let name = reader.text(router, "routing_strategy");
    let wanted = name.as_deref().unwrap_or(strategy::DEFAULT.name);
    let successor = PLAYED_AS.iter().find(|(old, _)| *old == wanted).map(|(_, new)| *new);
    if let Some(new) = successor {
        let text = format!("is played as {new}, which LiteLLM advises instead of it");
        reader.note(router.path_of("routing_strategy"), NoteKind::Advice, text);
    }
    let wanted = successor.unwrap_or(wanted);
    let Some(entry) = strategy::find(wanted) else {
        refuse_strategy(wanted, &router.path_of("routing_strategy"), reader);
        return default();
    };
    let arguments = router.get("routing_strategy_args").cloned().unwrap_or_default();
    match (entry.build)(&arguments) {
        Ok(_) => note_arguments(router, entry, reader),
        Err(error) => {
            let path = router.path_of("routing_strategy_args");
            let path = if error.name.is_empty() { path } else { format!("{path}.{}", error.name) };
            reader.error(&path, &error.to_string(), &help_with(entry));
        }
    }
    (policy::default_for(entry.origin), *entry, arguments)
}

/// What LiteLLM does where nobody says.
pub(super) fn default() -> (Personality, Entry, Value) {
    (policy::default_for(Origin::LiteLlm), strategy::DEFAULT, Value::Null)
}

fn refuse_strategy(wanted: &str, path: &str, reader: &mut Reader<'_>) {
    let names = strategy::ALL.iter().map(|entry| entry.name);
    let not_built = NOT_BUILT.iter().find(|(name, _)| *name == wanted);
    let message = match not_built {
        Some(_) => format!("routing strategy `{wanted}` is not built yet"),
        None => format!("unknown routing strategy `{wanted}`"),
    };
    let help = match (not_built, nearest(wanted, names.clone())) {
        (Some((_, instead)), _) => (*instead).to_owned(),
        (None, Some(near)) => format!("did you mean `{near}`?"),
        (None, None) => format!("use one of {}", names.collect::<Vec<_>>().join(", ")),
    };
    reader.error(path, &message, &help);
}

fn note_arguments(router: &Section<'_>, entry: &Entry, reader: &mut Reader<'_>) {
    let Some(given) = reader.section(router, "routing_strategy_args") else { return };
    for (name, _) in given.entries() {
        let known = entry.arguments.iter().map(|argument| argument.name);
        if known.clone().any(|argument| argument == name) {
            continue;
        }
        let text = match nearest(name, known) {
            Some(near) => format!("unknown argument, no effect; did you mean `{near}`?"),
            None => format!("unknown argument of {}, no effect", entry.name),
        };
        reader.note(given.path_of(name), NoteKind::Unknown, text);
    }
}

fn help_with(entry: &Entry) -> String {
    let arguments = entry.arguments.iter();
    let lines: Vec<String> =
        arguments.map(|a| format!("{} ({}; default {})", a.name, a.help, a.default)).collect();
    if lines.is_empty() {
        format!("{} takes no arguments", entry.name)
    } else {
        format!("{} takes {}", entry.name, lines.join(", "))
    }
}
