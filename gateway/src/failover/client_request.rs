//! One client's request, understood once: where it goes, how it wants to be treated, and its bytes.
//!
//! Nothing here knows providers. The body stays as the client wrote it, so that every attempt can
//! replay it for the price of a reference count.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use wire::multipart::Form;
use wire::openai::RequestHead;

use crate::admission::{Answers, Room};
use crate::config::OnBreak;
use crate::config::fleet::{Fleet, Target};
use crate::endpoint::Endpoint;
use crate::policy::fallbacks::FallbacksByClass;
use crate::upstream::continued::Beginning;

/// A request that was let in.
#[derive(Clone, Debug)]
pub(crate) struct ClientRequest {
    pub(crate) endpoint: Endpoint,
    /// The name that the client asked for.
    pub(crate) model: Arc<str>,
    /// What that name stands for.
    pub(crate) target: Target,
    pub(crate) body: ClientBody,
    /// Headers that a provider of the client's own kind gets, too.
    pub(crate) relayed: HeaderMap,
    pub(crate) overrides: Overrides,
    /// Tags, where the config looks at any; a bounded number.
    pub(crate) tags: Vec<Arc<str>>,
    /// How the client named itself, where the config looks at tags.
    pub(crate) user_agent: Option<Arc<str>>,
    /// What was said already, where the answer is to be gone on with.
    pub(crate) continues: Option<Arc<Beginning>>,
    /// What its body may take of the memory, until it is answered.
    #[expect(dead_code, reason = "dropping it gives it back")]
    pub(crate) room: Arc<Room>,
    /// The memory that its answer may have a part of.
    pub(crate) answers: Answers,
}

/// What is asked, and what was understood of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClientBody {
    pub(crate) head: RequestHead,
    pub(crate) bytes: Bytes,
    /// Its parts and its content type, where it is a form.
    pub(crate) form: Option<(Form, HeaderValue)>,
    /// Estimated tokens of the prompt.
    pub(crate) prompt_tokens: u64,
}

impl ClientRequest {
    /// The request as it wants to be put to a fallback; `None` where that is as it is.
    pub(crate) fn amended_for(&self, target: &Target, fleet: &Fleet) -> Option<Self> {
        let wanted =
            |(name, _): &&(Arc<str>, ClientBody)| fleet.resolve(name).as_ref() == Some(target);
        let (_, body) = self.overrides.amended.iter().find(wanted)?;
        Some(Self { body: body.clone(), ..self.clone() })
    }
}

/// What LiteLLM lets a request override.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Overrides {
    /// Largest gap without bytes.
    pub(crate) timeout: Option<Duration>,
    /// The same, for streams.
    pub(crate) stream_timeout: Option<Duration>,
    pub(crate) num_retries: Option<u32>,
    /// Names to fall back to, whatever the error, a bounded number; empty if the request names
    /// none.
    pub(crate) fallbacks: Vec<Arc<str>>,
    /// Fallbacks for single classes of errors, in the place of the config's.
    pub(crate) fallbacks_by_class: FallbacksByClass,
    /// What some of them are asked instead.
    pub(crate) amended: Vec<(Arc<str>, ClientBody)>,
    pub(crate) disable_fallbacks: bool,
    /// Whether what nobody of a group can be asked may be left out; `None` leaves that to the config.
    pub(crate) drop_params: Option<bool>,
    /// What the client wants of a stream that breaks.
    pub(crate) on_break: Option<OnBreak>,
}
