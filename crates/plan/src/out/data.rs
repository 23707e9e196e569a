//! Data of ours that is written in YAML and is no scenario: read into whatever its owner wants. It must never know what
//! the data is about.

use serde::de::DeserializeOwned;

use crate::text::diagnostic::{Report, Sources};
use crate::text::read::read;
use crate::text::request::Text;
use crate::text::yaml;

/// Reads a text.
///
/// # Errors
/// The first mistake, with its place.
pub fn data<T: DeserializeOwned>(text: &Text) -> Result<T, Report> {
    let mut sources = Sources::default();
    let source = sources.add(&text.name, &text.text);
    let value = yaml::parse(source, &text.text).and_then(|tree| read(&tree));
    value.map_err(|problem| Report::new(sources, vec![problem]))
}
