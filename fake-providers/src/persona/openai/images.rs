//! Images: one white dot for each that is asked for, as base64 or at an address where nothing stands.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{Complaint, Prompt, RequestContext, Route, Subject, words};
use super::body;

/// Most images of one request; OpenAI's bound.
const IMAGES_MAX: u32 = 10;

/// What is to be drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Drawing {
    images: u32,
    form: Form,
}

/// How an image is handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    #[default]
    Url,
    Base64,
}

#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    prompt: String,
    n: Option<u32>,
}

const MEMBERS: &[&str] = &[
    "background",
    "model",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "prompt",
    "quality",
    "response_format",
    "size",
    "stream",
    "style",
    "user",
];

/// A PNG of one white dot.
const DOT: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg==";

pub(super) fn read(body: Map<String, Value>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    body::known(&body, MEMBERS)?;
    if !body.contains_key("prompt") {
        return Err(body::missing("prompt"));
    }
    let asked = body.get("response_format").and_then(Value::as_str).map(str::to_owned);
    let body: Body = body::typed(body)?;
    let images = body.n.unwrap_or(1);
    if !(1..=IMAGES_MAX).contains(&images) {
        let message = format!("Invalid 'n': expected a value between 1 and {IMAGES_MAX}.");
        return Err(Complaint::coded(message, "n", "integer_out_of_range"));
    }
    // The newer models have no addresses.
    let model = route.named.as_deref().or(body.model.as_deref()).unwrap_or_default();
    let form = match asked.as_deref() {
        _ if model.starts_with("gpt-image") => Form::Base64,
        Some("b64_json") => Form::Base64,
        None | Some("url") => Form::Url,
        Some(_) => {
            let message =
                "Invalid value for 'response_format': supported values are 'url' and 'b64_json'.";
            return Err(Complaint::coded(message, "response_format", "invalid_value"));
        }
    };
    Ok(Prompt {
        operation: route.operation,
        prompt_tokens: words(&body.prompt),
        subject: Subject::Drawing(Drawing { images, form }),
        model: body.model,
        ..Prompt::default()
    })
}

pub(super) fn reply(context: &RequestContext<'_>, drawing: Drawing) -> Bytes {
    let image = |number: u32| match drawing.form {
        Form::Base64 => json!({ "b64_json": DOT }),
        Form::Url => {
            json!({ "url": format!("https://images.invalid/{}-{number}.png", context.id) })
        }
    };
    let data: Vec<Value> = (0..drawing.images).map(image).collect();
    Bytes::from(json!({ "created": context.unix_s, "data": data }).to_string())
}
