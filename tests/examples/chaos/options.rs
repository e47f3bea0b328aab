//! Arguments.

const USAGE: &str = "\
usage: cargo run -p tests --example chaos -- [--kills N] [--seed S] [--orders N] [--windows N] [--release]

  --kills N    how many processes are killed (default 30)
  --seed S     what the schedule is drawn from (default 1)
  --orders N   how many orders are posted meanwhile (default 10 a kill, 60 at the least)
  --windows N  latency windows of each kind (default 4)
  --release    release binaries of the functions instead of debug ones";

/// What was asked for.
pub(crate) struct Options {
    /// How many processes are killed.
    pub(crate) kills: usize,
    /// What the schedule is drawn from.
    pub(crate) seed: u64,
    /// How many orders are posted meanwhile.
    pub(crate) orders: usize,
    /// Latency windows of each kind.
    pub(crate) windows: usize,
    /// Whether the functions are release binaries.
    pub(crate) release: bool,
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// The usage, with what is wrong.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { kills: 30, seed: 1, orders: 0, windows: 4, release: false };
        while let Some(name) = arguments.next() {
            let mut number = || -> Result<u64, String> {
                let value = arguments.next().and_then(|value| value.parse().ok());
                value.ok_or_else(|| format!("{name} takes a number\n\n{USAGE}"))
            };
            let count = |number: u64| usize::try_from(number).map_err(|error| error.to_string());
            match name.as_str() {
                "--kills" => options.kills = count(number()?)?,
                "--seed" => options.seed = number()?,
                "--orders" => options.orders = count(number()?)?,
                "--windows" => options.windows = count(number()?)?,
                "--release" => options.release = true,
                "--help" | "-h" => return Err(USAGE.to_owned()),
                other => return Err(format!("unknown argument {other}\n\n{USAGE}")),
            }
        }
        if options.orders == 0 {
            options.orders = (options.kills * 10).max(60);
        }
        if options.windows == 0 {
            return Err(format!("--windows is 1 at the least\n\n{USAGE}"));
        }
        Ok(options)
    }
}
