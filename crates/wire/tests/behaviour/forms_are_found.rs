//! Parts of a form are found wherever they stand, and nothing makes the reader panic.

use proptest::prelude::*;
use wire::multipart::{Form, FormError};

const KIND: &str = "multipart/form-data; boundary=b0";

fn body(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in parts {
        let head = format!("--b0\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b0--\r\n");
    body
}

proptest! {
    #[test]
    fn every_part_is_found_with_its_value(
        parts in prop::collection::vec(("[a-z_]{1,9}", prop::collection::vec(any::<u8>(), 0..40)), 0..6),
    ) {
        let body = body(&parts);
        let form = Form::read(KIND, &body).unwrap();
        let found: Vec<(String, Vec<u8>)> =
            form.parts.iter().map(|p| (p.name.clone(), body[p.value.clone()].to_vec())).collect();
        prop_assert_eq!(found, parts);
        let mut whole: Vec<u8> = Vec::new();
        for part in &form.parts {
            whole.extend_from_slice(&body[part.whole.clone()]);
        }
        whole.extend_from_slice(&body[form.end.clone()]);
        prop_assert_eq!(whole, body);
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(prop::sample::select(b"-b0\r\n:; name=\"x".to_vec()), 0..80)) {
        let _ = Form::read(KIND, &body);
    }
}

#[test]
fn what_is_no_form_is_refused() {
    for (kind, body, error) in [
        ("application/json", "", FormError::Boundary),
        ("multipart/form-data", "", FormError::Boundary),
        (KIND, "", FormError::Incomplete),
        (
            KIND,
            "--b0\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
            FormError::Incomplete,
        ),
        (KIND, "--b0\r\nContent-Type: text/plain\r\n\r\nx\r\n--b0--", FormError::Nameless),
    ] {
        assert_eq!(Form::read(kind, body.as_bytes()), Err(error), "{kind} {body}");
    }
}
