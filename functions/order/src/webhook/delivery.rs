//! A delivery on a valid path: is it the platform's, what does it say, and record that.

use lambda_http::{Body, Request, Response};
use shared::db::connections::PresentedPath;
use shared::db::deliveries::{self, Recorded, Unused, Why};
use shared::db::kept::NewBody;
use shared::http::{self, Problem};
use shared::ids;
use shared::intake::seal::Owner;
use shared::intake::{self, Read};
use shared::platforms::{Authenticity, Context, Delivery};
use shared::queue::Message;

use super::answer::{self, Answer};
use super::known::{self, Known};
use crate::State;

/// Takes a delivery that came at `now_s`, Unix seconds. `None` if the connection is not what it was when it was looked up.
///
/// # Errors
/// 401, 404, 410 and 503.
pub(super) async fn take(
    state: &State,
    request: &Request,
    path: &PresentedPath,
    known: &Known,
    delivery: &Delivery<'_>,
    now_s: i64,
) -> Result<Option<Response<Body>>, Problem> {
    let context = Context { received_at_s: now_s, country: known.connection.country };
    match verify(state, request, known, delivery, &context).await? {
        Authenticity::Probe => {
            // It writes nothing that would check the connection.
            known::look_up(state, request, path).await?;
            Ok(Some(answer::probe(request.method())))
        }
        Authenticity::NotAuthentic => not_authentic(state, request, known, delivery, now_s).await,
        Authenticity::Authentic => authentic(state, request, known, delivery, &context).await,
    }
}

/// By the remembered secrets; what does not fit them has them read again, in case that they were just replaced.
async fn verify(
    state: &State,
    request: &Request,
    known: &Known,
    delivery: &Delivery<'_>,
    context: &Context,
) -> Result<Authenticity, Problem> {
    let platform = known.connection.platform;
    let authenticity = platform.verify(&known.secrets(state, request).await?, delivery, context);
    if authenticity != Authenticity::NotAuthentic {
        return Ok(authenticity);
    }
    let newer = known.newer_secrets(state, request).await?;
    Ok(newer.map_or(authenticity, |secrets| platform.verify(&secrets, delivery, context)))
}

async fn authentic(
    state: &State,
    request: &Request,
    known: &Known,
    delivery: &Delivery<'_>,
    context: &Context,
) -> Result<Option<Response<Body>>, Problem> {
    let connection = &known.connection;
    let read = intake::read(connection, delivery, context);
    let body = match &read {
        Read::Rejected(reason) => {
            tracing::warn!(
                request.id = http::request_id(request),
                tenant.id = connection.tenant_id,
                connection.id = connection.id,
                platform = connection.platform.as_str(),
                reason = reason.as_str(),
                "delivery rejected"
            );
            sealed(state, request, known, delivery, context.received_at_s).await?
        }
        _ => None,
    };
    let answer = Answer::of(&read);
    let delivery_key = connection.platform.delivery_key(delivery);
    let recorded = intake::record(&state.db, connection, delivery_key, read, body).await;
    match recorded.map_err(|error| crate::unavailable(request, &error))? {
        Recorded::Taken { wakes } => {
            wake(state, request, &connection.tenant_id, wakes).await;
            Ok(Some(answer.response()))
        }
        Recorded::NotInForce => Ok(None),
        Recorded::Retired => Err(Problem::gone()),
    }
}

/// The seller may have mistyped the secret: what came is kept, and taken after the repair.
async fn not_authentic(
    state: &State,
    request: &Request,
    known: &Known,
    delivery: &Delivery<'_>,
    now_s: i64,
) -> Result<Option<Response<Body>>, Problem> {
    let connection = &known.connection;
    tracing::warn!(
        request.id = http::request_id(request),
        tenant.id = connection.tenant_id,
        connection.id = connection.id,
        platform = connection.platform.as_str(),
        "delivery not authentic"
    );
    let Some(body) = sealed(state, request, known, delivery, now_s).await? else {
        return Err(Problem::not_authentic());
    };
    let unused = &Unused {
        connection,
        id: ids::new_id(),
        delivery_key: None,
        order_key: None,
        why: Why::NotAuthentic,
        body: Some(body),
    };
    let recorded = state.db.run(|client| async move { deliveries::record(&client, unused).await }).await;
    match recorded.map_err(|error| crate::unavailable(request, &error))? {
        Recorded::Taken { .. } => Err(Problem::not_authentic()),
        Recorded::NotInForce => Ok(None),
        Recorded::Retired => Err(Problem::gone()),
    }
}

/// The body as it is kept; `None` where the deployment keeps none.
async fn sealed(
    state: &State,
    request: &Request,
    known: &Known,
    delivery: &Delivery<'_>,
    received_at_s: i64,
) -> Result<Option<NewBody>, Problem> {
    let key = state.vault.body_key().await.map_err(|error| known::away(request, &error))?;
    let Some(key) = key else { return Ok(None) };
    let connection = &known.connection;
    let id = ids::new_id();
    let owner = Owner { tenant_id: &connection.tenant_id, connection_id: &connection.id, id: &id };
    let sealed = key.seal(owner, delivery, received_at_s).map_err(|error| {
        tracing::error!(request.id = http::request_id(request), %error, "body not kept");
        Problem::unavailable()
    })?;
    Ok(Some(NewBody { id, digest: key.digest(delivery.body()), received_at_s, sealed }))
}

/// The events are kept already: if SQS is away, their pending attempts wait for sweep.
async fn wake(state: &State, request: &Request, tenant_id: &str, events: Vec<String>) {
    if events.is_empty() {
        return;
    }
    let wake = |event_id| Message::Dispatch { tenant_id: tenant_id.to_owned(), event_id };
    let messages: Vec<Message> = events.into_iter().map(wake).collect();
    if let Err(error) = state.queue.send_all(&messages).await {
        tracing::warn!(request.id = http::request_id(request), %error, "dispatcher not woken; sweep will");
    }
}
