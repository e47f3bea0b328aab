//! Makes `track.min.js` of `track.js`, after a change of the snippet.

#![expect(clippy::print_stdout, reason = "a developer's program")]

use anyhow::Result;
use tests::{minify, progress::Progress};

fn main() -> Result<()> {
    std::fs::write(minify::target(), minify::minified(&Progress::stderr())?)?;
    println!("{}", minify::target().display());
    Ok(())
}
