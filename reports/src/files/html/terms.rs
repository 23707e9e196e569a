//! Terms on the page: a plain word in sight, the meaning on hover.

use maud::{Markup, html};

use crate::words::fault::Struck;
use crate::words::terms::meaning;

/// `word`, which stands for `term`; just the word if the term has no meaning of its own.
pub(super) fn term(word: &str, term: &str) -> Markup {
    match meaning(term) {
        "" => html! { (word) },
        meaning => html! { dfn title=(meaning) { (word) } },
    }
}

/// What a fault was about, where it was no deployment.
pub(super) fn chip(struck: Struck) -> Markup {
    match struck {
        Struck::Provider => html! {},
        Struck::Gateway => html! { span.struck.gateway { (struck.label()) } " " },
        Struck::Config => html! { span.struck.event { (struck.label()) } " " },
    }
}
