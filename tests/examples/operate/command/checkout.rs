//! Arguments of the commands that look after checkout platforms.

use shared::db::connections::manage::{OVERLAP_DAYS, OVERLAP_MOST};
use shared::domain::order::{Amount, EventName, OptionalEvents, Trigger};
use shared::platforms::Platform;

use super::Arguments;

/// What to do with connections.
#[derive(Debug)]
pub(crate) enum Checkout {
    /// Makes one.
    Connect { tenant: String, platform: Platform, given: Given, secret: Option<SecretFrom> },
    /// Shows them.
    List { tenant: String },
    /// Changes what one is set to.
    Change { tenant: String, id: String, given: Given },
    /// Gives it a new path.
    Rotate { tenant: String, id: String, overlap_days: u16 },
    /// Ends it.
    Revoke { tenant: String, id: String },
    /// Enters the platform's own secret.
    PlatformSecret { tenant: String, id: String, secret: SecretFrom, keep_former: bool },
    /// Says which events beside Purchase a tenant wants.
    OptionalEvents { tenant: String, wanted: Vec<(Trigger, EventName)> },
    /// Shows what was kept.
    Bodies { tenant: String, id: Option<String> },
    /// Takes it.
    ReplayBodies { tenant: String, id: Option<String> },
}

/// What was said of a connection's settings; `none` for a slot or a shop ends it.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// For people.
    pub(crate) label: Option<String>,
    /// Which amount is the value.
    pub(crate) amount: Option<Amount>,
    /// The slot of the seller's own order id.
    pub(crate) order_id_slot: Option<String>,
    /// Which shop it is.
    pub(crate) shop: Option<String>,
}

/// Where a secret is read.
pub(crate) enum SecretFrom {
    /// Standard input.
    Stdin,
    /// The command line.
    Argument(String),
}

/// The secret is not printed.
impl std::fmt::Debug for SecretFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Stdin) { "Stdin" } else { "Argument(..)" })
    }
}

/// The command of this name; `None` if it is none of these.
///
/// # Errors
/// What is wrong, in a line.
pub(super) fn command(name: &str, arguments: &mut Arguments) -> Result<Option<Checkout>, String> {
    Ok(Some(match name {
        "connect" => Checkout::Connect {
            tenant: arguments.tenant()?,
            platform: platform(arguments)?,
            given: given(arguments)?,
            secret: secret(arguments)?,
        },
        "connections" => Checkout::List { tenant: arguments.tenant()? },
        "change-connection" => {
            Checkout::Change { tenant: arguments.tenant()?, id: connection(arguments)?, given: given(arguments)? }
        }
        "rotate-connection" => Checkout::Rotate {
            tenant: arguments.tenant()?,
            id: connection(arguments)?,
            overlap_days: overlap_days(arguments)?,
        },
        "revoke-connection" => Checkout::Revoke { tenant: arguments.tenant()?, id: connection(arguments)? },
        "platform-secret" => Checkout::PlatformSecret {
            tenant: arguments.tenant()?,
            id: connection(arguments)?,
            secret: secret(arguments)?.ok_or("platform-secret wants --secret-from-stdin")?,
            keep_former: arguments.flag("--keep-former"),
        },
        "optional-events" => {
            Checkout::OptionalEvents { tenant: arguments.tenant()?, wanted: optional_events(arguments)? }
        }
        "bodies" => Checkout::Bodies { tenant: arguments.tenant()?, id: arguments.word() },
        "replay-bodies" => Checkout::ReplayBodies { tenant: arguments.tenant()?, id: arguments.word() },
        _ => return Ok(None),
    }))
}

fn connection(arguments: &mut Arguments) -> Result<String, String> {
    arguments.word().ok_or_else(|| "which connection?".to_owned())
}

fn platform(arguments: &mut Arguments) -> Result<Platform, String> {
    let name = arguments.word().ok_or("which platform?")?;
    Platform::parse(&name).ok_or_else(|| format!("unknown platform {name}: one of {}", Platform::WORDS.join(" ")))
}

fn given(arguments: &mut Arguments) -> Result<Given, String> {
    let amount = arguments
        .option("--amount")
        .map(|word| Amount::parse(&word).ok_or_else(|| format!("--amount takes one of {}", Amount::WORDS.join(" "))));
    Ok(Given {
        label: arguments.option("--label"),
        amount: amount.transpose()?,
        order_id_slot: arguments.option("--order-id-slot"),
        shop: arguments.option("--shop"),
    })
}

fn secret(arguments: &mut Arguments) -> Result<Option<SecretFrom>, String> {
    match (arguments.flag("--secret-from-stdin"), arguments.option("--secret")) {
        (true, Some(_)) => Err("--secret or --secret-from-stdin, not both".to_owned()),
        (true, None) => Ok(Some(SecretFrom::Stdin)),
        (false, given) => Ok(given.map(SecretFrom::Argument)),
    }
}

fn overlap_days(arguments: &mut Arguments) -> Result<u16, String> {
    let Some(text) = arguments.option("--overlap-days") else { return Ok(OVERLAP_DAYS) };
    let days = text.parse().ok().filter(|days| *days <= OVERLAP_MOST);
    days.ok_or_else(|| format!("--overlap-days takes a whole number up to {OVERLAP_MOST}"))
}

fn optional_events(arguments: &mut Arguments) -> Result<Vec<(Trigger, EventName)>, String> {
    let mut wanted: Vec<(Trigger, EventName)> = Vec::new();
    let first = arguments.word().ok_or("optional-events wants triggers, or none")?;
    if first == "none" {
        return Ok(wanted);
    }
    let mut next = Some(first);
    while let Some(word) = next {
        let (trigger, name) = word.split_once('=').map_or((word.as_str(), None), |(it, name)| (it, Some(name)));
        let (trigger, name) = OptionalEvents::wanted(trigger, name).map_err(|error| format!("{word}: {error}"))?;
        if wanted.iter().any(|(known, _)| *known == trigger) {
            return Err(format!("{} stands there twice", trigger.as_str()));
        }
        wanted.push((trigger, name));
        next = arguments.word();
    }
    Ok(wanted)
}
