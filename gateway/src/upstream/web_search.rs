//! What a chat completion asks of a search (`web_search_options`), read once for everybody into whose words it is put.
//!
//! It must never know a provider.

use serde_json::{Map, Value};

use super::beyond::beyond;
use super::dialect::Refused;
use super::members::Members;

/// The member.
pub(super) const NAME: &str = "web_search_options";

/// How much of what is found a model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    Low,
    Medium,
    High,
}

/// A search.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct WebSearch {
    pub(super) size: Option<Size>,
    /// About where the user is: `city`, `country`, `region`, `timezone`.
    pub(super) place: Option<Map<String, Value>>,
}

impl WebSearch {
    /// Takes it out of the members; `None` where none is asked for.
    ///
    /// # Errors
    /// What of it nobody knows, unless it may be left out.
    pub(super) fn taken(members: &mut Members) -> Result<Option<Self>, Refused> {
        const PLACE: [&str; 4] = ["city", "country", "region", "timezone"];
        let Some(options) = members.take(NAME) else { return Ok(None) };
        if !options.is_object() {
            return Err(members.refusal(NAME, "is no object"));
        }
        for name in beyond(&options, &["search_context_size", "user_location"]) {
            members.refuse(&format!("{NAME}.{name}"), "is nothing that it knows")?;
        }
        let size = match options["search_context_size"].as_str() {
            None => None,
            Some("low") => Some(Size::Low),
            Some("medium") => Some(Size::Medium),
            Some("high") => Some(Size::High),
            Some(_) => {
                members.refuse(&format!("{NAME}.search_context_size"), "is no size it knows")?;
                None
            }
        };
        let about = &options["user_location"]["approximate"];
        for name in beyond(&options["user_location"], &["approximate", "type"]) {
            members.refuse(&format!("{NAME}.user_location.{name}"), "is nothing that it knows")?;
        }
        for name in beyond(about, &PLACE) {
            let at = format!("{NAME}.user_location.approximate.{name}");
            members.refuse(&at, "is nothing that it knows")?;
        }
        let place = about.as_object().map(|about| {
            let known = about
                .iter()
                .filter(|(name, value)| PLACE.contains(&name.as_str()) && !value.is_null());
            known.map(|(name, value)| (name.clone(), value.clone())).collect()
        });
        Ok(Some(Self { size, place }))
    }
}
