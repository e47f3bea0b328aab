//! What a platform is answered, and a seller sees in the platform's log.

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use serde::Serialize;
use shared::http;
use shared::intake::Read;
use utoipa::ToSchema;

/// What a platform is answered.
#[derive(Serialize, ToSchema)]
#[schema(as = Received)]
pub(crate) struct Told {
    /// `true`.
    received: bool,
    /// `order`, `ignored`, `rejected`, or `probe` where nothing was delivered.
    outcome: &'static str,
    /// Why it made no order.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// To a probe: the path is good, and nothing happened.
pub(super) fn probe(method: &Method) -> Response<Body> {
    if method == Method::HEAD {
        return http::empty(StatusCode::OK);
    }
    http::json(StatusCode::OK, &Told { received: true, outcome: "probe", reason: None })
}

/// To a delivery that was read as this and is recorded.
pub(super) struct Answer(Told);

impl Answer {
    pub(super) fn of(read: &Read) -> Self {
        let (outcome, reason) = match read {
            Read::Sales(_) => ("order", None),
            Read::Ignored { reason, .. } => ("ignored", Some(reason.as_str())),
            Read::Rejected(reason) => ("rejected", Some(reason.as_str())),
        };
        Self(Told { received: true, outcome, reason })
    }

    pub(super) fn response(&self) -> Response<Body> {
        http::json(StatusCode::OK, &self.0)
    }
}
