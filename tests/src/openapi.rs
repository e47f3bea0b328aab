//! The OpenAPI document: the functions' parts, put together.

use std::path::PathBuf;

use anyhow::ensure;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApiBuilder};
use utoipa::{OpenApi, openapi};

use crate::install;

/// The file that the setup function serves.
pub fn target() -> PathBuf {
    install::workspace_root().join("functions/setup/src/openapi.json")
}

/// A name of a component means one thing in all parts: what is merged twice is kept once.
fn one_meaning(document: &openapi::OpenApi, part: &openapi::OpenApi) -> anyhow::Result<()> {
    let schemas = |of: &openapi::OpenApi| of.components.clone().unwrap_or_default().schemas;
    let known = schemas(document);
    for (name, schema) in schemas(part) {
        let is_same =
            known.get(&name).is_none_or(|it| serde_json::to_value(it).ok() == serde_json::to_value(&schema).ok());
        ensure!(is_same, "two schemas are called {name}");
    }
    Ok(())
}

/// The document as it is served: what the code says now.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn document() -> anyhow::Result<String> {
    let bearer = |description: &str| {
        let mut http = Http::new(HttpAuthScheme::Bearer);
        http.description = Some(description.to_owned());
        SecurityScheme::Http(http)
    };
    let mut components = Components::new();
    components.add_security_scheme("api_key", bearer("A tenant's API key: `trk_…`."));
    components.add_security_scheme("session", bearer("The token of a setup session's link: `sst_…`."));
    components.add_security_scheme("operator", bearer("The operator's token."));
    let info = InfoBuilder::new().title("Track AI").version(env!("CARGO_PKG_VERSION")).description(Some(
        "Which ad click became which sale, told to Meta: clicks, orders, checkouts' webhooks, and the setup of sellers. Errors are RFC 9457.",
    ));
    let mut document = OpenApiBuilder::new().info(info.build()).components(Some(components)).build();
    for part in [
        shared::openapi::Problems::openapi(),
        click::openapi::Api::openapi(),
        order::openapi::Api::openapi(),
        setup::openapi::Api::openapi(),
    ] {
        one_meaning(&document, &part)?;
        document.merge(part);
    }
    Ok(document.to_pretty_json()? + "\n")
}
