//! Codecs against documented payloads, against each other and against garbage, one module per behaviour.

mod codecs_survive_garbage;
mod errors_match_the_documented_ones;
mod event_stream_splits_anywhere;
mod fixtures_round_trip;
mod forms_are_found;
mod peek_agrees_with_a_full_parse;
mod rate_limit_headers;
mod request_head_and_splice;
mod sse_splits_anywhere;
mod streams_are_cut;
mod templates_equal_the_typed_encoder;
