//! Every body and error that is read from outside: any bytes are read or refused, and what was read
//! is written and read again unchanged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::{Serialize, de::DeserializeOwned};
use wire::{anthropic, bedrock, gemini, openai, openai::responses};

fuzz_target!(|bytes: &[u8]| {
    returns::<openai::ChatRequest>(bytes);
    returns::<openai::ChatChunk>(bytes);
    returns::<responses::ResponsesRequest>(bytes);
    returns::<responses::Event>(bytes);
    returns::<anthropic::MessagesRequest>(bytes);
    returns::<gemini::GenerateRequest>(bytes);
    returns::<gemini::GenerateReply>(bytes);
    returns::<bedrock::ConverseRequest>(bytes);
    returns::<bedrock::ConverseReply>(bytes);
    let _ = openai::ErrorDetail::read(bytes);
    let _ = anthropic::ErrorDetail::read(bytes);
    let _ = gemini::RpcStatus::read(bytes);
    let _ = bedrock::ErrorDetail::read(None, bytes);
});

fn returns<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let Ok(read) = serde_json::from_slice::<T>(bytes) else { return };
    let Ok(written) = serde_json::to_vec(&read) else { return };
    // a union's unknown variant drops its members, so only the second reading must agree
    let Ok(again) = serde_json::from_slice::<T>(&written) else { return };
    assert_eq!(serde_json::to_vec(&again).ok(), Some(written));
}
