//! Citations of an answer as OpenAI's annotations: which words stand on which address. A source without an address, such
//! as a document of the request, is no annotation.
//!
//! It must never know a provider.

use std::ops::Range;

use serde_json::{Value, json};

/// Counts the letters of an answer, by which citations say where they stand.
#[derive(Debug, Default)]
pub(super) struct Letters {
    so_far: usize,
    /// Where the block began.
    block: usize,
}

impl Letters {
    /// More words come.
    pub(super) fn add(&mut self, words: &str) {
        self.so_far += words.chars().count();
    }

    /// A block begins.
    pub(super) const fn begin(&mut self) {
        self.block = self.so_far;
    }

    /// The letters of the block so far.
    pub(super) const fn of_block(&self) -> Range<usize> {
        self.block..self.so_far
    }
}

/// The annotation of the words at `letters`; `None` where `source` is no address.
pub(super) fn annotation(source: &str, title: &str, letters: Range<usize>) -> Option<Value> {
    let scheme = ["https://", "http://"].iter().any(|scheme| source.starts_with(scheme));
    scheme.then(|| {
        let Range { start, end } = letters;
        let cited =
            json!({ "start_index": start, "end_index": end, "title": title, "url": source });
        json!({ "type": "url_citation", "url_citation": cited })
    })
}

/// The same where the Responses API says it: without the inner object.
pub(super) fn flat(annotation: &Value) -> Option<Value> {
    let mut cited = annotation.get("url_citation")?.as_object()?.clone();
    cited.insert("type".to_owned(), Value::from("url_citation"));
    Some(Value::Object(cited))
}
