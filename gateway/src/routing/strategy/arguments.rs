//! Reads `routing_strategy_args`: numbers by name, with defaults and errors that name the key.
//! Unknown keys are not looked at here; the reader of the config lists them.

use serde_json::Value;

use super::ArgError;

/// The number under `name`, at least `least`; `None` where there is none.
pub(super) fn number(arguments: &Value, name: &str, least: f64) -> Result<Option<f64>, ArgError> {
    let error = |problem: String| ArgError { name: name.to_owned(), problem };
    let object = match arguments {
        Value::Null => return Ok(None),
        Value::Object(object) => object,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            let problem = "routing_strategy_args must be a mapping of names to values".to_owned();
            return Err(ArgError { name: String::new(), problem });
        }
    };
    let number = match object.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => None,
    };
    match number.filter(|number| number.is_finite()) {
        Some(number) if number >= least => Ok(Some(number)),
        Some(number) => Err(error(format!("is {number}, but must be at least {least}"))),
        None => Err(error(format!("must be a number, {least} or more"))),
    }
}
