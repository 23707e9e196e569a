//! `brownout check`: what a config really does, in words; needs no scenario.

use crate::args::Check;
use crate::cmd::scenario;
use crate::exit::{Ended, Failure, Outcome};
use crate::screen;

/// Begins and ends what stands out.
const BOLD: &str = "\u{1b}[1m";
const YELLOW: &str = "\u{1b}[1;33m";
const DIM: &str = "\u{1b}[2m";
const PLAIN: &str = "\u{1b}[0m";

/// The heading of what is to be mended.
const WARNINGS: &str = "Warnings";

/// Headings stand out, warnings' most, and places step back; what the config brings along is made visible before.
fn painted(text: &str) -> String {
    let line = |line: &str| {
        let colour = match line.chars().take_while(|c| *c == ' ').count() {
            _ if line.is_empty() => return "\n".to_owned(),
            0 if line == WARNINGS => YELLOW,
            0 => BOLD,
            2 if is_place(line.trim()) => DIM,
            _ => return format!("{line}\n"),
        };
        format!("{colour}{line}{PLAIN}\n")
    };
    vocab::visible(text).lines().map(line).collect()
}

/// `file:12:3`.
fn is_place(text: &str) -> bool {
    let mut ends = text.rsplitn(3, ':');
    let number = |part: Option<&str>| part.is_some_and(|part| part.parse::<u32>().is_ok());
    number(ends.next()) && number(ends.next()) && ends.next().is_some()
}

/// Tells what the config does; with `--strict`, a warning is an error.
pub(crate) fn check(args: &Check) -> Outcome {
    let text = scenario::config_text(&args.config)?;
    let check = plan::check(&text, args.personality.as_deref())
        .map_err(|report| scenario::mistakes(&report))?;
    if args.json {
        screen::print_value(&check);
    } else {
        let text = check.text(screen::width());
        match screen::colour() {
            true => screen::print_painted(&painted(&text)),
            false => screen::print(&text),
        }
    }
    if args.strict && check.warns() {
        return Err(Failure::User(
            "error: the config has warnings, and --strict is set".to_owned(),
        ));
    }
    Ok(Ended::Done)
}
