//! Writes marks: the load generator into prompts, the fakes into answers.

use std::fmt::Write as _;

use crate::{DeploymentNumber, PromptId, Visit};

/// Appends the two marks of a prompt; they count as two of its words.
pub fn push_prompt_marks(text: &mut String, prompt: PromptId, answer_tokens: u32) {
    // Writing into a String cannot fail.
    let _ = write!(text, "[[brownout:{:06}]] [[answer:{answer_tokens}]]", prompt.0);
}

/// Appends token number `seq` of an answer; `last` marks the planned end.
pub fn push_token(
    text: &mut String,
    (deployment, prompt, visit): (DeploymentNumber, PromptId, Visit),
    seq: u32,
    last: bool,
) {
    text.push_str(" ~");
    push_decimal(text, u64::from(deployment.0));
    text.push('.');
    push_decimal(text, prompt.0);
    text.push('.');
    push_decimal(text, u64::from(visit.0));
    text.push('.');
    push_decimal(text, u64::from(seq));
    if last {
        text.push('$');
    }
}

/// Decimal digits without the formatting machinery: this runs once per token of a run.
fn push_decimal(text: &mut String, mut n: u64) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            break;
        }
    }
    for digit in &digits[at..] {
        text.push(char::from(*digit));
    }
}
