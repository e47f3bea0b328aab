//! JSON lines in, JSON lines out: one line out for each line in, in order, nothing else on standard output.

use std::io::{self, BufRead, Write};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Answers each line of standard input until its end. Each answer is flushed, so that the tool can be used in a dialogue.
///
/// A line that is no JSON object of the wanted shape is answered with `{"id", "error"}`; id is null if it cannot be read.
pub(crate) fn answer_each<Q: DeserializeOwned>(answer: impl Fn(Q) -> Value) -> io::Result<()> {
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let reply = serde_json::from_slice(&line).map_or_else(|error| refused(&line, &error), &answer);
        writeln!(output, "{reply}")?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}

fn refused(line: &[u8], error: &serde_json::Error) -> Value {
    let id = serde_json::from_slice::<Value>(line).ok().and_then(|value| value.get("id").cloned());
    json!({ "id": id, "error": error.to_string() })
}
