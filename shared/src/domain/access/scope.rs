//! What an API key may do.

use utoipa::ToSchema;

/// One thing that a key may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Scope {
    /// Posting orders.
    Ingest,
    /// Reading orders, and the tenant.
    Read,
    /// All of it, and changing what a tenant may change of itself.
    Admin,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Read, Self::Admin];
    /// Their words.
    pub const WORDS: [&'static str; 3] = [Self::Ingest.as_str(), Self::Read.as_str(), Self::Admin.as_str()];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// The scopes of a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes {
    ingest: bool,
    read: bool,
    admin: bool,
}

impl Scopes {
    /// What a key can do of which nothing else is said: what the seller's server needs.
    pub const OF_A_SERVER: Self = Self { ingest: true, read: true, admin: false };

    /// The scopes of these words; other words allow nothing.
    pub fn of<'a>(words: impl IntoIterator<Item = &'a str>) -> Self {
        words.into_iter().fold(Self::default(), |scopes, word| match word {
            "ingest" => Self { ingest: true, ..scopes },
            "read" => Self { read: true, ..scopes },
            "admin" => Self { admin: true, ..scopes },
            _ => scopes,
        })
    }

    /// Whether they allow this. `admin` allows all.
    pub fn allow(self, scope: Scope) -> bool {
        self.admin || self.has(scope)
    }

    fn has(self, scope: Scope) -> bool {
        match scope {
            Scope::Ingest => self.ingest,
            Scope::Read => self.read,
            Scope::Admin => self.admin,
        }
    }

    /// Their words, as they were given.
    pub fn words(self) -> Vec<&'static str> {
        Scope::ALL.into_iter().filter(|scope| self.has(*scope)).map(Scope::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_allows_all_and_the_others_themselves_alone() {
        for (words, allowed) in [
            (&["ingest"][..], &["ingest"][..]),
            (&["read"], &["read"]),
            (&["ingest", "read"], &["ingest", "read"]),
            (&["admin"], &["ingest", "read", "admin"]),
            (&["admin", "read"], &["ingest", "read", "admin"]),
            (&["everything", "Admin", ""], &[]),
            (&[], &[]),
        ] {
            let scopes = Scopes::of(words.iter().copied());
            let allows: Vec<&str> = Scope::ALL.into_iter().filter(|it| scopes.allow(*it)).map(Scope::as_str).collect();
            assert_eq!(allows, allowed, "{words:?}");
        }
        assert_eq!(Scopes::of(["admin", "ingest"]).words(), ["ingest", "admin"], "as they were given");
        assert_eq!(Scopes::OF_A_SERVER, Scopes::of(["ingest", "read"]));
    }
}
