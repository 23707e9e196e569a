//! Speech: silence of the length that the text would take, in the form that is asked for.
//!
//! Only the forms whose frames are plain are real sound (`wav`, `pcm`, `mp3`); the others begin as their
//! form does and go on with zeros.

use bytes::{BufMut as _, Bytes, BytesMut};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{Complaint, Prompt, Route, Subject, words};
use super::body;

/// Most characters of a text; OpenAI's bound.
const INPUT_CHARACTERS_MAX: usize = 4096;

/// Sound for a word, in milliseconds: 150 words a minute.
const WORD_MS: u64 = 400;

/// Longest sound, in milliseconds: 1.4 MB as samples.
const SOUND_MS_MAX: u64 = 30_000;

/// Samples in a second, of 16 bits each.
const SAMPLE_RATE: u64 = 24_000;

/// Bytes in a millisecond of a form that is compressed: 32 kbit/s.
const COMPRESSED_BYTES_MS: u64 = 4;

/// The form of a sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    #[default]
    Mp3,
    Opus,
    Aac,
    Flac,
    Wav,
    Pcm,
}

/// What is to be spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Speech {
    form: Form,
    length_ms: u64,
}

#[derive(Deserialize)]
struct Body {
    model: Option<String>,
    input: String,
    speed: Option<f64>,
}

const MEMBERS: &[&str] =
    &["input", "instructions", "model", "response_format", "speed", "stream_format", "voice"];

/// The forms by their names in a request, and what each is as a media type.
const FORMS: [(Form, &str, &str); 6] = [
    (Form::Mp3, "mp3", "audio/mpeg"),
    (Form::Opus, "opus", "audio/opus"),
    (Form::Aac, "aac", "audio/aac"),
    (Form::Flac, "flac", "audio/flac"),
    (Form::Wav, "wav", "audio/wav"),
    (Form::Pcm, "pcm", "audio/pcm"),
];

pub(super) fn read(body: Map<String, Value>, route: &Route<'_>) -> Result<Prompt, Complaint> {
    body::model_named(&body, route)?;
    body::known(&body, MEMBERS)?;
    for required in ["input", "voice"] {
        if !body.contains_key(required) {
            return Err(body::missing(required));
        }
    }
    if body.get("stream_format").is_some_and(|form| form != "audio") {
        let message = "Invalid value for 'stream_format': only 'audio' is supported by this model.";
        return Err(Complaint::coded(message, "stream_format", "invalid_value"));
    }
    let form = form(body.get("response_format"))?;
    let body: Body = body::typed(body)?;
    if body.input.chars().count() > INPUT_CHARACTERS_MAX {
        let message = format!(
            "Invalid 'input': string too long. Expected a string with maximum length \
             {INPUT_CHARACTERS_MAX}."
        );
        return Err(Complaint::coded(message, "input", "string_above_max_length"));
    }
    let speed = body.speed.unwrap_or(1.0);
    if !(0.25..=4.0).contains(&speed) {
        let message = "Invalid 'speed': expected a value between 0.25 and 4.0.";
        return Err(Complaint::coded(message, "speed", "decimal_out_of_range"));
    }
    let prompt_tokens = words(&body.input);
    let usual_ms = prompt_tokens.saturating_mul(WORD_MS);
    let length_ms = (usual_ms as f64 / speed) as u64;
    Ok(Prompt {
        operation: route.operation,
        prompt_tokens,
        subject: Subject::Speech(Speech { form, length_ms: length_ms.min(SOUND_MS_MAX) }),
        model: body.model,
        ..Prompt::default()
    })
}

fn form(asked: Option<&Value>) -> Result<Form, Complaint> {
    let Some(asked) = asked else { return Ok(Form::default()) };
    let found = FORMS.iter().find(|(_, name, _)| asked == name);
    found.map(|(form, ..)| *form).ok_or_else(|| {
        let message = "Invalid value for 'response_format': supported values are 'mp3', 'opus', 'aac', \
                       'flac', 'wav', and 'pcm'.";
        Complaint::coded(message, "response_format", "invalid_value")
    })
}

impl Speech {
    /// The media type of its form.
    pub(crate) fn media_type(self) -> &'static str {
        FORMS.iter().find(|(form, ..)| *form == self.form).map_or("audio/mpeg", |(.., media)| media)
    }

    /// The sound.
    pub(super) fn sound(self) -> Bytes {
        let samples = usize_of(self.length_ms * SAMPLE_RATE / 1000 * 2);
        let compressed = usize_of(self.length_ms * COMPRESSED_BYTES_MS);
        match self.form {
            Form::Pcm => Bytes::from(vec![0; samples]),
            Form::Wav => wav(samples),
            Form::Mp3 => mp3(compressed),
            Form::Opus => begun(b"OggS\0\x02", compressed),
            Form::Aac => begun(&[0xff, 0xf1], compressed),
            Form::Flac => begun(b"fLaC", compressed),
        }
    }
}

fn usize_of(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

fn begun(magic: &[u8], length: usize) -> Bytes {
    let mut bytes = BytesMut::zeroed(length.max(magic.len()));
    bytes[..magic.len()].copy_from_slice(magic);
    bytes.freeze()
}

/// A RIFF file: one channel of 16-bit samples.
fn wav(samples: usize) -> Bytes {
    let (length, rate) = (samples as u32, SAMPLE_RATE as u32);
    let mut bytes = BytesMut::with_capacity(44 + samples);
    bytes.put_slice(b"RIFF");
    bytes.put_u32_le(36 + length);
    bytes.put_slice(b"WAVEfmt ");
    bytes.put_u32_le(16);
    // PCM, one channel; bytes in a second and in a frame, bits in a sample.
    bytes.put_u16_le(1);
    bytes.put_u16_le(1);
    bytes.put_u32_le(rate);
    bytes.put_u32_le(rate * 2);
    bytes.put_u16_le(2);
    bytes.put_u16_le(16);
    bytes.put_slice(b"data");
    bytes.put_u32_le(length);
    bytes.put_bytes(0, samples);
    bytes.freeze()
}

/// Frames of MPEG-2 Layer III at 32 kbit/s and 24 kHz, one channel, without a sound: 96 bytes each, for
/// 24 ms (ISO/IEC 13818-3).
fn mp3(length: usize) -> Bytes {
    const FRAME_BYTES: usize = 96;
    const HEAD: [u8; 4] = [0xff, 0xf3, 0x44, 0xc0];
    let frames = (length / FRAME_BYTES).max(1);
    let mut bytes = BytesMut::with_capacity(frames * FRAME_BYTES);
    for _ in 0..frames {
        bytes.put_slice(&HEAD);
        bytes.put_bytes(0, FRAME_BYTES - HEAD.len());
    }
    bytes.freeze()
}
