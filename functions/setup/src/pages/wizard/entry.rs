//! A step's form as it is sent: kept as a patch of the session, and brought to the tenant if there is one.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Response};
use serde_json::{Map, Value, json};
use shared::domain::setup::{Severity, Step};
use shared::http::{FieldError, Problem};
use shared::setup_patch::{Patch, Refused};

use super::super::answer;
use super::super::context::Context;
use super::super::form::Form;
use super::fields::CHECKED;
use super::words::STEPS;
use super::{Shown, made, steps};
use crate::patch;

/// What was said of a form that was not taken.
#[derive(Default)]
pub(super) struct Said {
    form: Option<Form>,
    pub(super) errors: Vec<FieldError>,
}

impl Said {
    /// Whether a form was sent.
    pub(super) fn is_sent(&self) -> bool {
        self.form.is_some()
    }

    /// A field as it was sent.
    pub(super) fn sent(&self, name: &str) -> Option<&str> {
        self.form.as_ref().and_then(|form| form.text(name))
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Lines,
    Flag,
    /// Left as it is while the field is empty.
    Secret,
}

/// The fields of a step's form.
fn fields(step: Step) -> &'static [(&'static str, Kind)] {
    match step {
        Step::Business => {
            &[("name", Kind::Text), ("slug", Kind::Text), ("country", Kind::Text), ("currency", Kind::Text)]
        }
        Step::Funnel => &[("name", Kind::Text), ("domains", Kind::Lines), ("requires_consent", Kind::Flag)],
        Step::Meta => &[("pixel_id", Kind::Text), ("access_token", Kind::Secret), ("app_secret", Kind::Secret)],
        Step::Checkout => &[
            ("platform", Kind::Text),
            ("amount", Kind::Text),
            ("domains", Kind::Lines),
            ("secret", Kind::Secret),
            ("shop", Kind::Text),
            ("order_id_slot", Kind::Text),
        ],
        Step::OtherSenders => &[("purchase", Kind::Text)],
        Step::Snippet | Step::TestOrder | Step::Active => &[],
    }
}

/// The names of a step's fields.
pub(super) fn names(step: Step) -> impl Iterator<Item = &'static str> {
    fields(step).iter().map(|(name, _)| *name)
}

/// The patch of a form. A field that its page did not show (no such name was sent) stays as it is; a box that is not ticked is not
/// sent at all.
fn patch_of(step: Step, form: &Form) -> Value {
    let mut section = Map::new();
    for (name, kind) in fields(step) {
        let value = match kind {
            Kind::Flag => json!(form.is_ticked(name)),
            _ if !form.has(name) => continue,
            Kind::Text => json!(form.text(name)),
            Kind::Lines => json!(form.list(name)),
            Kind::Secret => match form.text(name) {
                Some(text) => json!(text),
                None => continue,
            },
        };
        section.insert((*name).to_owned(), value);
    }
    json!({ step.as_str(): section })
}

/// `POST /setup/sessions/{id}/{step}`.
pub(super) async fn save(context: &Context<'_>, shown: Shown, step: Step) -> Result<Response<Body>, Problem> {
    let form = super::super::form(context)?;
    if step == Step::TestOrder {
        return test_code(context, shown, &form).await;
    }
    if fields(step).is_empty() {
        return Err(Problem::method_not_allowed("GET"));
    }
    let body = patch_of(step, &form);
    match merge(context, &shown, &body).await? {
        Ok(saved) => applied(context, saved, step, is_new_platform(&shown, &form)).await,
        Err(errors) => {
            let said = Said { form: Some(form), errors };
            Ok(answer::html(StatusCode::UNPROCESSABLE_ENTITY, steps::page(context, &shown, step, &said)))
        }
    }
}

/// A platform's own fields are shown once it is known.
fn is_new_platform(shown: &Shown, form: &Form) -> bool {
    form.text("platform").is_some_and(|it| shown.assessed.input.checkout.platform.as_deref() != Some(it))
}

/// Merges a patch; what is wrong with a field is not a failure here.
async fn merge(context: &Context<'_>, shown: &Shown, body: &Value) -> Result<Result<Shown, Vec<FieldError>>, Problem> {
    let patch = match Patch::parse(body.to_string().as_bytes()) {
        Ok(patch) => patch,
        Err(Refused::Invalid(errors)) => return Ok(Err(errors)),
        Err(Refused::NotParseable(why)) => return Err(Problem::not_parseable(why)),
    };
    let caller = context.caller()?;
    match patch::apply(context.state, context.request, caller, &shown.session.id, &patch).await {
        Ok((session, assessed)) => Ok(Ok(Shown { session, assessed })),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => Ok(Err(problem.errors().to_vec())),
        Err(problem) => Err(problem),
    }
}

/// Brings the tenant to what was entered, and goes on.
async fn applied(context: &Context<'_>, saved: Shown, step: Step, stays: bool) -> Result<Response<Body>, Problem> {
    let is_wrong = |shown: &Shown| {
        shown.assessed.issues.iter().any(|it| it.code.step() == step && it.severity() == Severity::Error)
    };
    let to = if stays {
        format!("{}?{CHECKED}=0", saved.to(step))
    } else if is_wrong(&saved) {
        format!("{}?{CHECKED}=1", saved.to(step))
    } else {
        saved.to(next(&saved, step))
    };
    if saved.session.live.is_provisioned {
        return made::bring(context, saved, &to).await;
    }
    Ok(answer::redirect(&to))
}

/// The first step that is left to do, if it comes later, else the one after this one.
fn next(shown: &Shown, step: Step) -> Step {
    let place = |step: Step| STEPS.iter().position(|it| *it == step).unwrap_or_default();
    let open = shown.assessed.step;
    if place(open) > place(step) { open } else { STEPS.get(place(step) + 1).copied().unwrap_or(Step::Active) }
}

/// `POST .../test_order`: the test code of Events Manager, on for a day, or off.
async fn test_code(context: &Context<'_>, shown: Shown, form: &Form) -> Result<Response<Body>, Problem> {
    const ON_S: i64 = 24 * 3600;
    let code = form.text("test_event_code");
    let until = code.map(|_| shown.session.now_s + ON_S);
    let body = json!({"meta": {"test_event_code": code, "test_event_code_until": until}});
    let to = shown.to(Step::TestOrder);
    match merge(context, &shown, &body).await? {
        Ok(saved) if saved.session.live.is_provisioned => made::bring(context, saved, &to).await,
        Ok(_) => Ok(answer::redirect(&to)),
        Err(errors) => {
            let said = Said { form: None, errors };
            Ok(answer::html(StatusCode::UNPROCESSABLE_ENTITY, steps::page(context, &shown, Step::TestOrder, &said)))
        }
    }
}
