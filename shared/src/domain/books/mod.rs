//! The words of the ledger as a seller reads them, in English and in Brazilian Portuguese.

mod reasons;
#[cfg(test)]
mod tests;

use super::setup::Locale;

/// The states of the ledger, in the order in which a seller wants to see them.
pub const STATES: [&str; 10] =
    ["sent", "pending", "parked", "held", "quarantined", "expired", "ignored", "duplicate", "rejected", "missing"];

/// A state in words; any other is told as it is.
pub fn state(word: &str, locale: Locale) -> &str {
    let Some([english, portuguese]) = states(word) else { return word };
    match locale {
        Locale::English => english,
        Locale::Portuguese => portuguese,
    }
}

fn states(word: &str) -> Option<[&'static str; 2]> {
    Some(match word {
        "sent" => ["Sent to Meta", "Enviado à Meta"],
        "pending" => ["On its way", "A caminho"],
        "parked" => ["Waits for a repair", "Aguarda correção"],
        "held" => ["Held", "Retido"],
        "quarantined" => ["In quarantine", "Em quarentena"],
        "expired" => ["Expired", "Expirado"],
        "ignored" => ["Nothing to send", "Nada a enviar"],
        "duplicate" => ["Counted already", "Já contado"],
        "rejected" => ["Not usable", "Não utilizável"],
        "missing" => ["Missing", "Faltando"],
        _ => return None,
    })
}

/// Why something is in a state, as a sentence; `None` where the state says it all. A word that is not known is told as it is.
pub fn reason(state: &str, word: Option<&str>, locale: Locale) -> Option<String> {
    let word = word.unwrap_or_default();
    let known = known_reason(state, word, locale).map(str::to_owned);
    known.or_else(|| (!word.is_empty()).then(|| word.replace('_', " ")))
}

/// The sentence of a reason that is known.
pub fn known_reason(state: &str, word: &str, locale: Locale) -> Option<&'static str> {
    let [english, portuguese] = reasons::of(state, word)?;
    Some(match locale {
        Locale::English => english,
        Locale::Portuguese => portuguese,
    })
}
