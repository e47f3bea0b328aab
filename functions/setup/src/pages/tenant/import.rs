//! Orders of the last days, from a table.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::domain::setup::Locale;
use shared::http::{FieldError, Problem, SERVER_BODY_MAX};

use super::super::answer;
use super::super::context::Context;
use super::super::layout::notice;
use super::Seen;
use super::frame::{self, Tab};
use super::numbers::number;
use crate::tenants_books::import::{self as books, Imported, Outcome, Told};

/// A table as a form sends it: each comma and line break takes three bytes.
const FORM_MAX: usize = 3 * SERVER_BODY_MAX;
/// How many lines of an answer are shown, the wrong ones first.
const SHOWN: usize = 200;
/// What a table looks like.
const SAMPLE: &str = "order_id,value,currency,event_time,customer.email,customer.phone\n\
                      1001,97.00,BRL,2026-01-31T15:04:05-03:00,maria@example.com,+55 11 95550-0001";

/// `GET .../import`.
pub(super) fn page(context: &Context<'_>, seen: &Seen) -> Response<Body> {
    shown(context, seen, StatusCode::OK, &html! {}, "")
}

/// `POST .../import`: looks, or records, by the button that was pressed.
pub(super) async fn import(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let form = super::super::large_form(context, FORM_MAX)?;
    let table = form.text("table").unwrap_or_default();
    if table.len() > SERVER_BODY_MAX {
        return Err(Problem::too_large(SERVER_BODY_MAX));
    }
    let is_check = form.text("act") != Some("import");
    let (state, request, caller) = (context.state, context.request, context.caller()?);
    match books::import(state, request, caller, &seen.tenant.id, table.as_bytes(), is_check).await {
        Ok(imported) => {
            // What was taken is not to be sent again by mistake; what was only looked at is.
            let left = if is_check { table } else { "" };
            Ok(shown(context, seen, StatusCode::OK, &told(context, seen, &imported), left))
        }
        Err(problem) if problem.status().is_client_error() && problem.status() != StatusCode::GONE => {
            let text = context.t(
                "This is no table of orders. Its first line names the columns, as in the sample.",
                "Isto não é uma tabela de pedidos. A primeira linha traz os nomes das colunas, como no exemplo.",
            );
            let above = html! {
                (notice("error", text))
                ul.issues { @for error in problem.errors() { li.error { code { (error.field) } " " (why(context, error)) } } }
            };
            Ok(shown(context, seen, problem.status(), &above, table))
        }
        Err(problem) => Err(problem),
    }
}

fn shown(context: &Context<'_>, seen: &Seen, status: StatusCode, above: &Markup, table: &str) -> Response<Body> {
    let t = |english, portuguese| context.t(english, portuguese);
    let title = t("Import orders", "Importar pedidos");
    let main = html! {
        (above)
        section.card.below aria-labelledby="table" {
            h2 #table { (t("A table of orders", "Uma tabela de pedidos")) }
            p { (t(
                "The orders of the last 7 days, which is how long Meta takes them: up to 2,000 at a time. An order that is known already is not counted again, whoever told of it and whatever value it had.",
                "Os pedidos dos últimos 7 dias, que é por quanto tempo a Meta os aceita: até 2.000 por vez. Um pedido já conhecido não é contado de novo, não importa quem o informou nem o valor que tinha.",
            )) }
            details {
                summary { (t("What the table looks like", "Como é a tabela")) }
                pre.sample tabindex="0" role="region" aria-label=(t("Sample", "Exemplo")) { code { (SAMPLE) } }
                p.quiet { (t(
                    "CSV in UTF-8, with commas, semicolons or tabs. order_id, value, currency and event_time are needed; amounts have a point and no mark of thousands, as 1500.00. Each order is on one line. Further columns: ",
                    "CSV em UTF-8, com vírgulas, ponto e vírgula ou tabulações. order_id, value, currency e event_time são obrigatórias; os valores têm ponto e nenhum separador de milhar, como 1500.00. Cada pedido fica numa só linha. Outras colunas: ",
                )) code { "status, customer.first_name, customer.last_name, customer.city, customer.state, customer.zip, customer.country, customer.external_id, click.fbclid, click.fbc, click.fbp, utm.utm_source, items[0].id" } }
            }
            form method="post" action=(seen.to("import")) {
                div.field hidden {
                    label for="file" { (t("From a file", "De um arquivo")) }
                    input #file type="file" accept=".csv,text/csv" data-into="rows";
                }
                div.field {
                    label for="rows" { (t("Or paste it here", "Ou cole aqui")) }
                    textarea #rows name="table" rows="10" required spellcheck="false" autocomplete="off" { (table) }
                }
                div.actions {
                    button type="submit" name="act" value="check" { (t("Check only", "Só conferir")) }
                    button.primary type="submit" name="act" value="import" { (t("Import", "Importar")) }
                }
            }
        }
        p { a href=(seen.to("events")) { (t("All events", "Todos os eventos")) } }
    };
    answer::html(status, frame::page(context, seen, Tab::Events, title, &main))
}

fn told(context: &Context<'_>, seen: &Seen, imported: &Imported) -> Markup {
    let t = |english, portuguese| context.t(english, portuguese);
    let title = if imported.checked_only {
        t("Checked, nothing was recorded", "Conferido, nada foi gravado")
    } else {
        t("Imported", "Importado")
    };
    let count = |count: usize| number(context.locale, i64::try_from(count).unwrap_or(i64::MAX));
    let mut lines: Vec<&Told> = imported.lines.iter().collect();
    lines.sort_by_key(|it| match it.outcome {
        Outcome::Wrong => 0,
        Outcome::NotTaken => 1,
        Outcome::Duplicate => 2,
        Outcome::Taken => 3,
    });
    let hidden = lines.len().saturating_sub(SHOWN);
    html! {
        section.card aria-labelledby="told" {
            h2 #told { (title) }
            dl {
                dt { @if imported.checked_only { (t("Would be taken", "Seriam aceitos")) } @else { (t("Taken", "Aceitos")) } } dd { (count(imported.taken)) }
                dt { (t("Known already", "Já conhecidos")) } dd { (count(imported.duplicate)) }
                dt { (t("Wrong", "Errados")) } dd { (count(imported.wrong)) }
                @if imported.not_taken > 0 {
                    dt { (t("Not reached: send the table again", "Não alcançados: envie a tabela de novo")) } dd { (count(imported.not_taken)) }
                }
            }
            @if !imported.checked_only && imported.taken > 0 {
                p { (t("They go to Meta within a minute or two.", "Eles vão à Meta em um ou dois minutos.")) }
            }
            @if !lines.is_empty() {
                div.scroll tabindex="0" role="region" aria-label=(t("Lines", "Linhas")) { table {
                    thead { tr {
                        th.number scope="col" { (t("Line", "Linha")) }
                        th scope="col" { (t("Order", "Pedido")) }
                        th scope="col" { (t("Outcome", "Resultado")) }
                        th scope="col" { (t("What is to be said", "O que há a dizer")) }
                    } }
                    tbody { @for it in lines.iter().take(SHOWN) { tr {
                        th.number scope="row" { (it.line) @if let Some(last) = it.last_line { "–" (last) } }
                        td.id { (it.order_id.as_deref().unwrap_or("—")) }
                        td { (outcome(context, it.outcome)) }
                        td {
                            (earlier(context, seen, it))
                            @for error in it.errors.iter().chain(&it.warnings) { p { code { (error.field) } " " (why(context, error)) } }
                        }
                    } } }
                } }
                @if hidden > 0 { p.quiet { (t("Lines not shown, of the right ones:", "Linhas não mostradas, das corretas:")) " " (count(hidden)) } }
            }
        }
    }
}

/// What a line is a duplicate of.
fn earlier(context: &Context<'_>, seen: &Seen, line: &Told) -> Markup {
    let is_duplicate = line.outcome == Outcome::Duplicate;
    // Of a line of the same table that was only looked at there is no event yet.
    let event = line.event_id.as_ref().filter(|_| is_duplicate && line.state.is_some());
    html! {
        @if let Some(key) = &line.known_as { p { (context.t("known as", "conhecido como")) " " code { (key) } } }
        @if let Some(id) = event { p { a href=(seen.to(&format!("events/{id}"))) { (context.t("Its event", "O evento dele")) } } }
    }
}

fn outcome(context: &Context<'_>, outcome: Outcome) -> Markup {
    let (class, text) = match outcome {
        Outcome::Taken => ("sent", context.t("taken", "aceito")),
        Outcome::Duplicate => ("duplicate", context.t("known already", "já conhecido")),
        Outcome::Wrong => ("expired", context.t("wrong", "errado")),
        Outcome::NotTaken => ("pending", context.t("not reached", "não alcançado")),
    };
    html! { span.badge.(class) { (text) } }
}

/// What is wrong with a field, in words.
fn why<'t>(context: &Context<'_>, error: &'t FieldError) -> &'t str {
    if context.locale == Locale::English {
        return &error.message;
    }
    match (error.code, error.field.as_str()) {
        ("required", _) => "é obrigatório",
        ("too_old", _) => "tem mais de 7 dias; a Meta não aceita eventos mais antigos",
        ("in_the_future", _) => "está no futuro (em segundos, não em milissegundos)",
        ("invalid", "event_time") => "deve ser uma data com fuso, como 2026-01-31T15:04:05-03:00, ou segundos Unix",
        ("thousands_mark", _) => {
            "pode ter separador de milhar: escreva 1500.00 para mil e quinhentos, e 1.50 para um e meio"
        }
        ("line_break", _) => "tem uma célula com quebra de linha: escreva cada pedido numa só linha",
        ("unclosed_quote", _) => "tem aspas que não se fecham",
        ("stray_quote", _) => "tem aspas no meio de uma célula: ponha a célula toda entre aspas, e dobre as de dentro",
        ("invalid", "value") => "deve ser um número com ponto, como 97.00, com as casas decimais da moeda",
        ("invalid", "currency") => "deve ser um código de moeda da ISO 4217, como BRL",
        ("invalid", "status") => "não é um estado de pedido",
        ("invalid", "order_id") => "deve ter de 1 a 255 caracteres, nenhum de controle",
        ("left_out", _) => "não pôde ser lido e ficou de fora",
        ("unknown_field", _) => "não é um campo de um pedido",
        ("duplicate_field", _) => "aparece duas vezes no cabeçalho",
        ("too_many_cells", _) => "tem mais células do que o cabeçalho",
        ("too_many", _) => "são muitos: envie em partes",
        _ => &error.message,
    }
}
