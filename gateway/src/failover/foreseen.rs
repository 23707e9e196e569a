//! What a deployment cannot be asked, whatever the client says: a chat completion without anything special is put into
//! its words, with what the config adds, and what is refused then is refused always. Nothing is sent.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, json};
use wire::openai::RequestHead;

use crate::config::{Config, Deployment};
use crate::endpoint::Endpoint;
use crate::upstream::Route;
use crate::upstream::additions;
use crate::upstream::dialect::{Asked, Refused};
use crate::upstream::members::Lenience;

/// Why every chat completion to a deployment is refused before it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// The member that is blamed, in the client's words.
    pub param: String,
    /// The sentence that clients get.
    pub message: String,
}

/// Why every chat completion to `deployment` is refused, if it is.
pub fn foreseen(config: &Config, deployment: &Deployment) -> Option<Foreseen> {
    let model = deployment.model.replace('*', "any");
    let message = json!({ "role": "user", "content": "hello" });
    let body = json!({ "model": deployment.group.replace('*', "any"), "messages": [message] });
    let body = Bytes::from(body.to_string());
    let head = RequestHead::scan(&body).ok()?;
    // What is wrong with the way itself is told where the config is read.
    let route = Route::new(deployment).ok()?;
    let told = |Refused { param, message }| Some(Foreseen { param: param.into(), message });
    let endpoint = Endpoint::Chat;
    let amended = match additions::amended(&deployment.additions, endpoint, (&head, &body)) {
        Ok(amended) => amended,
        Err(refused) => return told(refused),
    };
    let (head, body) =
        amended.as_ref().map_or((&head, &body), |amended| (&amended.head, &amended.body));
    let drops = config.router.drop_params || deployment.additions.drop_params == Some(true);
    let lenience = if drops { Lenience::Drop } else { Lenience::Refuse };
    let none = HeaderMap::new();
    let (form, model, relayed, of_chat) = (None, &*model, &none, &Map::new());
    let asked = Asked { endpoint, head, body, form, model, lenience, relayed, of_chat };
    route.encode(&asked, deployment).err().and_then(told)
}
