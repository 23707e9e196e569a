//! The sections of a LiteLLM proxy config, each with the keys that it may have: where a key that stands in
//! the wrong one belongs, and what becomes of keys that nobody knows.

use super::further_keys;
use super::keys::{self, Effect, Key};

/// One section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    /// What people call it.
    pub(super) name: &'static str,
    /// Its keys, with what becomes of them here.
    pub(super) keys: &'static [Key],
    /// Names of further ones, between blanks, which LiteLLM takes and this gateway does not act on.
    pub(super) further: &'static str,
    /// What LiteLLM does with all others.
    pub(super) others: Others,
}

/// What becomes of keys that a section does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    /// Nothing reads them.
    Unread,
    /// They are sent to the provider with every request.
    SentAlong,
    /// They are kept, and shown to whoever asks for the model.
    Kept,
}

const fn table(name: &'static str, keys: &'static [Key], further: &'static str) -> Table {
    Table { name, keys, further, others: Others::Unread }
}

pub(super) const ROOT: Table = table("the top level", keys::ROOT, further_keys::ROOT);
pub(super) const ROUTER_SETTINGS: Table =
    table("router_settings", keys::ROUTER_SETTINGS, further_keys::ROUTER_SETTINGS);
pub(super) const LITELLM_SETTINGS: Table =
    table("litellm_settings", keys::LITELLM_SETTINGS, further_keys::LITELLM_SETTINGS);
pub(super) const GENERAL_SETTINGS: Table =
    table("general_settings", keys::GENERAL_SETTINGS, further_keys::GENERAL_SETTINGS);
pub(super) const BROWNOUT_SETTINGS: Table = table("brownout_settings", keys::BROWNOUT_SETTINGS, "");
pub(super) const ENTRY: Table = table("an entry of model_list", keys::ENTRY, "");
pub(super) const LITELLM_PARAMS: Table = Table {
    name: "litellm_params",
    keys: keys::LITELLM_PARAMS,
    further: further_keys::LITELLM_PARAMS,
    others: Others::SentAlong,
};
pub(super) const MODEL_INFO: Table = Table {
    name: "model_info",
    keys: keys::MODEL_INFO,
    further: further_keys::MODEL_INFO,
    others: Others::Kept,
};

/// From this similarity on (Jaro-Winkler), a word is taken for a slip of another section's: `alowed_fails` has
/// 0.98, `rmp` and `rpm` have 0.60.
const CLOSE: f64 = 0.94;

/// Sections of the file, in the order in which a stray key is looked for.
const OF_FILE: &[Table] =
    &[ROUTER_SETTINGS, LITELLM_SETTINGS, GENERAL_SETTINGS, BROWNOUT_SETTINGS, ROOT];
/// Sections of a deployment, likewise.
const OF_DEPLOYMENT: &[Table] = &[LITELLM_PARAMS, MODEL_INFO, ENTRY];

impl Table {
    /// The key of that name that this gateway tells something about.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.matches(name))
    }

    /// Whether LiteLLM takes a key of that name here, of which there is nothing to tell.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.further.split_whitespace().any(|known| known == name)
    }

    /// Whether a key of that name is no setting here but a member of every request.
    pub(super) fn sends_along(&self, name: &str) -> bool {
        self.others == Others::SentAlong
            && match self.key(name) {
                Some(key) => matches!(key.effect, Effect::SentAlong),
                None => !self.takes(name) && !self.keeps(name),
            }
    }

    /// Whether a key of that name, of which there is nothing to tell, is LiteLLM's own: it is never sent along.
    pub(super) fn keeps(&self, name: &str) -> bool {
        self.others == Others::SentAlong && wire::openai::is_gateway_only(name)
    }

    /// All names, for suggestions.
    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        let plain = self.keys.iter().map(|key| key.name).filter(|name| !name.ends_with('*'));
        plain.chain(self.further.split_whitespace())
    }

    /// The key of another section that a name resembles, and that section: only close ones, since strangers
    /// are many.
    pub(super) fn resembling(&self, name: &str) -> Option<(&'static str, &'static Table)> {
        let tables = self.near_first().filter(|table| table.name != self.name);
        let mut best: Option<(f64, &'static str, &'static Table)> = None;
        for table in tables {
            for key in table.keys.iter().filter(|key| !key.is_inert()) {
                let score = strsim::jaro_winkler(name, key.name);
                if score >= CLOSE && best.is_none_or(|(known, ..)| score > known) {
                    best = Some((score, key.name, table));
                }
            }
        }
        best.map(|(_, key, table)| (key, table))
    }

    /// All sections, those of the same part of the file first.
    fn near_first(&self) -> impl Iterator<Item = &'static Table> + use<> {
        let deployments = OF_DEPLOYMENT.iter().any(|table| table.name == self.name);
        let (near, far) =
            if deployments { (OF_DEPLOYMENT, OF_FILE) } else { (OF_FILE, OF_DEPLOYMENT) };
        near.iter().chain(far)
    }

    /// The section to which a key belongs that stands here in vain.
    pub(super) fn home_of(&self, name: &str) -> Option<&'static Table> {
        let others = || self.near_first().filter(|table| table.name != self.name);
        let has = |table: &&Table| table.keys.iter().any(|key| key.name == name && !key.is_inert());
        // Where anything is sent along or kept, a name that another section takes, too, says little.
        let takes = |table: &&Table| self.others == Others::Unread && table.takes(name);
        others().find(has).or_else(|| others().find(takes))
    }

    /// In which section, in a sentence.
    pub(super) fn within(&self) -> String {
        if self.name == ROOT.name {
            return "at the top level of the file".to_owned();
        }
        format!("in `{}`", self.name)
    }

    /// The key that is meant by a word of which many think that it is one.
    pub(super) fn meant(&self, name: &str) -> Option<&'static str> {
        const OF_ROUTER: &[(&str, &str)] =
            &[("retries", "num_retries"), ("strategy", "routing_strategy")];
        let mut known = OF_ROUTER.iter().filter(|_| self.name == ROUTER_SETTINGS.name);
        known.find(|(word, _)| *word == name).map(|(_, key)| *key)
    }
}
