//! Where the event stands, why, and what would change it.

use super::super::books;
use super::super::conversion::State;
use super::Facts;
use super::when::clock_time;

/// `None` where the attempts have said it all.
pub(super) fn sentence(facts: &Facts<'_>) -> Option<String> {
    let reason = facts.reason;
    match facts.state {
        State::Sent => facts
            .attempts
            .iter()
            .all(|it| it.finished_at.is_none())
            .then(|| facts.t("Meta has the event.", "A Meta tem o evento.").to_owned()),
        State::Pending => pending(facts),
        State::Parked => {
            let waits = facts.t("Waits", "Aguarda");
            Some(format!("{waits}: {}.{}{}", parked(facts), next_look(facts), deadline(facts)))
        }
        State::Held => Some(held(facts)),
        State::Quarantined if reason == Some("unclear") => Some(facts.t(UNCLEAR.0, UNCLEAR.1).to_owned()),
        State::Quarantined => Some(
            facts
                .t(
                    "Set aside: it is not sent again by itself. Once what Meta names is put right, it can be replayed.",
                    "Separado: não é reenviado sozinho. Quando o que a Meta aponta for corrigido, pode ser reenviado.",
                )
                .to_owned(),
        ),
        State::Expired => Some(
            facts
                .t(
                    "Expired: it could not be sent within the 7 days that Meta takes events for, and is not sent any more.",
                    "Expirado: não pôde ser enviado nos 7 dias em que a Meta aceita eventos, e não é mais enviado.",
                )
                .to_owned(),
        ),
        State::Ignored => {
            let nothing = facts.t("Nothing goes to Meta", "Nada vai para a Meta");
            Some(format!("{nothing}: {}.{}", ignored(facts, reason), mended(facts)))
        }
    }
}

const UNCLEAR: (&str, &str) = (
    "Set aside: for 47 hours nothing said whether Meta has the event, and after 48 hours Meta would count a repetition as a second \
     sale. A person decides: look for it in Events Manager, and have it replayed if it is not there.",
    "Separado: por 47 horas nada disse se a Meta tem o evento, e depois de 48 horas a Meta contaria uma repetição como uma segunda \
     venda. Uma pessoa decide: procure-o no Gerenciador de Eventos e reenvie-o se não estiver lá.",
);

fn pending(facts: &Facts<'_>) -> Option<String> {
    match facts.reason {
        Some("breaker_open") => {
            let text = facts.t(
                "Waits: the last sends to Meta all failed, so none is made until a single try succeeds.",
                "Aguarda: os últimos envios à Meta falharam, então nenhum é feito até que uma única tentativa dê certo.",
            );
            Some(format!("{text}{}{}", next_look(facts), deadline(facts)))
        }
        Some("throttled") => Some(match facts.gate.throttled_until {
            Some(until) => {
                let text = facts
                    .t("Waits: Meta wants no more requests until", "Aguarda: a Meta não quer mais requisições até");
                format!("{text} {}.", clock_time(until, facts.now))
            }
            None => facts
                .t(
                    "Waits: Meta wants no more requests for now.",
                    "Aguarda: a Meta não quer mais requisições no momento.",
                )
                .to_owned(),
        }),
        Some(other) => Some(format!("{} ({}).{}", facts.t("Waits", "Aguarda"), words(other), deadline(facts))),
        None => {
            let to_come = facts.attempts.iter().rev().find(|it| it.finished_at.is_none());
            let is_told = facts.attempts.len() > 1 && to_come.is_none_or(|it| it.replayed_at.is_none());
            (!is_told).then(|| facts.t("It is on its way to Meta.", "Está a caminho da Meta.").to_owned())
        }
    }
}

fn parked(facts: &Facts<'_>) -> String {
    let text = match facts.reason {
        Some("credentials") => facts.t(
            "Meta refuses the access token. Put a new token in place and it goes by itself",
            "a Meta recusa o token de acesso. Informe um novo token e vai sozinho",
        ),
        Some("no_pixel") => facts
            .t("no pixel is set. Set it and it goes by itself", "nenhum pixel está definido. Defina-o e vai sozinho"),
        Some("no_token") => facts.t(
            "there is no access token. Put one in place and it goes by itself",
            "não há token de acesso. Informe um e vai sozinho",
        ),
        Some("malformed_token") => facts.t(
            "the stored access token cannot be read. Put it in place anew and it goes by itself",
            "o token de acesso guardado não pode ser lido. Informe-o de novo e vai sozinho",
        ),
        Some("refused_alike") => facts.t(
            "Meta refuses all events alike, so they are not at fault. Look at the pixel in Events Manager; it goes by itself as \
             soon as Meta takes events again",
            "a Meta recusa todos os eventos do mesmo modo, então a falha não é deles. Veja o pixel no Gerenciador de Eventos; vai \
             sozinho assim que a Meta aceitar eventos de novo",
        ),
        Some(other) => {
            let text =
                facts.t("nothing can be sent until it is repaired", "nada pode ser enviado até que seja corrigido");
            return format!("{text} ({})", words(other));
        }
        None => facts.t(
            "nothing can be sent until token, pixel or permission are repaired",
            "nada pode ser enviado até que token, pixel ou permissão sejam corrigidos",
        ),
    };
    text.to_owned()
}

fn held(facts: &Facts<'_>) -> String {
    let text = match facts.reason {
        Some("suspended") => facts.t(
            "Held: the account is suspended. It goes when the account is active again.",
            "Retido: a conta está suspensa. Vai quando a conta estiver ativa de novo.",
        ),
        Some("provisioning") => facts.t(
            "Held: the account is not active yet. It goes when it is.",
            "Retido: a conta ainda não está ativa. Vai quando estiver.",
        ),
        Some("retired") => {
            return facts
                .t(
                    "Held: the account is retired and sends nothing any more.",
                    "Retido: a conta foi encerrada e não envia mais nada.",
                )
                .to_owned();
        }
        _ => facts.t(
            "Held: the account is not active. It goes when it is.",
            "Retido: a conta não está ativa. Vai quando estiver.",
        ),
    };
    format!("{text}{}", deadline(facts))
}

/// Why nothing is sent, without an end and as the rest of a sentence.
pub(super) fn ignored(facts: &Facts<'_>, reason: Option<&str>) -> String {
    let left_out = facts.t("the order was left out", "o pedido ficou de fora");
    let Some(word) = reason else { return left_out.to_owned() };
    match books::known_reason("ignored", word, facts.locale) {
        Some(text) => as_rest(text),
        None => format!("{left_out} ({})", words(word)),
    }
}

/// A sentence as the rest of another.
fn as_rest(sentence: &str) -> String {
    let mut letters = sentence.trim_end_matches('.').chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn mended(facts: &Facts<'_>) -> &'static str {
    match facts.reason {
        Some("order_not_paid") => {
            facts.t(" When it is paid, send it again as paid.", " Quando for pago, envie-o de novo como pago.")
        }
        Some("no_person") => facts.t(
            " Send it again with an e-mail, a phone or what the browser had of the click.",
            " Envie-o de novo com um e-mail, um telefone ou o que o navegador tinha do clique.",
        ),
        _ => "",
    }
}

fn next_look(facts: &Facts<'_>) -> String {
    match facts.gate.probe_at {
        Some(at) if at > facts.now => {
            let next = facts.t("The next try is at", "A próxima tentativa será às");
            format!(" {next} {}.", clock_time(at, facts.now))
        }
        _ => String::new(),
    }
}

fn deadline(facts: &Facts<'_>) -> String {
    let expires_at = facts.attempts.iter().rev().find(|it| it.finished_at.is_none()).and_then(|it| it.expires_at);
    expires_at.map_or_else(String::new, |at| {
        let until = facts.t("It can go until", "Pode ir até");
        format!(" {until} {}.", clock_time(at, facts.now))
    })
}

/// A word of ours as a person reads it.
fn words(word: &str) -> String {
    word.replace('_', " ")
}
