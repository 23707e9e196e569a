//! Changes a few bytes of a request and leaves the rest as the client wrote it.

use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

use super::RequestHead;
use crate::json_text::escape_into;

/// `body` with another model's name; `head` must be its own head. The same bytes, not a copy, if the
/// name is the same. A body without `model` gets one.
pub fn splice_model(body: &Bytes, head: &RequestHead, model: &str) -> Bytes {
    rewrite(body, head, model, &[])
}

/// `body` as a provider should get it: another model's name, and without the members that only a
/// gateway understands (`num_retries`, `fallbacks`, …), which OpenAI would refuse as unknown.
pub fn upstream_body(body: &Bytes, head: &RequestHead, model: &str) -> Bytes {
    rewrite(body, head, model, &cuts(body, &head.gateway_only))
}

/// The same without `metadata`, which was meant for the gateway.
pub fn upstream_body_without_metadata(body: &Bytes, head: &RequestHead, model: &str) -> Bytes {
    let Some(metadata) = &head.metadata else { return upstream_body(body, head, model) };
    let mut members = head.gateway_only.clone();
    let place = members.partition_point(|member| member.start < metadata.start);
    members.insert(place, metadata.clone());
    rewrite(body, head, model, &cuts(body, &members))
}

/// The same for a provider whose path names the model, which the body need not do.
pub fn upstream_body_without_model(body: &Bytes, head: &RequestHead) -> Bytes {
    let cuts = cuts(body, &head.gateway_only);
    if cuts.is_empty() {
        return body.clone();
    }
    let mut out = BytesMut::with_capacity(body.len());
    copy_without(&mut out, body, 0..body.len(), &cuts);
    out.freeze()
}

fn rewrite(body: &Bytes, head: &RequestHead, model: &str, cuts: &[Range<usize>]) -> Bytes {
    if cuts.is_empty() && head.model.as_deref() == Some(model) {
        return body.clone();
    }
    let mut out = BytesMut::with_capacity(body.len() + model.len() + 16);
    let at = match &head.model_at {
        Some(at) => at.clone(),
        None => {
            let inside = body.iter().position(|&byte| byte == b'{').map_or(0, |brace| brace + 1);
            inside..inside
        }
    };
    copy_without(&mut out, body, 0..at.start, cuts);
    if at.is_empty() {
        out.put_slice(b"\"model\":");
    }
    out.put_u8(b'"');
    escape_into(&mut out, model);
    out.put_u8(b'"');
    if at.is_empty() && head.member_count > cuts.len() {
        out.put_u8(b',');
    }
    copy_without(&mut out, body, at.end..body.len(), cuts);
    out.freeze()
}

/// What to remove so that `members` (in order) and one comma each disappear: the comma before, or
/// the one after if none is left before.
fn cuts(body: &[u8], members: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut cuts: Vec<Range<usize>> = Vec::with_capacity(members.len());
    for member in members {
        let before = body[..member.start].trim_ascii_end().len();
        let done = cuts.last().map_or(0, |cut| cut.end);
        if before > done && body[before - 1] == b',' {
            cuts.push(before - 1..member.end);
            continue;
        }
        let after = body.len() - body[member.end..].trim_ascii_start().len();
        let end = if body.get(after) == Some(&b',') { after + 1 } else { member.end };
        cuts.push(member.start..end);
    }
    cuts
}

fn copy_without(out: &mut BytesMut, body: &[u8], part: Range<usize>, cuts: &[Range<usize>]) {
    let mut at = part.start;
    for cut in cuts.iter().filter(|cut| cut.start >= part.start && cut.end <= part.end) {
        out.put_slice(&body[at..cut.start]);
        at = cut.end;
    }
    out.put_slice(&body[at..part.end]);
}
