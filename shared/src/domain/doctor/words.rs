//! What a finding's detail names, in words.

use super::super::setup::Locale;

/// The value of a detail as it stands in a text: numbers and names as they are, words of ours and codes of Meta's in the reader's language.
pub(super) fn word(locale: Locale, name: &str, value: &str) -> String {
    let both = match name {
        "reason" => parked(value),
        "refusal" => return refusal(locale, value),
        "clock" => clock(value),
        _ => None,
    };
    match (both, locale) {
        (Some([english, _]), Locale::English) => english.to_owned(),
        (Some([_, portuguese]), Locale::Portuguese) => portuguese.to_owned(),
        (None, _) => value.to_owned(),
    }
}

fn clock(of: &str) -> Option<[&'static str; 2]> {
    match of {
        "database" => Some(["database", "do banco de dados"]),
        "function" => Some(["function", "da função"]),
        _ => None,
    }
}

/// Why a tenant is parked.
fn parked(reason: &str) -> Option<[&'static str; 2]> {
    match reason {
        "credentials" => Some([
            "Meta refuses the access token or its permissions",
            "a Meta recusa o token de acesso ou as permissões dele",
        ]),
        "no_token" => Some(["there is no access token", "não há token de acesso"]),
        "no_pixel" => Some(["no pixel is set", "nenhum pixel está configurado"]),
        "malformed_token" => {
            Some(["the stored access token cannot be read", "o token de acesso guardado não pode ser lido"])
        }
        "refused_alike" => Some([
            "Meta refuses all events alike, so the pixel is at fault and not they",
            "a Meta recusa todos os eventos do mesmo modo, então a falha é do pixel e não deles",
        ]),
        _ => None,
    }
}

/// Meta's code and subcode, `100/2804003`. Those whose meaning is known (Meta's error reference, and what its own libraries' trackers
/// tell); the others as numbers, for Meta's support.
fn refusal(locale: Locale, codes: &str) -> String {
    let [english, portuguese] = match codes {
        "100/2804003" => ["it is older than Meta takes", "é mais antigo do que a Meta aceita"],
        "100/2804009" => ["its value is missing", "falta o valor"],
        "100/2804010" => ["its currency is missing", "falta a moeda"],
        "100/2804016" => ["personal data in it is not hashed", "há dados pessoais sem hash"],
        "100/2804050" => ["it says too little of the buyer", "diz pouco demais sobre o comprador"],
        "413/-" => ["it is too large", "é grande demais"],
        _ => {
            return match locale {
                Locale::English => format!("Meta answers with the error {codes}"),
                Locale::Portuguese => format!("a Meta responde com o erro {codes}"),
            };
        }
    };
    match locale {
        Locale::English => english.to_owned(),
        Locale::Portuguese => portuguese.to_owned(),
    }
}
