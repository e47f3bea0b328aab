//! Arguments.

const USAGE: &str = "\
usage: cargo dev [--once] [--port PORT] [--funnel-port PORT]

  --once       do the main job once and end; the last line is one JSON object, the exit code 0 only if Meta took the event
  --port PORT  port of the functions on 127.0.0.1 (default 9000; with --once any free one)
  --funnel-port PORT
               port of the demo funnel's pages on 127.0.0.1 (default 9100)

With META_PIXEL_ID and META_ACCESS_TOKEN set, the real Graph API takes the event instead of the simulator;
META_TEST_EVENT_CODE sends it to Events Manager's Test Events.";

/// What was asked for.
pub(crate) struct Options {
    /// End after the main job.
    pub(crate) once: bool,
    /// Of the functions; 0 is any free one.
    pub(crate) port: u16,
    /// Of the demo funnel's pages; 0 is any free one.
    pub(crate) funnel_port: u16,
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// The usage, with what is wrong.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut once, mut port, mut funnel_port) = (false, None, 9100);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--once" => once = true,
                "--help" | "-h" => return Err(USAGE.to_owned()),
                "--port" => port = Some(number(&argument, arguments.next())?),
                "--funnel-port" => funnel_port = number(&argument, arguments.next())?,
                other => return Err(format!("unknown argument {other}\n\n{USAGE}")),
            }
        }
        Ok(Self { once, port: port.unwrap_or(if once { 0 } else { 9000 }), funnel_port })
    }
}

fn number(argument: &str, value: Option<String>) -> Result<u16, String> {
    let number = value.and_then(|value| value.parse().ok());
    number.ok_or_else(|| format!("{argument} takes a number up to 65535\n\n{USAGE}"))
}
