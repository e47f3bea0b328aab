//! The one table of who may do what.

use super::{Scope, Scopes};

/// Who calls, once the token is known to be in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// The operator of the deployment.
    Operator,
    /// Who has the link of the setup session that made a tenant: the seller.
    Seller(Own<'a>),
    /// Who has an API key of a tenant.
    Key(Own<'a>, Scopes),
}

/// The caller's own tenant. A seller's may not be there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own<'a> {
    /// Its id.
    pub tenant_id: &'a str,
    /// Its status: provisioning, active, suspended or retired; empty where it is not there yet.
    pub status: &'a str,
}

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// To look at a tenant.
    Read,
    /// To change what a tenant may change of itself.
    Admin,
    /// To set a tenant active: of itself one in provisioning may, one that was suspended may not.
    Activate,
    /// To go on with a setup session: who has its link.
    Session,
    /// To be the operator.
    Operator,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is done.
    Granted,
    /// 403: the key would need this scope.
    Lacks(Scope),
    /// 403: no credentials of a tenant do this.
    OperatorAlone,
    /// 403: no key does this, the session's link does.
    LinkAlone,
    /// 404: it is not the caller's; as if it were not there.
    NotTheirs,
    /// 410: the caller's tenant is retired.
    Retired,
}

/// Whether a caller may do what needs this with a tenant.
///
/// | needs | operator | seller (link) | key | another tenant's |
/// |---|---|---|---|---|
/// | `Read` | yes | yes | `read` | 404 |
/// | `Admin` | yes | yes | `admin` | 404 |
/// | `Activate` | yes | unless suspended | `admin`, unless suspended | 404 |
/// | `Session` | yes | yes | 403 | 404 |
/// | `Operator` | yes | 403 | 403 | 404 |
///
/// Credentials of a retired tenant do nothing: 410. Only its session is still shown (`Session`), and what would change it is refused there.
pub fn judge(who: Who<'_>, needs: Needs, tenant_id: &str) -> Verdict {
    let (own, key) = match who {
        Who::Operator => return Verdict::Granted,
        Who::Seller(own) => (own, None),
        Who::Key(own, scopes) => (own, Some(scopes)),
    };
    if own.tenant_id != tenant_id {
        return Verdict::NotTheirs;
    }
    let scope = match needs {
        Needs::Session if key.is_none() => return Verdict::Granted,
        _ if own.status == "retired" => return Verdict::Retired,
        Needs::Session => return Verdict::LinkAlone,
        Needs::Operator => return Verdict::OperatorAlone,
        Needs::Activate if own.status == "suspended" => return Verdict::OperatorAlone,
        Needs::Read => Scope::Read,
        Needs::Admin | Needs::Activate => Scope::Admin,
    };
    if key.is_none_or(|scopes| scopes.allow(scope)) { Verdict::Granted } else { Verdict::Lacks(scope) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Granted, Lacks, LinkAlone, NotTheirs, OperatorAlone, Retired};

    const NEEDS: [Needs; 5] = [Needs::Read, Needs::Admin, Needs::Activate, Needs::Session, Needs::Operator];
    const STATUSES: [&str; 5] = ["", "provisioning", "active", "suspended", "retired"];

    fn all_scopes() -> impl Iterator<Item = Scopes> {
        (0..8_u8).map(|bits| {
            Scopes::of(Scope::WORDS.into_iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, it)| it))
        })
    }

    /// What each status makes of `NEEDS`, for a caller that `Read` and `Admin` are granted or refused like this.
    fn row(status: &str, read: Verdict, admin: Verdict, session: Verdict) -> [Verdict; 5] {
        match status {
            "retired" => [Retired, Retired, Retired, if session == Granted { Granted } else { Retired }, Retired],
            "suspended" => [read, admin, OperatorAlone, session, OperatorAlone],
            _ => [read, admin, admin, session, OperatorAlone],
        }
    }

    #[test]
    fn every_caller_gets_for_every_need_what_the_table_says() {
        for needs in NEEDS {
            assert_eq!(judge(Who::Operator, needs, "t"), Granted, "the operator, {needs:?}");
        }
        for status in STATUSES {
            let own = Own { tenant_id: "t", status };
            let got = NEEDS.map(|needs| judge(Who::Seller(own), needs, "t"));
            assert_eq!(got, row(status, Granted, Granted, Granted), "the seller of a tenant that is {status:?}");
            for scopes in all_scopes() {
                let words = scopes.words();
                let is_admin = words.contains(&"admin");
                let read = if is_admin || words.contains(&"read") { Granted } else { Lacks(Scope::Read) };
                let admin = if is_admin { Granted } else { Lacks(Scope::Admin) };
                let got = NEEDS.map(|needs| judge(Who::Key(own, scopes), needs, "t"));
                assert_eq!(got, row(status, read, admin, LinkAlone), "{words:?} of a tenant that is {status:?}");
            }
        }
    }

    #[test]
    fn nobody_learns_anything_of_another_tenant_whatever_the_credentials() {
        for status in STATUSES {
            let own = Own { tenant_id: "t", status };
            for needs in NEEDS {
                for other in ["u", "", "T", "t2", "tt"] {
                    assert_eq!(judge(Who::Seller(own), needs, other), NotTheirs);
                    for scopes in all_scopes() {
                        assert_eq!(judge(Who::Key(own, scopes), needs, other), NotTheirs);
                    }
                }
            }
        }
    }
}
