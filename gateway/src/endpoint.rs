//! The endpoints that clients call: their paths, and what an answer, an error and a stream's end look
//! like there. A row per endpoint, in [`ROWS`].
//!
//! It must never know providers: who can serve which endpoint is `upstream`'s table.

/// What a client asks for, by the path it calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Endpoint {
    /// OpenAI's chat completions.
    Chat,
    /// OpenAI's older text completions.
    Completions,
    /// OpenAI's embeddings.
    Embeddings,
    /// OpenAI's moderations.
    Moderations,
    /// OpenAI's Responses API, without what it keeps.
    Responses,
    /// OpenAI's image generations.
    ImageGenerations,
    /// OpenAI's speech.
    Speech,
    /// OpenAI's transcriptions of speech.
    Transcriptions,
    /// OpenAI's translations of speech.
    AudioTranslations,
    /// Anthropic's Messages.
    Messages,
    /// Anthropic's count of the tokens that a message would have.
    CountTokens,
}

/// What the answers of an endpoint are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// A JSON object with choices, any of which the provider's filter may have stopped.
    Choices,
    /// A JSON object with this member.
    Object(&'static str),
    /// The Responses API's object, which says itself whether it failed.
    Response,
    /// Anthropic's message.
    Message,
    /// Bytes of a type that the provider names: sound, or text in one of several forms.
    Bytes,
}

/// How errors are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wording {
    /// OpenAI's envelope; a stream ends with `[DONE]`, and one that broke with a frame that holds the
    /// envelope.
    OpenAi,
    /// OpenAI's envelope; a stream that broke ends with an event called `error`.
    Events,
    /// Anthropic's envelope, in a stream under the name `error`.
    Anthropic,
}

/// What a request's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// A JSON object.
    Json,
    /// A form with a file.
    Form,
}

/// Whom the member `metadata` of a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Metadata {
    /// LiteLLM takes it for its own, unless the provider is asked to keep the answer: OpenAI too takes it
    /// only then.
    Gateways,
    /// The provider, always.
    Providers,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) endpoint: Endpoint,
    /// Path below `/v1`, which clients may leave out.
    pub(crate) path: &'static str,
    pub(crate) body: Body,
    pub(crate) answers: Answers,
    pub(crate) wording: Wording,
    pub(crate) metadata: Metadata,
    /// Member that no request is without.
    pub(crate) required: Option<&'static str>,
    /// Model of a request that names none.
    pub(crate) model_default: Option<&'static str>,
}

/// Every endpoint, in the order of their declaration.
pub(crate) const ROWS: [Row; 11] = [
    Row {
        required: Some("messages"),
        ..openai(Endpoint::Chat, "/chat/completions", Answers::Choices)
    },
    openai(Endpoint::Completions, "/completions", Answers::Choices),
    openai(Endpoint::Embeddings, "/embeddings", Answers::Object("data")),
    Row {
        // OpenAI's own default.
        model_default: Some("omni-moderation-latest"),
        ..openai(Endpoint::Moderations, "/moderations", Answers::Object("results"))
    },
    Row {
        wording: Wording::Events,
        metadata: Metadata::Providers,
        ..openai(Endpoint::Responses, "/responses", Answers::Response)
    },
    openai(Endpoint::ImageGenerations, "/images/generations", Answers::Object("data")),
    openai(Endpoint::Speech, "/audio/speech", Answers::Bytes),
    form(Endpoint::Transcriptions, "/audio/transcriptions"),
    form(Endpoint::AudioTranslations, "/audio/translations"),
    anthropic(Endpoint::Messages, "/messages", Answers::Message),
    anthropic(Endpoint::CountTokens, "/messages/count_tokens", Answers::Object("input_tokens")),
];

const fn openai(endpoint: Endpoint, path: &'static str, answers: Answers) -> Row {
    let (body, wording, metadata) = (Body::Json, Wording::OpenAi, Metadata::Gateways);
    Row { endpoint, path, body, answers, wording, metadata, required: None, model_default: None }
}

const fn form(endpoint: Endpoint, path: &'static str) -> Row {
    Row { body: Body::Form, ..openai(endpoint, path, Answers::Bytes) }
}

const fn anthropic(endpoint: Endpoint, path: &'static str, answers: Answers) -> Row {
    let (wording, metadata) = (Wording::Anthropic, Metadata::Providers);
    let required = Some("messages");
    Row { wording, metadata, required, ..openai(endpoint, path, answers) }
}

/// Prefixes of Azure's and of older paths, behind which the model stands.
const WITH_MODEL: [&str; 3] = ["/openai/deployments/", "/engines/", "/v1/engines/"];

impl Endpoint {
    /// Its row.
    pub(crate) const fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// What ends a stream whose provider left it out.
    pub(crate) const fn last_frame(self) -> &'static [u8] {
        match self.row().wording {
            Wording::OpenAi => wire::sse::encode::DONE,
            Wording::Events | Wording::Anthropic => b"",
        }
    }

    /// The endpoint that `path` calls, and the model that it names, if it names one.
    pub(crate) fn called(path: &str) -> Option<(Self, Option<&str>)> {
        let path = path.strip_suffix('/').unwrap_or(path);
        // The longest first: `/chat/completions` ends as `/completions` does.
        let (row, before) =
            ROWS.iter().find_map(|row| Some((row, path.strip_suffix(row.path)?)))?;
        Some((row.endpoint, model(before)?))
    }
}

/// What stands before the endpoint's own path: nothing, `/v1`, or a prefix and a model.
fn model(before: &str) -> Option<Option<&str>> {
    if matches!(before, "" | "/v1") {
        return Some(None);
    }
    let model = WITH_MODEL.iter().find_map(|prefix| before.strip_prefix(prefix))?;
    (!model.is_empty()).then_some(Some(model))
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, ROWS};

    #[test]
    fn rows_stand_in_the_order_of_their_endpoints() {
        for row in ROWS {
            assert_eq!(row.endpoint.row().path, row.path);
        }
    }

    #[test]
    fn recognises_litellms_routes() {
        use Endpoint::{
            AudioTranslations, Chat, Completions, CountTokens, Embeddings, ImageGenerations,
            Messages, Moderations, Responses, Speech, Transcriptions,
        };
        for (path, is) in [
            ("/v1/chat/completions", Some((Chat, None))),
            ("/chat/completions", Some((Chat, None))),
            ("/chat/completions/", Some((Chat, None))),
            ("/openai/deployments/gpt-4o/chat/completions", Some((Chat, Some("gpt-4o")))),
            ("/engines/azure/gpt-4o/chat/completions", Some((Chat, Some("azure/gpt-4o")))),
            ("/engines//chat/completions", None),
            ("/v2/chat/completions", None),
            ("/v1/models", None),
            ("/v1/completions", Some((Completions, None))),
            ("/engines/davinci/completions", Some((Completions, Some("davinci")))),
            ("/openai/deployments/ada/embeddings", Some((Embeddings, Some("ada")))),
            ("/embeddings", Some((Embeddings, None))),
            ("/v1/moderations", Some((Moderations, None))),
            ("/images/generations", Some((ImageGenerations, None))),
            ("/v1/responses", Some((Responses, None))),
            ("/v1/responses/resp_1", None),
            ("/v1/messages", Some((Messages, None))),
            ("/v1/messages/count_tokens", Some((CountTokens, None))),
            ("/v1/audio/speech", Some((Speech, None))),
            ("/audio/transcriptions", Some((Transcriptions, None))),
            ("/openai/deployments/w/audio/translations", Some((AudioTranslations, Some("w")))),
        ] {
            assert_eq!(Endpoint::called(path), is, "{path}");
        }
    }
}
