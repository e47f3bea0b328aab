//! The checkouts' connections.

use super::super::Connection;
use super::{Code, Facts, Findings};

/// A shop with five sales a week has none in seven days once in 150 weeks.
const SILENT_S: i64 = 7 * DAY_S;
const DAY_S: i64 = 24 * 3600;

pub(super) fn judge(facts: &Facts, findings: &mut Findings) {
    for connection in &facts.connections {
        let of = |count: i64| [("platform", connection.platform.clone()), ("bodies", count.to_string())];
        // A path is known to its platform alone, so one is enough: it may be the week's only sale.
        if connection.not_authentic > 0 {
            findings.about(Code::NotAuthentic, &connection.id, &of(connection.not_authentic));
        }
        if connection.unread > 0 {
            findings.about(Code::BodiesUnread, &connection.id, &of(connection.unread));
        }
        if let Some(days) = silent_days(facts, connection) {
            let detail = [("platform", connection.platform.clone()), ("days", days.to_string())];
            findings.about(Code::ConnectionSilent, &connection.id, &detail);
        }
    }
}

/// For how many days nothing came, where all that came in them was looked at.
fn silent_days(facts: &Facts, connection: &Connection) -> Option<i64> {
    let seen_since = connection.created_at.max(facts.covered_since);
    let silent_s = facts.now_s.saturating_sub(seen_since);
    let has_come = connection.deliveries + connection.not_authentic + connection.unread > 0;
    (facts.status == "active" && !has_come && silent_s >= SILENT_S).then_some(silent_s / DAY_S)
}
