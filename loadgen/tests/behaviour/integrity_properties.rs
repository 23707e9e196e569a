//! Content is judged the same however it is cut into pieces, and no damage passes as complete.

use loadgen::integrity::Content;
use proptest::prelude::*;
use vocab::mark::push_token;
use vocab::{DeploymentNumber, Integrity, PromptId, Visit};

const PROMPT: PromptId = PromptId(123);

fn tokens(length: u32, speaker: (u32, u32)) -> Vec<String> {
    let speaker = (DeploymentNumber(speaker.0), PROMPT, Visit(speaker.1));
    let token = |seq| {
        let mut text = String::new();
        push_token(&mut text, speaker, seq, seq + 1 == length);
        text
    };
    (0..length).map(token).collect()
}

fn judge(text: &str, cuts: &[prop::sample::Index]) -> Content {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let mut content = Content::new(PROMPT);
    cuts.windows(2).for_each(|cut| content.read(&text[cut[0]..cut[1]]));
    content.finish();
    content
}

fn cuts() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..20)
}

proptest! {
    #[test]
    fn complete_stays_complete_in_any_pieces(length in 1u32..150, cuts in cuts()) {
        let content = judge(&tokens(length, (2, 1)).concat(), &cuts);
        prop_assert_eq!(content.integrity(), Integrity::Complete);
        prop_assert_eq!(content.tokens(), u64::from(length));
        prop_assert_eq!(content.served(), Some((DeploymentNumber(2), Visit(1))));
    }

    #[test]
    fn an_early_end_at_any_byte_is_truncated(
        length in 1u32..150, at in any::<prop::sample::Index>(), cuts in cuts(),
    ) {
        let whole = tokens(length, (2, 1)).concat();
        let text = &whole[..at.index(whole.len())];
        let content = judge(text, &cuts);
        let want = if text.trim().is_empty() { Integrity::Empty } else { Integrity::Truncated };
        prop_assert_eq!(content.integrity(), want, "{:?}", text);
        prop_assert!(content.tokens() <= u64::from(length));
    }

    #[test]
    fn a_token_that_comes_twice_is_duplicated(
        length in 1u32..150, at in any::<prop::sample::Index>(), cuts in cuts(),
    ) {
        let mut tokens = tokens(length, (2, 1));
        let at = at.index(tokens.len());
        tokens.insert(at, tokens[at].clone());
        prop_assert_eq!(judge(&tokens.concat(), &cuts).integrity(), Integrity::Duplicated);
    }

    #[test]
    fn two_tokens_that_change_places_are_reordered(
        length in 2u32..150, at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
        cuts in cuts(),
    ) {
        let mut tokens = tokens(length, (2, 1));
        let (at, other) = (at.index(tokens.len()), other.index(tokens.len()));
        prop_assume!(at != other);
        tokens.swap(at, other);
        prop_assert_eq!(judge(&tokens.concat(), &cuts).integrity(), Integrity::Reordered);
    }

    #[test]
    fn a_hole_is_reordered(length in 2u32..150, at in any::<prop::sample::Index>(), cuts in cuts()) {
        let mut tokens = tokens(length, (2, 1));
        tokens.remove(at.index(tokens.len() - 1));
        prop_assert_eq!(judge(&tokens.concat(), &cuts).integrity(), Integrity::Reordered);
    }

    #[test]
    fn an_answer_of_two_voices_is_spliced(
        length in 2u32..150, at in any::<prop::sample::Index>(),
        restart in any::<bool>(), deployment in 1u32..4, cuts in cuts(),
    ) {
        let at = 1 + at.index(length as usize - 1);
        let other = tokens(length, (deployment, 2));
        let rest = if restart { &other[..] } else { &other[at..] };
        let text = [&tokens(length, (2, 1))[..at], rest].concat().concat();
        prop_assert_eq!(judge(&text, &cuts).integrity(), Integrity::Spliced);
    }

    #[test]
    fn foreign_words_anywhere_are_wrong(
        length in 1u32..50, at in any::<prop::sample::Index>(), word in "[a-z]{1,80}", cuts in cuts(),
    ) {
        let mut tokens = tokens(length, (2, 1));
        tokens.insert(at.index(tokens.len()), format!(" {word}"));
        prop_assert_eq!(judge(&tokens.concat(), &cuts).integrity(), Integrity::Wrong);
    }

    #[test]
    fn no_text_ever_panics_or_counts_more_tokens_than_words(text in "[~0-9.$ a-zé]{0,200}") {
        let mut content = Content::new(PROMPT);
        content.read(&text);
        content.finish();
        prop_assert!(content.tokens() as usize <= text.len());
    }
}
