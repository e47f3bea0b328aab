//! What every short text of ours has in common.

/// One trimmed line of 1 to `max` characters without control characters: NUL (which Postgres cannot hold),
/// line ends and the like.
pub fn line(text: &str, max: usize) -> Option<String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned())
}
