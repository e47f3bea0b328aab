//! How large a deployment package is.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// What a zip archive has beside the deflated bytes of its one entry, `bootstrap`.
const ARCHIVE: u64 = 116;

/// The size of the zip with this binary, in bytes, at the best compression.
pub(crate) fn zipped(binary: &Path) -> Result<u64> {
    let bytes = std::fs::read(binary).with_context(|| format!("read {}", binary.display()))?;
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bytes)?;
    Ok(u64::try_from(encoder.finish()?.len())? + ARCHIVE)
}
