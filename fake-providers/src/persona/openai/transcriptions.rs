//! Transcriptions and translations of speech: so many words of one sentence as would fit into the sound, whose length is
//! told by that of its file alone.

use bytes::Bytes;
use serde_json::json;
use wire::multipart::Form as Parts;

use super::super::{Complaint, IncomingRequest, Prompt, Route, Subject, text};
use super::body::missing;

/// Bytes of a second of sound, whatever its form: 128 kbit/s.
const BYTES_A_SECOND: usize = 16_000;

/// Words in two seconds: 150 a minute.
const WORDS_IN_TWO_SECONDS: usize = 5;

/// Longest transcription, in words.
const WORDS_MAX: usize = 5_000;

const SENTENCE: [&str; 9] = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "dog"];

/// What was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Transcription {
    form: Form,
    seconds: usize,
}

/// How it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Json,
    Verbose,
    Text,
    Srt,
    Vtt,
}

const FORMS: [(Form, &str); 5] = [
    (Form::Json, "json"),
    (Form::Verbose, "verbose_json"),
    (Form::Text, "text"),
    (Form::Srt, "srt"),
    (Form::Vtt, "vtt"),
];

pub(super) fn read(incoming: &IncomingRequest<'_>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    let content_type = text(&incoming.parts.headers, "content-type").unwrap_or_default();
    let parts = Parts::read(content_type, incoming.body)
        .map_err(|error| Complaint::new(error.to_string(), None))?;
    let field = |name: &str| {
        let part = parts.part(name)?;
        std::str::from_utf8(&incoming.body[part.value.clone()]).ok().map(str::trim)
    };
    let model = field("model").map(str::to_owned);
    if model.is_none() && route.named.is_none() {
        return Err(missing("model"));
    }
    let Some(file) = parts.part("file") else { return Err(missing("file")) };
    let asked = field("response_format").unwrap_or("json");
    let form = FORMS.iter().find(|(_, name)| *name == asked).ok_or_else(|| {
        let message = "Invalid value for 'response_format': supported values are 'json', 'text', 'srt', \
                       'verbose_json', and 'vtt'.";
        Complaint::coded(message, "response_format", "invalid_value")
    })?;
    let seconds = file.value.len().div_ceil(BYTES_A_SECOND).max(1);
    Ok(Prompt {
        operation: route.operation,
        subject: Subject::Transcription(Transcription { form: form.0, seconds }),
        model,
        ..Prompt::default()
    })
}

impl Transcription {
    /// The media type of its form.
    pub(crate) fn media_type(self) -> &'static str {
        match self.form {
            Form::Json | Form::Verbose => "application/json",
            Form::Text | Form::Srt => "text/plain; charset=utf-8",
            Form::Vtt => "text/vtt; charset=utf-8",
        }
    }

    /// What is written down.
    pub(super) fn written(self) -> Bytes {
        let Self { form, seconds } = self;
        let number = (seconds.saturating_mul(WORDS_IN_TWO_SECONDS) / 2).clamp(1, WORDS_MAX);
        let text = SENTENCE.iter().cycle().take(number).copied().collect::<Vec<_>>().join(" ");
        let until = |comma: &str| {
            format!("{:02}:{:02}:{:02}{comma}000", seconds / 3600, seconds / 60 % 60, seconds % 60)
        };
        Bytes::from(match form {
            Form::Json => {
                let usage = json!({ "type": "duration", "seconds": seconds });
                json!({ "text": text, "usage": usage }).to_string()
            }
            Form::Verbose => json!({
                "task": "transcribe",
                "language": "english",
                "duration": seconds,
                "text": text,
                "segments": [{ "id": 0, "start": 0.0, "end": seconds, "text": text }],
            })
            .to_string(),
            Form::Text => format!("{text}\n"),
            Form::Srt => format!("1\n00:00:00,000 --> {}\n{text}\n\n", until(",")),
            Form::Vtt => format!("WEBVTT\n\n00:00:00.000 --> {}\n{text}\n\n", until(".")),
        })
    }
}
