//! `brownout init`.

use crate::args::Init;
use crate::cmd::scenario;
use crate::exit::{Ended, Outcome};
use crate::screen;

/// Prints a commented scenario for the config's deployments.
pub(crate) fn init(args: &Init) -> Outcome {
    let config = scenario::config_text(&args.config)?;
    let path = args.config.display().to_string();
    let text = plan::init(&config, &path, args.model.as_deref())
        .map_err(|report| scenario::mistakes(&report))?;
    screen::print(&text);
    Ok(Ended::Done)
}
