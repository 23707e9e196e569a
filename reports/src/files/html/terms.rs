//! Terms on the page: a plain word in sight, the meaning on hover.

use maud::{Markup, html};

use crate::words::terms::meaning;

/// `word`, which stands for `term`; just the word if the term has no meaning of its own.
pub(super) fn term(word: &str, term: &str) -> Markup {
    match meaning(term) {
        "" => html! { (word) },
        meaning => html! { dfn title=(meaning) { (word) } },
    }
}
