//! Arguments.

mod checkout;

use shared::config::environment;
use time::Date;
use time::macros::format_description;

pub(crate) use checkout::{Checkout, Given, SecretFrom};

/// What `--help` says.
pub(crate) const USAGE: &str = "\
usage: operate COMMAND [--json]

  gates [TENANT]                    what keeps sends back: of a tenant, or of all that have something kept back
  release TENANT                    the operator's reset: breaker closed, unparked, unthrottled, everything due at once
  replay TENANT [EVENT_ID] [--may-be-there]
                                    put quarantined events back; those that Meta may have already only with --may-be-there
  ledger TENANT [--since DAY] [--until DAY]
                                    every accepted sale by state and reason (days are YYYY-MM-DD in UTC, both included)
  check [TENANT]                    what must not be, of a tenant or of all; exit code 1 when anything is found
  receipts TENANT [EVENT_ID]        the last requests to Meta, for a support ticket there
  dead-letters --queue URL          what is in a dead-letter queue, and why
  redrive --from URL [--to URL]     move what is ours back to the dispatcher's queue (default DISPATCH_QUEUE_URL)

  connect TENANT PLATFORM [--secret-from-stdin] [--label TEXT] [--amount price|gross|net] [--order-id-slot SLOT] [--shop NAME]
                                    a URL for a checkout platform to post to, shown once; the secret is the platform's own
  connections TENANT                what posts, and how it is read
  change-connection TENANT ID [--label TEXT] [--amount ...] [--order-id-slot SLOT|none] [--shop NAME|none]
  rotate-connection TENANT ID [--overlap-days 7]
                                    a new URL; the one before is taken for so many days more
  revoke-connection TENANT ID       its URL is none from now on, for good
  platform-secret TENANT ID --secret-from-stdin [--keep-former]
                                    the platform's own secret, in place of the one before or beside it
  optional-events TENANT none|TRIGGER[=NAME]...
                                    the events beside Purchase: pending, abandoned, refused, expired, canceled, refunded,
                                    charged_back, renewal
  bodies TENANT [ID]                what came and made no order: when, and why
  replay-bodies TENANT [ID]         takes them, after the repair

A secret may also be given as --secret TEXT, where nobody else sees the command line. Checkouts want SECRETS_PREFIX (default track/),
PUBLIC_URL for whole URLs, and replay-bodies BODY_KEY_SECRET_ARN.
The database is DB_URL or DB_SECRET_ARN; AWS is AWS_REGION, AWS_ACCESS_KEY_ID ..., and AWS_ENDPOINT_URL for a local one.";

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    /// Shows gates.
    Gates { tenant: Option<String> },
    /// Resets a gate.
    Release { tenant: String },
    /// Puts quarantined events back.
    Replay { tenant: String, event_id: Option<String>, may_be_there: bool },
    /// Shows the ledger.
    Ledger { tenant: String, since: Option<Date>, until: Option<Date> },
    /// Checks it.
    Check { tenant: Option<String> },
    /// Shows receipts.
    Receipts { tenant: String, event_id: Option<String> },
    /// Lists dead letters.
    DeadLetters { queue: String },
    /// Moves them back.
    Redrive { from: String, to: String },
    /// Looks after connections and their bodies.
    Checkout(Checkout),
}

/// What was asked for.
pub(crate) struct Asked {
    /// What to do.
    pub(crate) command: Command,
    /// Whether a script reads the answer.
    pub(crate) json: bool,
}

/// Options with a value.
const VALUED: [&str; 11] = [
    "--since",
    "--until",
    "--queue",
    "--from",
    "--to",
    "--label",
    "--amount",
    "--order-id-slot",
    "--shop",
    "--secret",
    "--overlap-days",
];
/// Options without one.
const FLAGS: [&str; 4] = ["--json", "--may-be-there", "--secret-from-stdin", "--keep-former"];

/// The arguments, apart; what a command takes of them it removes.
#[derive(Default)]
struct Arguments {
    words: Vec<String>,
    options: Vec<(String, String)>,
    flags: Vec<String>,
}

/// Reads the arguments; `None` when help was asked for.
///
/// # Errors
/// What is wrong, in a line.
pub(crate) fn read(given: impl Iterator<Item = String>) -> Result<Option<Asked>, String> {
    let mut given = given.peekable();
    let mut arguments = Arguments::default();
    while let Some(argument) = given.next() {
        if matches!(argument.as_str(), "--help" | "-h") {
            return Ok(None);
        } else if VALUED.contains(&argument.as_str()) {
            let value = given.next().filter(|value| !value.is_empty() && !value.starts_with("--"));
            let value = value.ok_or_else(|| format!("{argument} takes a value"))?;
            arguments.options.push((argument, value));
        } else if FLAGS.contains(&argument.as_str()) {
            arguments.flags.push(argument);
        } else if argument.starts_with('-') {
            return Err(format!("unknown option {argument}"));
        } else {
            arguments.words.push(argument);
        }
    }
    let json = arguments.flag("--json");
    let command = command(&mut arguments)?;
    arguments.finish()?;
    Ok(Some(Asked { command, json }))
}

fn command(arguments: &mut Arguments) -> Result<Command, String> {
    let name = arguments.word().ok_or("no command")?;
    Ok(match name.as_str() {
        "gates" => Command::Gates { tenant: arguments.word() },
        "release" => Command::Release { tenant: arguments.tenant()? },
        "replay" => Command::Replay {
            tenant: arguments.tenant()?,
            event_id: arguments.word(),
            may_be_there: arguments.flag("--may-be-there"),
        },
        "ledger" => Command::Ledger {
            tenant: arguments.tenant()?,
            since: arguments.day("--since")?,
            until: arguments.day("--until")?,
        },
        "check" => Command::Check { tenant: arguments.word() },
        "receipts" => Command::Receipts { tenant: arguments.tenant()?, event_id: arguments.word() },
        "dead-letters" => {
            Command::DeadLetters { queue: arguments.url("--queue")?.ok_or("dead-letters wants --queue")? }
        }
        "redrive" => redrive(arguments)?,
        other => match checkout::command(other, arguments)? {
            Some(command) => Command::Checkout(command),
            None => return Err(format!("unknown command {other}")),
        },
    })
}

fn redrive(arguments: &mut Arguments) -> Result<Command, String> {
    let from = arguments.url("--from")?.ok_or("redrive wants --from")?;
    let to = match arguments.url("--to")? {
        Some(to) => to,
        None => environment("DISPATCH_QUEUE_URL").filter(|url| !url.is_empty()).ok_or("redrive wants --to")?,
    };
    if from == to {
        return Err("--from and --to are the same queue".to_owned());
    }
    Ok(Command::Redrive { from, to })
}

impl Arguments {
    fn word(&mut self) -> Option<String> {
        (!self.words.is_empty()).then(|| self.words.remove(0))
    }

    fn tenant(&mut self) -> Result<String, String> {
        self.word().ok_or_else(|| "which tenant?".to_owned())
    }

    fn flag(&mut self, name: &str) -> bool {
        let before = self.flags.len();
        self.flags.retain(|flag| flag != name);
        self.flags.len() < before
    }

    fn option(&mut self, name: &str) -> Option<String> {
        let index = self.options.iter().position(|(option, _)| option == name)?;
        Some(self.options.remove(index).1)
    }

    fn day(&mut self, name: &str) -> Result<Option<Date>, String> {
        let Some(text) = self.option(name) else { return Ok(None) };
        let day = Date::parse(&text, format_description!("[year]-[month]-[day]"));
        day.map(Some).map_err(|_| format!("{name} takes a day such as 2026-11-24"))
    }

    fn url(&mut self, name: &str) -> Result<Option<String>, String> {
        let Some(text) = self.option(name) else { return Ok(None) };
        let is_url = url::Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
        if is_url { Ok(Some(text)) } else { Err(format!("{name} takes a queue's URL")) }
    }

    /// What no command took.
    fn finish(self) -> Result<(), String> {
        let options = self.options.into_iter().map(|(name, _)| name);
        match self.words.into_iter().chain(options).chain(self.flags).next() {
            None => Ok(()),
            Some(left) => Err(format!("the command does not take {left}")),
        }
    }
}
