//! Which click the order came from, and by what evidence; or why none was found.

use super::super::attribution::{Candidate, Evidence, Verdict};
use super::super::conversion::State;
use super::super::setup::Locale;
use super::Facts;
use super::when::{clock_time, counted, span};

const US: i64 = 1_000_000;

pub(super) fn sentence(facts: &Facts<'_>) -> String {
    let taken = facts.found.evidence.iter().find(|it| it.verdict == Verdict::Taken);
    match taken {
        Some(taken) => found(facts, &taken.candidate),
        None => not_found(facts),
    }
}

fn found(facts: &Facts<'_>, taken: &Candidate) -> String {
    let mut because: Vec<&str> = Vec::new();
    for it in &facts.found.evidence {
        let reason = because_of(facts, &it.candidate);
        if matches!(it.verdict, Verdict::Taken | Verdict::Agrees) && !because.contains(&reason) {
            because.push(reason);
        }
    }
    let campaign = facts.campaign.map_or_else(String::new, |campaign| {
        let campaign: String = campaign.chars().filter(|it| !it.is_control()).take(100).collect();
        let from = facts.t("The click came from the campaign", "O clique veio da campanha");
        format!(" {from} \"{campaign}\".")
    });
    let (at, distance) = (time_of(facts, taken), distance(facts, taken));
    let because = listed(&because, facts.t("and", "e"));
    match facts.locale {
        Locale::English => format!("It was matched to the click of {at}, {distance}, because {because}.{campaign}"),
        Locale::Portuguese => format!("Foi ligado ao clique de {at}, {distance}, porque {because}.{campaign}"),
    }
}

fn because_of(facts: &Facts<'_>, it: &Candidate) -> &'static str {
    match (it.evidence, it.confirmed) {
        (Evidence::ClickId, _) => facts.t("the order carries that click's id", "o pedido traz o ID desse clique"),
        (Evidence::Fbc, _) => facts
            .t("the order carries the fbc that Meta gave the click", "o pedido traz o fbc que a Meta deu ao clique"),
        (Evidence::Fbclid, _) => facts.t(
            "the order carries the fbclid that Meta gave the click",
            "o pedido traz o fbclid que a Meta deu ao clique",
        ),
        (Evidence::Fbp, _) => {
            facts.t("the order comes from the same browser (fbp)", "o pedido vem do mesmo navegador (fbp)")
        }
        (Evidence::Email, true) => {
            facts.t("the buyer's e-mail was seen with that click", "o e-mail do comprador foi visto com esse clique")
        }
        (Evidence::Phone, true) => {
            facts.t("the buyer's phone was seen with that click", "o telefone do comprador foi visto com esse clique")
        }
        (Evidence::ExternalId, true) => facts.t(
            "the buyer's customer id was seen with that click",
            "o ID de cliente do comprador foi visto com esse clique",
        ),
        (Evidence::Email, false) => facts.t(
            "that click's visitor gave the buyer's e-mail, which no order had confirmed yet",
            "o visitante desse clique informou o e-mail do comprador, que nenhum pedido tinha confirmado ainda",
        ),
        (Evidence::Phone, false) => facts.t(
            "that click's visitor gave the buyer's phone, which no order had confirmed yet",
            "o visitante desse clique informou o telefone do comprador, que nenhum pedido tinha confirmado ainda",
        ),
        (Evidence::ExternalId, false) => facts.t(
            "that click's visitor gave the buyer's customer id, which no order had confirmed yet",
            "o visitante desse clique informou o ID de cliente do comprador, que nenhum pedido tinha confirmado ainda",
        ),
        (Evidence::Network, _) => facts.t(
            "it alone came from the buyer's network and browser in the 24 hours before",
            "só ele veio da rede e do navegador do comprador nas 24 horas anteriores",
        ),
    }
}

fn not_found(facts: &Facts<'_>) -> String {
    let mut why: Vec<String> = Vec::new();
    let mut verdicts: Vec<Verdict> = Vec::new();
    for it in &facts.found.evidence {
        if !verdicts.contains(&it.verdict) {
            verdicts.push(it.verdict);
            why.extend(unfit(facts, &it.candidate, it.verdict));
        }
    }
    let why = if why.is_empty() {
        facts.t("nothing in the order points at one", "nada no pedido aponta para um").to_owned()
    } else {
        why.join("; ")
    };
    let goes = if facts.state == State::Ignored {
        ""
    } else {
        facts.t(
            " The event has what the order itself says of the buyer.",
            " O evento leva o que o próprio pedido diz do comprador.",
        )
    };
    let none = facts.t("No click was found that it came from", "Nenhum clique de que tenha vindo foi encontrado");
    format!("{none}: {why}.{goes}")
}

fn unfit(facts: &Facts<'_>, it: &Candidate, verdict: Verdict) -> Option<String> {
    let at = time_of(facts, it);
    Some(match (verdict, facts.locale) {
        (Verdict::OutsideWindow, Locale::English) => {
            let days = counted(i64::from(facts.rules.window_days), "day", "days");
            format!("the click of {at} is older than the {days} that count")
        }
        (Verdict::OutsideWindow, Locale::Portuguese) => {
            let days = counted(i64::from(facts.rules.window_days), "dia", "dias");
            format!("o clique de {at} é mais antigo do que a janela de {days}")
        }
        (Verdict::AfterOrder, Locale::English) => {
            format!("the click of {at} was not known before the order was made")
        }
        (Verdict::AfterOrder, Locale::Portuguese) => {
            format!("o clique de {at} não era conhecido antes de o pedido ser feito")
        }
        (Verdict::Ambiguous, _) => facts
            .t(
                "more than one click came from the buyer's network and browser",
                "mais de um clique veio da rede e do navegador do comprador",
            )
            .to_owned(),
        (Verdict::TooOldForNetwork, Locale::English) => {
            format!("the click of {at} came from the buyer's network and browser, which counts for 24 hours only")
        }
        (Verdict::TooOldForNetwork, Locale::Portuguese) => {
            format!("o clique de {at} veio da rede e do navegador do comprador, o que só conta por 24 horas")
        }
        (Verdict::Taken | Verdict::Agrees | Verdict::Outranked, _) => return None,
    })
}

fn time_of(facts: &Facts<'_>, it: &Candidate) -> String {
    clock_time(it.clicked_at.div_euclid(US), facts.received_at)
}

fn distance(facts: &Facts<'_>, it: &Candidate) -> String {
    let before = facts.rules.ordered_at.saturating_sub(it.clicked_at).div_euclid(US);
    match before {
        // Orders have whole seconds, and clocks differ.
        -59..60 => facts.t("within a minute of the order", "a menos de um minuto do pedido").to_owned(),
        60.. => {
            let order = facts.t("before the order", "antes do pedido");
            format!("{} {order}", span(facts.locale, before))
        }
        _ => {
            let made = facts.t("after the order was made", "depois de o pedido ser feito");
            format!("{} {made}", span(facts.locale, before.saturating_neg()))
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[&str], and: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}
