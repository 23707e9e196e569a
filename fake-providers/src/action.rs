//! What a fault may do at a moment of an attempt, and what several faults at one moment amount to.
//!
//! Each moment has its own set of endings and of mutations, so that a fault cannot ask a moment for
//! what it cannot play, and whoever plays a moment matches all that can come. Must never know which
//! fault acts, or when it is armed.

mod delay;
mod ending;
mod mutation;
mod provider_error;

use std::convert::Infallible;

pub(crate) use delay::{Delay, Strength};
pub(crate) use ending::{
    Break, CutPoint, DialEnd, ErrorShape, FramingBreak, HeadEnd, InBandError, NameError,
    NameFailure, RequestEnd, StreamEnd, Substitute, TurnAway,
};
pub(crate) use mutation::{
    AnswerForm, EndMutation, HeadMutation, LimitScale, MediaType, Pieces, TokenMutation,
};
pub(crate) use provider_error::{ErrorBody, ProviderError, ProviderErrorKind, RetryForm};

/// What one fault does at one moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action<End, Mutation = Infallible> {
    /// Nothing.
    Pass,
    /// What comes next comes later.
    Delay(Delay),
    /// It goes on, but looks different.
    Mutate(Mutation),
    /// The attempt's normal course ends here.
    End(End),
}

/// A client looks up the host's name.
pub(crate) type OnResolve = Action<NameFailure>;
/// A client dials.
pub(crate) type OnDial = Action<DialEnd>;
/// A request was read and is well formed.
pub(crate) type OnRequest = Action<RequestEnd, LimitScale>;
/// A request was admitted; the head of the answer comes next.
pub(crate) type BeforeHead = Action<HeadEnd, HeadMutation>;
/// The head and so many tokens were sent; before token 0 stands between the head and all else.
pub(crate) type BeforeToken = Action<StreamEnd, TokenMutation>;
/// Every token was sent, the end of the answer was not.
pub(crate) type OnEnd = Action<StreamEnd, EndMutation>;

/// What several faults at one moment amount to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Effect<End, Mutation = Infallible> {
    /// All delays.
    pub(crate) delay: Delay,
    /// All mutations, in the order of the rules.
    pub(crate) mutations: Vec<Mutation>,
    /// The first action that ends the normal course; later ones were not asked.
    pub(crate) end: Option<End>,
}

/// Adds actions up: delays add, factors multiply, mutations gather, and only the first one that ends
/// the attempt's course stops the asking. `actions` is lazy, so that nothing after it is asked.
pub(crate) fn combine<End, Mutation>(
    actions: impl IntoIterator<Item = Action<End, Mutation>>,
) -> Effect<End, Mutation> {
    let mut effect = Effect { delay: Delay::NONE, mutations: Vec::new(), end: None };
    for action in actions {
        match action {
            Action::Pass => {}
            Action::Delay(delay) => effect.delay = effect.delay.and(delay),
            Action::Mutate(mutation) => effect.mutations.push(mutation),
            Action::End(end) => {
                effect.end = Some(end);
                break;
            }
        }
    }
    effect
}

impl<End, Mutation> Action<End, Mutation> {
    /// Whether it is nothing.
    pub(crate) const fn is_pass(&self) -> bool {
        matches!(self, Self::Pass)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::{Action, BeforeToken, Delay, StreamEnd, TokenMutation, combine};

    fn action() -> impl Strategy<Value = BeforeToken> {
        prop_oneof![
            Just(Action::Pass),
            (0u64..5000).prop_map(|ms| Action::Delay(Delay::by(Duration::from_millis(ms)))),
            (1u32..8).prop_map(|factor| Action::Delay(Delay::times(f64::from(factor)))),
            Just(Action::Mutate(TokenMutation::Duplicate)),
            Just(Action::Mutate(TokenMutation::UnknownEvent)),
            Just(Action::End(StreamEnd::Silence)),
            Just(Action::End(StreamEnd::Reset)),
        ]
    }

    proptest! {
        /// No delay before the first end is lost, and nothing after it is asked.
        #[test]
        fn delays_add_up_to_the_first_end(actions in prop::collection::vec(action(), 0..12)) {
            let ends = |action: &&BeforeToken| matches!(action, Action::End(_));
            let before: Vec<_> = actions.iter().take_while(|action| !ends(action)).collect();
            let mut asked = 0;
            let effect = combine(actions.iter().cloned().inspect(|_| asked += 1));
            let base = Duration::from_secs(1);
            let (mut factor, mut added, mut mutations) = (1, Duration::ZERO, Vec::new());
            for action in &before {
                match action {
                    Action::Delay(delay) => {
                        let alone = delay.stretch(Duration::ZERO);
                        added += alone;
                        factor *= (delay.stretch(base) - alone).as_secs();
                    }
                    Action::Mutate(mutation) => mutations.push(*mutation),
                    Action::Pass | Action::End(_) => {}
                }
            }
            prop_assert_eq!(effect.delay.stretch(base), Duration::from_secs(factor) + added);
            prop_assert_eq!(effect.mutations, mutations);
            let first_end = actions.iter().find(ends).map(|action| match action {
                Action::End(end) => *end,
                Action::Pass | Action::Delay(_) | Action::Mutate(_) => unreachable!("it ends"),
            });
            prop_assert_eq!(asked, before.len() + usize::from(first_end.is_some()));
            prop_assert_eq!(effect.end, first_end);
        }
    }
}
