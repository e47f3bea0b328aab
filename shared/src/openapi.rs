//! What the functions' parts of the OpenAPI document share: the problems that a route may answer.
//!
//! Each function describes its routes where they are handled (`#[utoipa::path]`) and gathers them in its own `openapi` module. The
//! program `openapi` puts the parts together and writes the document that the setup function serves.

use std::collections::BTreeMap;

use utoipa::openapi::{Ref, RefOr, Response};
use utoipa::{IntoResponses, ToResponse};

use crate::http::ProblemDetails;

/// Defines the problems: one line each with what it says.
macro_rules! problems {
    ($($name:ident = $says:literal;)+) => {
        $(
            #[doc = $says]
            #[derive(ToResponse)]
            #[response(description = $says, content_type = "application/problem+json")]
            #[expect(dead_code, reason = "for the document alone")]
            pub struct $name(ProblemDetails);
        )+

        /// All of them, as components of a document.
        #[derive(utoipa::OpenApi)]
        #[openapi(components(schemas(ProblemDetails), responses($($name),+)))]
        pub struct Problems;
    };
}

problems! {
    NotParseable = "The body or a parameter cannot be read.";
    Unauthorized = "The key or token is missing, or not valid.";
    Forbidden = "Who calls is known, and may not do this.";
    NotFound = "There is no such thing, or it is another tenant's.";
    MethodNotAllowed = "The route has no such method; `Allow` names those that it has.";
    Conflict = "It does not go with how things stand.";
    Gone = "The tenant is retired, or the link's time is over.";
    TooLarge = "The body is too large.";
    UnsupportedMediaType = "The content type is not taken.";
    Invalid = "Read, and wrong in the fields that `errors` names, all at once.";
    TooManyRequests = "Too many; `Retry-After` says when the same request may succeed.";
    Unavailable = "Nothing was recorded for certain; the same request later is right.";
}

/// Refers to components by their names.
fn refer<const N: usize>(to: [(&str, &str); N]) -> BTreeMap<String, RefOr<Response>> {
    to.into_iter().map(|(status, name)| (status.to_owned(), Ref::from_response_name(name).into())).collect()
}

/// What every route of the setup may answer to who looks.
#[derive(Debug)]
pub struct OfLook;

impl IntoResponses for OfLook {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        refer([
            ("400", "NotParseable"),
            ("401", "Unauthorized"),
            ("403", "Forbidden"),
            ("404", "NotFound"),
            ("410", "Gone"),
            ("429", "TooManyRequests"),
            ("503", "Unavailable"),
        ])
    }
}

/// The same to who changes something, by a body.
#[derive(Debug)]
pub struct OfChange;

impl IntoResponses for OfChange {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut all = OfLook::responses();
        all.extend(refer([("413", "TooLarge"), ("415", "UnsupportedMediaType"), ("422", "Invalid")]));
        all
    }
}
