//! Changes that are told of, by their words.

/// What somebody changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A setup session was made.
    SessionCreated,
    /// A session's link was made anew.
    LinkRenewed,
    /// Something was entered into a session.
    SessionPatched,
    /// A tenant was made of a session, or brought to what it says.
    Provisioned,
    /// A test event was sent.
    TestEventSent,
    /// A tenant went live, or on.
    Activated,
    /// A tenant was suspended.
    Suspended,
    /// A tenant was retired.
    Retired,
    /// A tenant's pixel or its credentials at Meta were replaced.
    MetaReplaced,
    /// What kept a tenant's sends back was reset.
    Released,
    /// Quarantined events were put back.
    EventsReplayed,
    /// Orders were imported from a table.
    OrdersImported,
    /// An API key was made.
    KeyCreated,
    /// An API key was ended.
    KeyRevoked,
    /// One key took the place of all.
    KeysRotated,
    /// A connection was made.
    ConnectionCreated,
    /// A connection was set otherwise.
    ConnectionChanged,
    /// A connection got another path.
    ConnectionRotated,
    /// A connection was ended.
    ConnectionRevoked,
    /// A platform's own secret was entered.
    ConnectionSecretSet,
    /// Kept bodies were replayed.
    BodiesReplayed,
    /// The events beside Purchase were set.
    OptionalEventsSet,
    /// All that is kept of a person was exported.
    PersonExported,
    /// All that was kept of a person was erased.
    PersonErased,
}

impl Act {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionCreated => "session.created",
            Self::LinkRenewed => "session.link_renewed",
            Self::SessionPatched => "session.patched",
            Self::Provisioned => "session.provisioned",
            Self::TestEventSent => "session.test_event_sent",
            Self::Activated => "tenant.activated",
            Self::Suspended => "tenant.suspended",
            Self::Retired => "tenant.retired",
            Self::MetaReplaced => "tenant.meta_replaced",
            Self::Released => "tenant.released",
            Self::EventsReplayed => "events.replayed",
            Self::OrdersImported => "orders.imported",
            Self::KeyCreated => "key.created",
            Self::KeyRevoked => "key.revoked",
            Self::KeysRotated => "keys.rotated",
            Self::ConnectionCreated => "connection.created",
            Self::ConnectionChanged => "connection.changed",
            Self::ConnectionRotated => "connection.rotated",
            Self::ConnectionRevoked => "connection.revoked",
            Self::ConnectionSecretSet => "connection.secret_set",
            Self::BodiesReplayed => "bodies.replayed",
            Self::OptionalEventsSet => "tenant.optional_events_set",
            Self::PersonExported => "person.exported",
            Self::PersonErased => "person.erased",
        }
    }
}
