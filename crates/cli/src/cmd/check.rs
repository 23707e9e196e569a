//! `brownout check`: what a config really does, in words; needs no scenario.

use crate::args::Check;
use crate::cmd::scenario;
use crate::exit::{Ended, Failure, Outcome};
use crate::screen;

/// Tells what the config does; with `--strict`, a warning is an error.
pub(crate) fn check(args: &Check) -> Outcome {
    let text = scenario::config_text(&args.config)?;
    let check = plan::check(&text, args.personality.as_deref())
        .map_err(|report| scenario::mistakes(&report))?;
    if args.json {
        screen::print_value(&check);
    } else {
        screen::print(&check.text(screen::width()));
    }
    if args.strict && check.warns() {
        return Err(Failure::User(
            "error: the config has warnings, and --strict is set".to_owned(),
        ));
    }
    Ok(Ended::Done)
}
