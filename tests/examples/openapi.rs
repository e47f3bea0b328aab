//! Writes the OpenAPI document from what the code says, to the file that the setup function serves.

fn main() -> anyhow::Result<()> {
    std::fs::write(tests::openapi::target(), tests::openapi::document()?)?;
    Ok(())
}
