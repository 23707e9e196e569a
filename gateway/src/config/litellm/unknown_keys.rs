//! What is said about keys that no table has: where they belong, what was meant, and that some are sent to providers.

use super::NoteKind;
use super::reader::nearest;
use super::tables::{Others, Table};
use crate::config::names_a_secret;

/// A key that this gateway tells nothing about: one that LiteLLM takes, or somebody's mistake.
pub(super) fn unknown(name: &str, table: &Table) -> (NoteKind, String) {
    if table.takes(name) {
        return (NoteKind::NoEffectYet, "accepted, no effect yet".to_owned());
    }
    let sent = "no setting, and so sent to the provider with every request";
    let (elsewhere, nowhere) = match table.others {
        Others::SentAlong if table.keeps(name) => ("no effect here", "accepted, no effect yet"),
        Others::SentAlong => (sent, sent),
        Others::Unread | Others::Kept => ("no effect here", "unknown key, no effect"),
    };
    if let Some(home) = table.home_of(name) {
        let text = format!("{elsewhere}; it belongs {}", home.within());
        return (NoteKind::Unknown, text);
    }
    if table.keeps(name) {
        return (NoteKind::NoEffectYet, nowhere.to_owned());
    }
    let near = table.meant(name).or_else(|| nearest(name, table.names()));
    if table.others == Others::SentAlong && names_a_secret(name) {
        let meant = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let text = format!("{sent}, as LiteLLM does: if this is a secret, take it out{meant}");
        return (NoteKind::Unsafe, text);
    }
    if let Some(near) = near {
        return (NoteKind::Unknown, format!("{nowhere}; did you mean `{near}`?"));
    }
    if let Some((near, home)) = table.resembling(name) {
        let text = format!("{nowhere}; did you mean `{near}` of `{}`?", home.name);
        return (NoteKind::Unknown, text);
    }
    match table.others {
        Others::Unread => (NoteKind::Unknown, nowhere.to_owned()),
        Others::SentAlong => (NoteKind::Advice, format!("{nowhere}, as LiteLLM does")),
        Others::Kept => (NoteKind::NoEffectYet, "accepted, no effect yet".to_owned()),
    }
}
