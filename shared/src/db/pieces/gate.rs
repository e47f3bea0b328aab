//! Whether the tenant takes anything, and sends.

/// The CTEs `gate` (the tenant's settings, where what came is `in_force`) and `open` (the same, unless the tenant is retired).
///
/// Their parameters: `$1` tenant, and what `in_force` looks at.
pub(crate) fn gate(in_force: &str) -> String {
    format!(
        "gate as (
        select t.status::text as status, t.attribution_window_days as window_days, t.action_source, t.denied_consent,
               t.status = 'active' or (t.status = 'provisioning' and coalesce(t.test_event_code_until > clock(), false)) as sends
        from tenants t
        where t.id = $1::text and {in_force}
    ), open as (
        select * from gate where status <> 'retired'
    )"
    )
}

/// What came is in force where it came on a connection (`$2`) that is still the one that was looked up, by its version.
pub(crate) fn connection_in_force(version: &str) -> String {
    format!(
        "exists (select from connections c
                      where c.tenant_id = $1 and c.id = $2::text and c.version = {version} and c.revoked_at is null)"
    )
}
