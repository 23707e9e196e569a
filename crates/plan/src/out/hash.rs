//! Hashes, in hex digits: of bytes, and of named parts.

use sha2::{Digest, Sha256};

/// Hashes named parts; neither their borders nor their order can be confused.
pub(crate) fn digest<'p>(parts: impl IntoIterator<Item = (&'p str, &'p [u8])>) -> String {
    let mut hasher = Sha256::new();
    for (name, bytes) in parts {
        for piece in [name.as_bytes(), bytes] {
            hasher.update((piece.len() as u64).to_le_bytes());
            hasher.update(piece);
        }
    }
    hex(&hasher.finalize())
}

/// SHA-256 of some bytes, 64 hex digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{digest, sha256};

    #[test]
    fn borders_and_bytes_count() {
        let of = |a: &str, b: &str| digest([("x", a.as_bytes()), ("y", b.as_bytes())]);
        assert_ne!(of("ab", "c"), of("a", "bc"));
        assert_eq!(of("ab", "c"), of("ab", "c"));
        // FIPS 180-2, appendix B.1.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(b"abc"), abc);
    }
}
