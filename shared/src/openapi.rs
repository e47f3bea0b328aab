//! What the functions' parts of the OpenAPI document share: the problems that a route may answer.
//!
//! Each function describes its routes where they are handled (`#[utoipa::path]`) and gathers them in its own `openapi` module. The
//! program `openapi` puts the parts together and writes the document that the setup function serves.

use utoipa::ToResponse;

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
