//! Writes constants: the trust anchors of RDS, from the bundle that AWS publishes, and the number of the last migration, which is the one that
//! the functions need.
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
const MIGRATIONS: &str = "../migrations";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={BUNDLE}");
    // They are compiled in by a macro, which cannot tell cargo of a new file.
    println!("cargo::rerun-if-changed={MIGRATIONS}");
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(Path::new(&out).join("rds_anchors.rs"), anchors()?)?;
    let needed = format!(
        "/// The migration that this release needs: its last one.\npub const NEEDED: i32 = {};\n",
        last_migration()?
    );
    std::fs::write(Path::new(&out).join("needed.rs"), needed)?;
    Ok(())
}

/// The largest number of the files `V<number>__<what>.sql`.
fn last_migration() -> Result<i32, Box<dyn Error>> {
    let mut last = 0;
    for entry in std::fs::read_dir(MIGRATIONS)? {
        let name = entry?.file_name().into_string().map_err(|_| "the name of a migration")?;
        if let Some((number, _)) = name.strip_prefix('V').and_then(|rest| rest.split_once("__")) {
            last = last.max(number.parse()?);
        }
    }
    Ok(last)
}

fn anchors() -> Result<String, Box<dyn Error>> {
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
    Ok(anchors)
}

fn constant(bytes: &[u8]) -> String {
    format!("Der::from_slice(b\"{}\")", bytes.escape_ascii())
}
