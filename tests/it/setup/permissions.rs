//! Every route of a tenant, by every caller: the operator, the tenant's own keys and link, another tenant's, and nobody.

use anyhow::{Result, ensure};
use lambda_http::http::Method;
use serde_json::{Value, json};
use tests::request;
use tests::world::World;
use tests::world::seller::Session;

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    Read,
    Admin,
    Operator,
}

/// The routes, with a body that each takes. What changes a tenant for good stands last.
const ROUTES: [(&str, &str, &str, Needs); 36] = [
    ("GET", "", "", Needs::Read),
    ("GET", "/keys", "", Needs::Read),
    ("GET", "/audit", "", Needs::Read),
    ("GET", "/overview", "", Needs::Read),
    ("GET", "/events", "", Needs::Read),
    ("GET", "/events.csv", "", Needs::Read),
    ("GET", "/events?q=1", "", Needs::Read),
    ("POST", "/events/search", r#"{"q": "1"}"#, Needs::Read),
    ("POST", "/orders/import", "order_id,value,currency,event_time", Needs::Admin),
    ("GET", "/connections", "", Needs::Read),
    ("GET", "/bodies", "", Needs::Read),
    ("GET", "/quarantine", "", Needs::Read),
    ("GET", "/issues", "", Needs::Read),
    ("GET", "/quality", "", Needs::Read),
    ("POST", "/doctor", "", Needs::Admin),
    ("POST", "/connections", r#"{"platform": "eduzz"}"#, Needs::Admin),
    ("POST", "/connections/{connection}/rotate", "", Needs::Admin),
    ("PUT", "/connections/{connection}/secret", r#"{"secret": "sample-hottok"}"#, Needs::Admin),
    ("POST", "/bodies/replay", "", Needs::Admin),
    ("POST", "/keys", r#"{"label": "x", "scopes": ["admin"]}"#, Needs::Admin),
    ("DELETE", "/keys/{key}", "", Needs::Admin),
    ("PUT", "/meta", r#"{"access_token": "{token}"}"#, Needs::Admin),
    ("PUT", "/optional-events", r#"{"events": {"pending": "AddPaymentInfo"}}"#, Needs::Admin),
    ("PATCH", "/connections/{connection}", r#"{"label": "Course"}"#, Needs::Admin),
    ("POST", "/release", "", Needs::Admin),
    ("POST", "/replay", "", Needs::Admin),
    ("POST", "/activate", "", Needs::Admin),
    ("POST", "/rotate-key", "", Needs::Admin),
    ("POST", "/people/find", r#"{"email": "maria@example.com"}"#, Needs::Admin),
    ("POST", "/people/export", r#"{"email": "maria@example.com"}"#, Needs::Admin),
    ("POST", "/people/erase", r#"{"email": "maria@example.com"}"#, Needs::Admin),
    ("POST", "/anything", "", Needs::Operator),
    ("PATCH", "/connections", "", Needs::Operator),
    ("POST", "/bodies", "", Needs::Operator),
    ("POST", "/suspend", "", Needs::Operator),
    ("POST", "/retire", "", Needs::Operator),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Operator,
    Link,
    Key(&'static [&'static str]),
    Stranger,
    Nobody,
}

/// What a caller gets; none where it is let through.
fn refusal(who: Who, needs: Needs) -> Option<u16> {
    match (who, needs) {
        (Who::Operator, _)
        | (Who::Link | Who::Key(["admin"]), Needs::Read | Needs::Admin)
        | (Who::Key(["read"] | ["ingest", "read"]), Needs::Read) => None,
        (Who::Link | Who::Key(_), _) => Some(403),
        (Who::Stranger, _) => Some(404),
        (Who::Nobody, _) => Some(401),
    }
}

/// A tenant that its session made, and another one.
struct Stage {
    world: World,
    session: Session,
    tenant: String,
    other: Session,
}

impl Stage {
    async fn new() -> Result<Self> {
        let world = World::new().await?;
        let (session, tenant) = world.provisioned("mine").await?;
        let (other, _) = world.provisioned("other").await?;
        Ok(Self { world, session, tenant, other })
    }

    async fn key(&self, scopes: &[&str]) -> Result<String> {
        Ok(self.world.key(&self.tenant, scopes).await?.1)
    }

    /// Everybody's token; those who are let through last, as they may end others' keys.
    async fn callers(&self) -> Result<Vec<(Who, String)>> {
        let others = format!("tnt_{}", self.other.id);
        let (revoked_id, revoked) = self.world.key(&self.tenant, &["admin"]).await?;
        let path = format!("/v1/tenants/{}/keys/{revoked_id}", self.tenant);
        self.world.operate(Method::DELETE, &path, &Value::Null).await?.expect(200)?;
        let fresh = "update api_keys set revoked_at = clock() where label = 'test' and revoked_at is null";
        self.world.execute(fresh).await?;
        let (_, others) = self.world.key(&others, &["admin"]).await?;
        let mut all = vec![
            (Who::Nobody, revoked.clone()),
            (Who::Nobody, revoked.replace("trk_tnt_", "trk_tnt_x")),
            (Who::Nobody, others.replace(&self.other.id, &self.session.id)),
            (Who::Nobody, self.other.token.replace(&self.other.id, &self.session.id)),
            (Who::Nobody, "x".to_owned()),
            (Who::Stranger, others),
            (Who::Stranger, self.other.token.clone()),
        ];
        for scopes in [&["ingest"][..], &["read"], &["ingest", "read"]] {
            all.push((Who::Key(scopes), self.key(scopes).await?));
        }
        all.extend([(Who::Link, self.session.token.clone()), (Who::Key(&["admin"]), self.key(&["admin"]).await?)]);
        all.push((Who::Operator, self.world.admin_token.clone()));
        Ok(all)
    }

    async fn send(&self, token: &str, route: (&str, &str, &str)) -> Result<tests::world::Answer> {
        let (method, path, body) = route;
        let path = format!("/v1/tenants/{}{path}", self.tenant)
            .replace("{key}", &format!("{}-key", self.session.id))
            .replace("{connection}", &format!("{}-hotmart", self.session.id));
        if path.ends_with("/orders/import") {
            let table = request::with_header(request::post(&path, body), "content-type", "text/csv");
            let table = request::with_key(table, token);
            return tests::world::Answer::read(setup::handle(&self.world.setup, &table).await);
        }
        let body = body.replace("{token}", "sample-meta-token-mine");
        let body = if body.is_empty() { Value::Null } else { serde_json::from_str(&body)? };
        self.world.setup_as(token, method.parse()?, &path, &body).await
    }

    /// Forgets wrong tokens: this is not what is looked at here.
    async fn forgive(&mut self) -> Result<()> {
        self.world.execute("delete from wrong_tokens").await?;
        *self.world.setup = self.world.another_setup()?;
        Ok(())
    }
}

#[tokio::test]
async fn every_route_lets_through_whom_it_should_and_refuses_the_others_without_changing_anything() -> Result<()> {
    let mut stage = Stage::new().await?;
    for (method, path, body, needs) in ROUTES {
        stage.forgive().await?;
        for (who, token) in stage.callers().await? {
            // An admin's key may have ended them all, itself among them.
            let token = if who == Who::Key(&["admin"]) { stage.key(&["admin"]).await? } else { token };
            let before = stage.world.contents().await?;
            let answer = stage.send(&token, (method, path, body)).await?;
            if let Some(status) = refusal(who, needs) {
                ensure!(answer.status == status, "{who:?} of {method} {path}: {} {}", answer.status, answer.body);
                answer.expect_problem(status)?;
                ensure!(stage.world.contents().await? == before, "{who:?} changed something by {method} {path}");
            } else {
                // The operator is let through to what is not there too.
                let is_none = needs == Needs::Operator && matches!(answer.status, 404 | 405);
                let is_granted = answer.status / 100 == 2 || is_none && path != "/suspend" && path != "/retire";
                ensure!(is_granted, "{who:?} of {method} {path}: {} {}", answer.status, answer.body);
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_suspended_tenant_s_own_credentials_do_not_set_it_active_and_a_retired_one_s_do_nothing() -> Result<()> {
    let mut stage = Stage::new().await?;
    let own = [stage.key(&["admin"]).await?, stage.session.token.clone()];
    stage.send(&stage.world.admin_token, ("POST", "/suspend", "")).await?.expect(200)?;
    for token in &own {
        let refused = stage.send(token, ("POST", "/activate", "")).await?;
        refused.expect_problem(403)?;
        assert_eq!(refused.body["detail"], "The operator of the deployment alone does this.");
        stage.send(token, ("GET", "/keys", "")).await?.expect(200)?;
        stage.send(token, ("POST", "/release", "")).await?.expect(200)?;
    }
    assert_eq!(
        stage.send(&stage.world.admin_token, ("GET", "", "")).await?.expect(200)?["tenant"]["status"],
        "suspended"
    );
    stage.send(&stage.world.admin_token, ("POST", "/retire", "")).await?.expect(200)?;
    let before = stage.world.contents().await?;
    for (method, path, body, _) in ROUTES {
        stage.forgive().await?;
        for token in &own {
            stage.send(token, (method, path, body)).await?.expect_problem(410)?;
        }
    }
    assert_eq!(stage.world.contents().await?, before);
    stage.send(&stage.world.admin_token, ("GET", "/audit", "")).await?.expect(200)?;
    stage.world.see(&stage.session).await?;
    Ok(())
}

#[tokio::test]
async fn a_tenant_in_provisioning_goes_live_by_its_own_key_as_by_its_link() -> Result<()> {
    let stage = Stage::new().await?;
    let key = stage.key(&["admin"]).await?;
    let live = stage.send(&key, ("POST", "/activate", "")).await?.expect(200)?;
    assert_eq!((&live["status"], &live["before"]), (&json!("active"), &json!("provisioning")));
    let again = stage.send(&stage.session.token, ("POST", "/activate", "")).await?.expect(200)?;
    assert_eq!((&again["status"], &again["before"]), (&json!("active"), &json!("active")));
    Ok(())
}

#[tokio::test]
async fn a_setup_session_is_its_link_s_and_the_operator_s_and_no_key_s() -> Result<()> {
    let stage = Stage::new().await?;
    let (mine, world) = (&stage.session, &stage.world);
    let own = stage.key(&["admin"]).await?;
    let (_, stranger) = world.key(&format!("tnt_{}", stage.other.id), &["admin"]).await?;
    let before = world.contents().await?;
    for (method, action) in [
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "provision"),
        ("POST", "test-event"),
        ("POST", "activate"),
        ("POST", "link"),
    ] {
        for (token, status) in [(&own, 403), (&stranger, 404)] {
            let answer = world.setup_as(token, method.parse()?, &mine.path(action), &json!({})).await?;
            answer.expect_problem(status)?;
        }
    }
    for token in [&own, &mine.token] {
        world.setup_as(token, Method::POST, "/v1/setup/sessions", &Value::Null).await?.expect_problem(403)?;
    }
    world.setup_as(&mine.token, Method::POST, &mine.path("link"), &Value::Null).await?.expect_problem(403)?;
    world.setup_as(&mine.token, Method::POST, &stage.other.path("link"), &Value::Null).await?.expect_problem(404)?;
    assert_eq!(world.contents().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_link_whose_time_is_over_opens_its_tenant_no_longer() -> Result<()> {
    let stage = Stage::new().await?;
    stage.world.execute("update setup_sessions set expires_at = clock()").await?;
    stage.send(&stage.session.token, ("GET", "", "")).await?.expect_problem(410)?;
    stage.send(&stage.other.token, ("GET", "", "")).await?.expect_problem(404)?;
    Ok(())
}
