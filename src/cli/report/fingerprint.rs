//! By what a finding is known again after the notebook was edited elsewhere.

use std::fmt;

/// Made of a finding's rule and the text around it, and of nothing that an edit elsewhere moves:
/// no line, no cell number. Two findings of one rule in equal lines share it.
///
/// It is written into files, so what it is made of is a promise. Secrets are masked before, since
/// whoever has the fingerprint of a short password can guess it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Fingerprint(u128);

impl Fingerprint {
    /// FNV-1a of 128 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>): the standard library's hashes
    /// may change with the compiler.
    pub fn of<'p>(parts: impl IntoIterator<Item = &'p str>) -> Self {
        const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
        let mut hash = OFFSET;
        for part in parts {
            for &byte in part.as_bytes().iter().chain(&[0]) {
                hash = (hash ^ u128::from(byte)).wrapping_mul(PRIME);
            }
        }
        Self(hash)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_never_changes() {
        let print = Fingerprint::of(["undefined-name", "np"]).to_string();
        assert_eq!(print, "151dfc463d51023171d75ed7114db447");
        assert_ne!(Fingerprint::of(["ab", "c"]), Fingerprint::of(["a", "bc"]));
    }
}
