//! Writes the trust anchors of RDS as constants, from the bundle that AWS publishes.
//!
//! Of a root certificate only the name and the key are ever used. Taken out here, they need no parser at run time and a third of the
//! bundle's bytes; a bundle that cannot be read fails the build, not a connection.
#![expect(clippy::disallowed_methods, reason = "cargo says there where to write")]

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

const BUNDLE: &str = "src/db/tls/rds-roots.pem";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={BUNDLE}");
    // They are compiled in by a macro, which cannot tell cargo of a new file.
    println!("cargo::rerun-if-changed=../migrations");
    let mut anchors = String::from("&[\n");
    for certificate in CertificateDer::pem_file_iter(BUNDLE)? {
        let certificate = certificate?;
        let anchor = webpki::anchor_from_trusted_cert(&certificate)?;
        let name_constraints = match &anchor.name_constraints {
            Some(bytes) => format!("Some({})", constant(bytes)),
            None => "None".to_owned(),
        };
        writeln!(
            anchors,
            "TrustAnchor {{ subject: {}, subject_public_key_info: {}, name_constraints: {name_constraints} }},",
            constant(&anchor.subject),
            constant(&anchor.subject_public_key_info),
        )?;
    }
    anchors.push(']');
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("rds_anchors.rs"), anchors)?;
    Ok(())
}

fn constant(bytes: &[u8]) -> String {
    format!("Der::from_slice(b\"{}\")", bytes.escape_ascii())
}
