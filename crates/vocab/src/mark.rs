//! Marks in the content, which let the client say who served it without trusting a header.
//!
//! A prompt carries `[[brownout:000123]]` (its [`PromptId`](crate::PromptId)) and
//! `[[answer:57]]` (how many tokens the answer is planned to have). The n-th token of an answer is
//! the text ` ~D.PROMPT.V.SEQ` (deployment number, prompt, visit, sequence from 0); the planned last
//! one is followed by `$`. Writer and reader are separate code, held together by golden strings, so
//! that one's mistake cannot hide the other's.

mod read;
mod write;

pub use read::{Mark, MarkReader, answer_length, prompt_id, said_of};
pub use write::{push_prompt_marks, push_token};

/// A character of two bytes that may follow a token's mark, for faults that split characters. The
/// reader ignores it.
pub const WIDE: char = '·';

#[cfg(test)]
mod golden {
    use super::{
        Mark, MarkReader, answer_length, prompt_id, push_prompt_marks, push_token, said_of,
    };
    use crate::{DeploymentNumber, PromptId, Visit};

    const TOKENS: &str = " ~2.123.1.0 ~2.123.1.1 ~2.123.1.2$";

    #[test]
    fn writer_writes_the_golden_strings() {
        let mut prompt = String::new();
        push_prompt_marks(&mut prompt, PromptId(123), 57);
        assert_eq!(prompt, "[[brownout:000123]] [[answer:57]]");
        let mut text = String::new();
        for seq in 0..3 {
            push_token(&mut text, (DeploymentNumber(2), PromptId(123), Visit(1)), seq, seq == 2);
        }
        assert_eq!(text, TOKENS);
    }

    #[test]
    fn reader_reads_the_golden_strings_split_anywhere() {
        let body = br#"{"content":"words [[brownout:000123]] [[answer:57]] words"}"#;
        assert_eq!(prompt_id(body), Some(PromptId(123)));
        assert_eq!(answer_length(body), Some(57));
        for split in 0..TOKENS.len() {
            let mut marks = Vec::new();
            let mut reader = MarkReader::default();
            reader.read(&TOKENS[..split], |mark| marks.push(mark));
            reader.read(&TOKENS[split..], |mark| marks.push(mark));
            reader.finish(|mark| marks.push(mark));
            let want: Vec<_> = (0..3)
                .map(|seq| Mark::Token {
                    deployment: DeploymentNumber(2),
                    prompt: PromptId(123),
                    visit: Visit(1),
                    seq,
                    last: seq == 2,
                })
                .collect();
            assert_eq!(marks, want, "split at {split}");
        }
    }

    #[test]
    fn a_quoted_beginning_of_an_answer_is_found() {
        let quoting = |text: &str| {
            let body = format!(
                r#"{{"messages":[{{"content":"[[brownout:000123]]"}},{{"content":"{text}"}}]}}"#
            );
            said_of(body.as_bytes(), PromptId(123))
        };
        assert_eq!(quoting(""), 0);
        assert_eq!(quoting(" ~2.123.1.0 ~2.123.1.1 ~1.123.4.11"), 12);
        assert_eq!(quoting(" ~2.124.1.0"), 0, "another prompt's");
    }

    #[test]
    fn wide_characters_are_ignored() {
        let wide = TOKENS.replacen(".0", &format!(".0{}", super::WIDE), 1);
        assert_ne!(wide, TOKENS);
        let read = |text: &str| {
            let mut marks = Vec::new();
            MarkReader::default().read(text, |mark| marks.push(mark));
            marks
        };
        assert_eq!(read(&wide), read(TOKENS));
    }

    #[test]
    fn text_that_is_no_mark_is_foreign_and_bounded() {
        let mut marks = Vec::new();
        let mut reader = MarkReader::default();
        reader.read("hello ~1.2.3 ~1.2.3.4.5 ~x.1.1.1 ~9.9.9.9$ ", |mark| marks.push(mark));
        reader.read(&"~".repeat(5000), |mark| marks.push(mark));
        reader.finish(|mark| marks.push(mark));
        let foreign = marks.iter().filter(|mark| **mark == Mark::Foreign).count();
        assert_eq!((marks.len(), foreign), (6, 5), "{marks:?}");
    }
}
