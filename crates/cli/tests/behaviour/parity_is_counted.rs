//! `brownout parity` as its users meet it, where no LiteLLM is: what is missing, and how it ends.

use crate::support::Scratch;

#[test]
fn without_litellm_it_names_the_one_command_that_mends_it() {
    let ran = Scratch::new().run(&["parity", "--quick"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    let mends = ran.err.contains("scripts/peers litellm") && ran.err.contains("--python");
    assert!(mends, "{}", ran.err);
}

#[test]
fn a_pattern_that_chooses_nothing_is_told_with_what_names_look_like() {
    let ran = Scratch::new().run(&["parity", "--recorded", "--only", "earthquake"]);
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("probe/openai/error-500/plain"), "{}", ran.err);
}

#[test]
fn a_record_is_named_by_a_word_and_never_by_a_path() {
    let only = ["parity", "--recorded", "--only", "probe/openai/none"];
    let ran = Scratch::new().run(&[&only[..], &["--record", "../elsewhere"]].concat());
    assert_eq!(ran.code, 2, "{}{}", ran.out, ran.err);
}

#[test]
fn cases_that_nobody_played_are_not_counted_and_nobody_can_tell() {
    let only = ["parity", "--recorded", "--only", "probe/openai/none/plain"];
    let ran = Scratch::new().run(&only);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("0 of 0 parity cases agree"), "{}", ran.out);
}
