//! Setup sessions, and what is made of them.

mod keys;
mod link;
mod list;
mod provision;
mod sessions;
mod status;

pub use keys::{
    Created, LIST as LIST_KEYS, Listed as ListedKey, MOST as MOST_KEYS, NewKey, Revoked, create as create_key,
    list as list_keys, revoke as revoke_key, rotate as rotate_key,
};
pub use link::{Link, NewLink};
pub use list::{LIST, Listed, list};
pub use provision::{ConnectionPart, Made, Parts, Provisioned, provision};
pub use sessions::{FIND, Found, Owner, Saved, Session, create, enter_meta, find, note, owner, renew, save};
pub use status::{Shown, Tenant, activate, set_pixel, set_status, show};

/// The tenant that a session makes: known before it is there, so that its secrets have a place and no try makes a second one.
pub fn tenant_id(session_id: &str) -> String {
    format!("tnt_{session_id}")
}

/// The API key that provisioning makes.
pub fn key_id(session_id: &str) -> String {
    format!("{session_id}-key")
}

/// The connection that provisioning makes for a platform.
pub fn connection_id(session_id: &str, platform: &str) -> String {
    format!("{session_id}-{platform}")
}

/// Whether a text can be an id of ours; nothing else needs to be looked up.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}
