//! Ids that we make.

/// A new cuid2: 24 lower-case letters and digits, unguessable, in no order.
pub fn new_id() -> String {
    cuid2::create_id()
}
