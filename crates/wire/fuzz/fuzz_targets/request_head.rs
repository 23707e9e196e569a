//! A request's head is found in any bytes or refused, and splicing another model in keeps it JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::openai::RequestHead;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(head) = RequestHead::scan(bytes) {
        let parsed = serde_json::from_slice::<serde_json::Value>(bytes).expect("the head says so");
        assert!(parsed.is_object());
        if let Some(at) = head.model_at {
            assert!(bytes.get(at).is_some());
        }
    }
});
