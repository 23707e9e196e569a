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
    /// Google's generateContent, whole or streamed.
    GenerateContent,
    /// Google's count of the tokens that contents would have.
    CountContent,
    /// Bedrock's Converse, whole or streamed.
    Converse,
}

/// What is asked for. Who serves an endpoint, and in which words, goes by this: a further endpoint says it in its row, and
/// is asked about nowhere else but where its own words matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An answer in a conversation, which every provider gives in some words.
    Answer,
    /// The rest of a text.
    Text,
    /// Vectors of texts.
    Vectors,
    /// The tokens of a prompt, and no answer.
    Count,
    /// What only OpenAI and its imitators have: moderations, pictures, sound.
    OpenAisOwn,
}

/// A member in which the bounds and the sampling of a request stand, and what it calls the parameters of chat
/// completions.
pub(crate) type Within = (&'static str, &'static [(&'static str, &'static str)]);

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
    /// Google's candidates.
    Candidates,
    /// Converse's output.
    Output,
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
    /// Google's envelope, in a stream as a frame.
    Google,
    /// A name in a header and a message in the body; in a stream, whose frames are AWS's, an exception.
    Aws,
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
    pub(crate) kind: Kind,
    /// Path below `/v1`, which clients may leave out; the whole path where [`MODEL`] stands in it.
    pub(crate) path: &'static str,
    /// The same for a streamed answer, where the path asks for it and not the body.
    pub(crate) streamed: Option<&'static str>,
    pub(crate) body: Body,
    pub(crate) answers: Answers,
    pub(crate) wording: Wording,
    pub(crate) metadata: Metadata,
    /// Its word on how hard to think, by its path in the body.
    pub(crate) effort: &'static str,
    /// Where bounds and sampling stand, if not at the top.
    pub(crate) within: Option<Within>,
    /// Member that no request is without.
    pub(crate) required: Option<&'static str>,
    /// Model of a request that names none.
    pub(crate) model_default: Option<&'static str>,
}

/// Every endpoint, in the order of their declaration.
pub(crate) const ROWS: [Row; 14] = [
    Row {
        kind: Kind::Answer,
        required: Some("messages"),
        ..openai(Endpoint::Chat, "/chat/completions", Answers::Choices)
    },
    Row { kind: Kind::Text, ..openai(Endpoint::Completions, "/completions", Answers::Choices) },
    Row {
        kind: Kind::Vectors,
        ..openai(Endpoint::Embeddings, "/embeddings", Answers::Object("data"))
    },
    Row {
        // OpenAI's own default.
        model_default: Some("omni-moderation-latest"),
        ..openai(Endpoint::Moderations, "/moderations", Answers::Object("results"))
    },
    Row {
        kind: Kind::Answer,
        wording: Wording::Events,
        metadata: Metadata::Providers,
        effort: "reasoning",
        ..openai(Endpoint::Responses, "/responses", Answers::Response)
    },
    openai(Endpoint::ImageGenerations, "/images/generations", Answers::Object("data")),
    openai(Endpoint::Speech, "/audio/speech", Answers::Bytes),
    form(Endpoint::Transcriptions, "/audio/transcriptions"),
    form(Endpoint::AudioTranslations, "/audio/translations"),
    anthropic(Endpoint::Messages, "/messages", Answers::Message),
    Row {
        kind: Kind::Count,
        ..anthropic(
            Endpoint::CountTokens,
            "/messages/count_tokens",
            Answers::Object("input_tokens"),
        )
    },
    Row {
        streamed: Some("/v1beta/models/{model}:streamGenerateContent"),
        kind: Kind::Answer,
        answers: Answers::Candidates,
        within: Some(GOOGLE),
        ..google(Endpoint::GenerateContent, "/v1beta/models/{model}:generateContent")
    },
    google(Endpoint::CountContent, "/v1beta/models/{model}:countTokens"),
    Row {
        streamed: Some("/bedrock/model/{model}/converse-stream"),
        kind: Kind::Answer,
        wording: Wording::Aws,
        within: Some(AWS),
        metadata: Metadata::Providers,
        effort: "additionalModelRequestFields.thinking",
        required: Some("messages"),
        ..openai(Endpoint::Converse, "/bedrock/model/{model}/converse", Answers::Output)
    },
];

const fn openai(endpoint: Endpoint, path: &'static str, answers: Answers) -> Row {
    let (body, wording, metadata) = (Body::Json, Wording::OpenAi, Metadata::Gateways);
    let (streamed, required, model_default, effort) = (None, None, None, "reasoning_effort");
    let (kind, within) = (Kind::OpenAisOwn, None);
    Row {
        endpoint,
        kind,
        path,
        streamed,
        body,
        answers,
        wording,
        metadata,
        effort,
        within,
        required,
        model_default,
    }
}

const fn form(endpoint: Endpoint, path: &'static str) -> Row {
    Row { body: Body::Form, ..openai(endpoint, path, Answers::Bytes) }
}

const fn anthropic(endpoint: Endpoint, path: &'static str, answers: Answers) -> Row {
    let (wording, metadata) = (Wording::Anthropic, Metadata::Providers);
    let (kind, required, effort) = (Kind::Answer, Some("messages"), "thinking");
    Row { kind, wording, metadata, effort, required, ..openai(endpoint, path, answers) }
}

const fn google(endpoint: Endpoint, path: &'static str) -> Row {
    let (wording, metadata) = (Wording::Google, Metadata::Providers);
    let (kind, effort) = (Kind::Count, "generationConfig.thinkingConfig");
    Row {
        kind,
        wording,
        metadata,
        effort,
        ..openai(endpoint, path, Answers::Object("totalTokens"))
    }
}

/// Google's names.
const GOOGLE: Within = (
    "generationConfig",
    &[
        ("frequency_penalty", "frequencyPenalty"),
        ("max_completion_tokens", "maxOutputTokens"),
        ("max_tokens", "maxOutputTokens"),
        ("n", "candidateCount"),
        ("presence_penalty", "presencePenalty"),
        ("seed", "seed"),
        ("stop", "stopSequences"),
        ("temperature", "temperature"),
        ("top_k", "topK"),
        ("top_p", "topP"),
    ],
);

/// AWS's.
const AWS: Within = (
    "inferenceConfig",
    &[
        ("max_completion_tokens", "maxTokens"),
        ("max_tokens", "maxTokens"),
        ("stop", "stopSequences"),
        ("temperature", "temperature"),
        ("top_p", "topP"),
    ],
);

/// Stands for the model in a path that names it.
const MODEL: &str = "{model}";

/// The version in Google's paths. Clients may leave it out, as LiteLLM lets them, or write `/v1`.
const BETA: &str = "/v1beta";

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
            Wording::Events | Wording::Anthropic | Wording::Google | Wording::Aws => b"",
        }
    }

    /// Whether it asks for the tokens of a prompt, and for no answer.
    pub(crate) const fn counts(self) -> bool {
        matches!(self.row().kind, Kind::Count)
    }

    /// What `path` calls.
    pub(crate) fn called(path: &str) -> Option<Called<'_>> {
        let path = path.strip_suffix('/').unwrap_or(path);
        ROWS.iter().find_map(|row| row.called(path))
    }
}

/// What a path says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Called<'p> {
    pub(crate) endpoint: Endpoint,
    /// The model that it names, as it is written, if it names one.
    pub(crate) model: Option<&'p str>,
    /// Whether it asks for a stream.
    pub(crate) streamed: bool,
}

impl Row {
    /// Whether the path names the model, and the body does not.
    pub(crate) fn names_model(&self) -> bool {
        self.path.contains(MODEL)
    }

    fn called<'p>(&self, path: &'p str) -> Option<Called<'p>> {
        let endpoint = self.endpoint;
        if let Some(model) = named(self.path, path) {
            return Some(Called { endpoint, model, streamed: false });
        }
        let model = named(self.streamed?, path)?;
        Some(Called { endpoint, model, streamed: true })
    }
}

/// The model that a path of this pattern names, if it names one.
fn named<'p>(pattern: &str, path: &'p str) -> Option<Option<&'p str>> {
    let Some((before, after)) = pattern.split_once(MODEL) else {
        return model(path.strip_suffix(pattern)?);
    };
    let path = path.strip_suffix(after)?;
    let model = match before.strip_prefix(BETA) {
        None => path.strip_prefix(before)?,
        Some(below) => {
            let below = |version: &str| path.strip_prefix(version)?.strip_prefix(below);
            [BETA, "/v1", ""].into_iter().find_map(below)?
        }
    };
    (!model.is_empty()).then_some(Some(model))
}

/// What stands before the endpoint's own path: nothing, `/v1`, or a prefix and a model.
fn model(before: &str) -> Option<Option<&str>> {
    if matches!(before, "" | "/v1") {
        return Some(None);
    }
    let model = WITH_MODEL.iter().find_map(|prefix| before.strip_prefix(prefix))?;
    (!model.is_empty() && !model.starts_with('/')).then_some(Some(model))
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
            let called = Endpoint::called(path).map(|called| (called.endpoint, called.model));
            assert_eq!(called, is, "{path}");
        }
    }

    #[test]
    fn the_paths_of_google_and_aws_name_the_model_and_whether_to_stream() {
        use Endpoint::{Converse, CountContent, GenerateContent};
        for (path, is) in [
            ("/v1beta/models/g:generateContent", Some((GenerateContent, "g", false))),
            ("/models/g:streamGenerateContent", Some((GenerateContent, "g", true))),
            ("/v1/models/a/b:0:generateContent", Some((GenerateContent, "a/b:0", false))),
            ("/v1beta/models/g:countTokens", Some((CountContent, "g", false))),
            ("/v1beta/models/:generateContent", None),
            ("/v1beta/models/g", None),
            ("/v2/models/g:generateContent", None),
            ("/bedrock/model/m%3A0/converse", Some((Converse, "m%3A0", false))),
            ("/bedrock/model/m/converse-stream", Some((Converse, "m", true))),
            ("/bedrock/model//converse", None),
            ("/bedrock/model/m/invoke", None),
            ("/v1/bedrock/model/m/converse", None),
        ] {
            let called = Endpoint::called(path);
            let called = called.map(|c| (c.endpoint, c.model.unwrap_or_default(), c.streamed));
            assert_eq!(called, is, "{path}");
        }
    }
}
