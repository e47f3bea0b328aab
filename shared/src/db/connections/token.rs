//! A path's last part, as it is made.

use aws_lc_rs::rand;

use super::super::keys;

/// A secret part: 160 random bits, in letters and digits that mark as one word.
pub(in crate::db) fn new_secret() -> Result<String, NoRandom> {
    let mut bytes = [0; 20];
    rand::fill(&mut bytes).map_err(|_| NoRandom)?;
    Ok(hex::encode(bytes))
}

/// A path's last part, `<tenant>.<secret>`: to be shown once. Not printable by itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    text: String,
    hash: String,
}

impl Token {
    /// A new one, of 160 random bits.
    ///
    /// # Errors
    /// If the system gives no random bytes.
    pub fn new(tenant_id: &str) -> Result<Self, NoRandom> {
        let secret = new_secret()?;
        Ok(Self { text: format!("{tenant_id}.{secret}"), hash: keys::hash(&secret) })
    }

    pub(in crate::db) fn hash(&self) -> &str {
        &self.hash
    }

    /// The text, for the one who is to paste it.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandom;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_160_random_bits_behind_the_tenant_and_its_hash_is_of_the_secret_alone() {
        let tokens: Vec<Token> = (0..100).map(|_| Token::new("tnt_1").unwrap()).collect();
        for token in &tokens {
            let secret = token.reveal().strip_prefix("tnt_1.").unwrap();
            assert!(secret.len() == 40 && secret.bytes().all(|it| it.is_ascii_alphanumeric()), "{secret}");
            assert_eq!(token.hash(), keys::hash(secret));
        }
        let mut texts: Vec<&str> = tokens.iter().map(Token::reveal).collect();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 100);
    }
}
