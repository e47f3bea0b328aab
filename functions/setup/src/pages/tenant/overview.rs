//! A tenant at a glance.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use maud::{Markup, html};
use shared::db::ledger::Entry;
use shared::db::{gates, ledger};
use shared::http::Problem;

use super::super::answer;
use super::super::context::Context;
use super::Seen;
use super::frame::{self, Tab};

/// `GET /setup/tenants/{id}`.
pub(super) async fn page(context: &Context<'_>, seen: &Seen) -> Result<Response<Body>, Problem> {
    let id = seen.tenant.id.as_str();
    let lost = |error| crate::unavailable(context.request, &error);
    let asked = context.state.db.run(|client| async move {
        // Sent together: one round trip.
        tokio::try_join!(gates::show(&client, id), ledger::ledger(&client, id, None, None))
    });
    let (gate, sales) = asked.await.map_err(lost)?;
    let main = html! {
        @if let Some(gate) = gate.filter(|it| it.waiting > 0) {
            p { (context.t("Waiting to be sent:", "Aguardando envio:")) " " strong { (gate.waiting) } }
        }
        (books(context, &sales))
    };
    let title = Tab::Overview.title(context);
    Ok(answer::html(StatusCode::OK, frame::page(context, seen, Tab::Overview, title, &main)))
}

fn books(context: &Context<'_>, sales: &[Entry]) -> Markup {
    let title = context.t("Every sale that came in", "Cada venda que chegou");
    html! {
        h2 { (title) }
        div.scroll tabindex="0" role="region" aria-label=(title) {
            table {
                thead { tr {
                    th scope="col" { (context.t("State", "Estado")) }
                    th scope="col" { (context.t("Reason", "Motivo")) }
                    th.number scope="col" { (context.t("Sales", "Vendas")) }
                } }
                tbody { @for it in sales {
                    tr { th scope="row" { (it.state) } td { (it.reason.as_deref().unwrap_or("—")) } td.number { (it.sales) } }
                } }
            }
        }
    }
}
