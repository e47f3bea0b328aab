//! What each route of a tenant needs. [`judge`](shared::domain::access::judge) says who has it.

use lambda_http::http::Method;
use shared::domain::access::Needs;

/// What is changed by a POST that a tenant's own may send.
const POSTS: [&str; 11] = [
    "rotate-key",
    "release",
    "replay",
    "doctor",
    "keys",
    "connections",
    "bodies/replay",
    "orders/import",
    "people/find",
    "people/export",
    "people/erase",
];

/// What a route needs, by its part behind the tenant's id. A change that is not named here is the operator's.
pub(crate) fn needs(method: &Method, act: Option<&str>) -> Needs {
    match (method, act.unwrap_or_default()) {
        // A search is a look, too: what is looked for has no place in an address.
        (&Method::GET, _) | (&Method::POST, "events/search") => Needs::Read,
        (&Method::POST, "activate") => Needs::Activate,
        (&Method::POST, act) if POSTS.contains(&act) || act.starts_with("connections/") => Needs::Admin,
        (&Method::PUT, "meta" | "optional-events") => Needs::Admin,
        (&Method::PUT | &Method::PATCH, act) if act.starts_with("connections/") => Needs::Admin,
        (&Method::DELETE, act) if act.starts_with("keys/") => Needs::Admin,
        _ => Needs::Operator,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_is_not_named_is_the_operator_s() {
        for act in [
            "",
            "suspend",
            "retire",
            "meta",
            "anything",
            "keys",
            "keys/",
            "rotate-key/",
            "Release",
            "activate/x",
            "bodies",
        ] {
            for method in [Method::PUT, Method::POST, Method::DELETE, Method::PATCH] {
                let is_named =
                    matches!((method.as_str(), act), ("PUT", "meta") | ("POST", "keys") | ("DELETE", "keys/"));
                assert_eq!(needs(&method, Some(act)) == Needs::Operator, !is_named, "{method} {act}");
            }
        }
        assert_eq!(needs(&Method::POST, None), Needs::Operator);
        assert_eq!(needs(&Method::GET, None), Needs::Read);
    }
}
