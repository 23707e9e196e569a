//! `brownout schema`.

use crate::args::{Schema, SchemaOf};
use crate::exit::{Ended, Failure, Outcome};
use crate::screen;

/// Prints a JSON schema.
pub(crate) fn schema(args: &Schema) -> Outcome {
    let schema = match args.of {
        SchemaOf::Scenario => plan::schema(),
        SchemaOf::Report => reports::report::schema(),
        SchemaOf::Series => reports::seeds::schema(),
        SchemaOf::Robust => reports::report::robust_schema(),
        SchemaOf::Gate => reports::report::Gate::schema(),
        SchemaOf::Check => plan::check_schema(),
    };
    let text = serde_json::to_string_pretty(&schema)
        .map_err(|error| Failure::Internal(error.to_string()))?;
    screen::print_json(&text);
    Ok(Ended::Done)
}
