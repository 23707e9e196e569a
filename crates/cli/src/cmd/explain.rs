//! `brownout explain`.

use reports::terminal::Style;

use crate::args::Explain;
use crate::exit::{Ended, Failure, Outcome};
use crate::screen;

/// Tells the story of one request.
pub(crate) fn explain(args: &Explain) -> Outcome {
    let told = reports::explain::explain(&args.run, args.contender.as_deref(), args.request)
        .map_err(|error| Failure::User(format!("error: {error}")))?;
    let style = Style { width: screen::width(), colour: screen::colour() };
    screen::print_painted(&reports::terminal::story(&told, style));
    Ok(Ended::Done)
}
