//! The wizard: a page a step, each a form that is kept as it is sent, whatever is wrong with it.

mod checkout;
mod entry;
mod fields;
mod frame;
mod install;
mod live;
mod made;
mod meta;
pub(super) mod platforms;
mod senders;
mod steps;
mod words;

use lambda_http::http::{Method, StatusCode};
use lambda_http::{Body, Response};
use shared::db::setup::Session;
use shared::domain::setup::Step;
use shared::http::Problem;

use super::answer;
use super::context::Context;
use crate::assess::{Assessed, assess};
use crate::sessions;

pub(super) use words::{status_word, step_title};

/// A session as a page shows it.
pub(super) struct Shown {
    pub(super) session: Session,
    pub(super) assessed: Assessed,
}

impl Shown {
    fn of(session: Session) -> Self {
        let assessed = assess(&session);
        Self { session, assessed }
    }

    /// Where a step is.
    fn to(&self, step: Step) -> String {
        format!("/setup/sessions/{}/{}", self.session.id, step.as_str())
    }
}

/// `/setup/sessions/{id}...`.
pub(super) async fn route(context: &mut Context<'_>, id: &str, rest: &[&str]) -> Result<Response<Body>, Problem> {
    let caller = context.caller()?;
    let session = sessions::find(context.state, context.request, caller, id, None).await?;
    let is_read = context.request.method() != Method::POST;
    let shown = Shown::of(session);
    let step = match rest {
        [word] => Step::parse(word),
        _ => None,
    };
    match (rest, step, is_read) {
        ([], _, true) => Ok(answer::redirect(&shown.to(shown.assessed.step))),
        (_, Some(step), true) => {
            Ok(answer::html(StatusCode::OK, steps::page(context, &shown, step, &entry::Said::default())))
        }
        (["live"], _, true) => live::fragment(context, &shown),
        (_, Some(step), false) => entry::save(context, shown, step).await,
        (["provision"], _, false) => made::provision(context, shown).await,
        (["test-event"], _, false) => made::test_event(context, shown).await,
        (["activate"], _, false) => made::activate(context, shown).await,
        (["provision" | "test-event" | "activate"], _, true) => Err(Problem::method_not_allowed("POST")),
        _ => Err(crate::no_route()),
    }
}
