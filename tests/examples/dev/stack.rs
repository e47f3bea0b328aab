//! Everything running: the parts, the functions, and what AWS would do between them.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use tests::event_source::{self, EventSource};
use tests::funnel::{self, Connected, Funnel};
use tests::lambda::{self, Watch};
use tests::net;
use tests::progress::Progress;
use tests::seed::{self, Seeded};
use tokio::task::JoinHandle;

use crate::meta::Meta;
use crate::options::Options;
use crate::parts::{ADMIN_SECRET, ADMIN_TOKEN, BODY_KEY, DB_SECRET, Parts};
use crate::unexpected;

/// The region that the local AWS plays.
const REGION: &str = "us-east-1";
const SECRETS_PREFIX: &str = "track/";
/// As EventBridge's schedule in production.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// A function's first call may build it.
const INVOKE_LIMIT: Duration = Duration::from_mins(5);

/// The running product; dropping it ends every process.
pub(crate) struct Stack {
    /// To the functions.
    pub(crate) http: reqwest::Client,
    /// Meta.
    pub(crate) meta: Meta,
    /// The demo tenant.
    pub(crate) tenant: Seeded,
    /// Where the demo tenant's checkout posts to.
    posts: Connected,
    /// The pages to click through, unless the main job alone is done.
    pub(crate) funnel: Option<Funnel>,
    watch: Watch,
    _event_source: EventSource,
    schedule: JoinHandle<()>,
    parts: Parts,
}

impl Stack {
    /// Starts everything and seeds the demo tenant.
    pub(crate) async fn start(options: &Options, progress: &Progress) -> Result<Self> {
        let meta = Meta::start().await?;
        if options.port != 0 && net::listens(options.port).await {
            bail!("port {} of 127.0.0.1 is taken: end what listens there, or choose another by --port", options.port);
        }
        let parts = Parts::start(progress).await?;
        progress.say("building the functions (the first time takes minutes)");
        let settings = lambda::Settings {
            port: options.port,
            reload: !options.once,
            environment: environment(&parts, &meta),
            ..lambda::Settings::default()
        };
        let watch = Watch::start(settings, progress, |line| eprintln!("  {line}")).await?;
        let http = net::http_client()?;
        progress.say("migrating");
        let applied = invoke(&http, &watch, "migrate").await?;
        progress.say(format!("  {applied}"));
        let (tenant, checkout) = seed(&parts, &meta).await?;
        let posts = checkout.clone();
        let funnel = if options.once {
            None
        } else {
            Some(Funnel::start(&tenant, checkout, watch.port(), options.funnel_port).await?)
        };
        let event_source = EventSource::start(&event_source::Settings {
            sqs: aws_sdk_sqs::Client::new(&parts.sdk),
            queue_url: parts.queue_url.clone(),
            region: REGION.to_owned(),
            invoke_url: watch.invoke_url("dispatch"),
            timeout: INVOKE_LIMIT,
            concurrency: 1,
            progress: progress.clone(),
        })?;
        let schedule = schedule(http.clone(), watch.invoke_url("sweep"), progress.clone());
        Ok(Self { http, meta, tenant, posts, funnel, watch, _event_source: event_source, schedule, parts })
    }

    /// The URL of a path of the API.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.watch.url())
    }

    /// An error when a part has died.
    pub(crate) fn check(&mut self) -> Result<()> {
        self.watch.check()?;
        self.parts.aws.check()
    }

    /// Every URL and key, for a person.
    pub(crate) fn directory(&self) -> String {
        let base = self.watch.url();
        let aws = self.parts.aws.endpoint();
        let mut rows = Vec::new();
        if let Some(funnel) = &self.funnel {
            rows.push(("demo funnel", format!("{} (click through it in a browser)", funnel.url())));
            rows.push((
                "redirect link",
                format!("{base}/r/{}?to={}", self.tenant.funnel_id, funnel.encoded_checkout()),
            ));
        }
        rows.extend([
            ("snippet", format!("{base}/t.js?f={}", self.tenant.funnel_id)),
            ("clicks", format!("POST {base}/v1/funnels/{}/clicks", self.tenant.funnel_id)),
            (
                "orders",
                format!("POST {base}/v1/orders, GET {base}/v1/orders/{{event_id}}, GET {base}/v1/orders?order_id="),
            ),
            (
                "webhooks",
                format!(
                    "POST {base}{} (as Hotmart posts, with x-hotmart-hottok: {})",
                    self.posts.path, self.posts.token
                ),
            ),
            ("setup", format!("POST {base}/v1/setup/sessions, GET {base}/v1/tenants/{}", self.tenant.id)),
            ("setup pages", format!("{base}/setup (log in with the operator's token)")),
            ("operator's token", ADMIN_TOKEN.to_owned()),
            ("invoke", format!("POST {} (dispatch, migrate)", self.watch.invoke_url("sweep"))),
            ("database", self.parts.db_url()),
            (
                "local AWS",
                format!("AWS_ENDPOINT_URL={aws} AWS_REGION={REGION} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"),
            ),
            ("queue", self.parts.queue_url.clone()),
            ("dead letters", self.parts.dead_letter_url.clone()),
            ("tenant", self.tenant.id.clone()),
            ("funnel", self.tenant.funnel_id.clone()),
            ("API key", self.tenant.api_key.clone()),
        ]);
        if let Some(simulator) = &self.meta.simulator {
            rows.push(("what Meta took", format!("{}/_simulator/events", simulator.base_url())));
            rows.push(("its requests", format!("{}/_simulator/requests", simulator.base_url())));
        }
        rows.iter().map(|(name, value)| format!("  {name:<16} {value}")).collect::<Vec<_>>().join("\n") + "\n"
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        self.schedule.abort();
    }
}

/// The functions' environment: what template.yaml gives them in production.
fn environment(parts: &Parts, meta: &Meta) -> Vec<(String, String)> {
    let mut all = parts.aws.environment();
    let own = [
        ("DB_SECRET_ARN", DB_SECRET),
        ("DISPATCH_QUEUE_URL", &parts.queue_url),
        ("SECRETS_PREFIX", SECRETS_PREFIX),
        ("BODY_KEY_SECRET_ARN", BODY_KEY),
        ("META_GRAPH_URL", meta.graph_url()),
        ("ADMIN_TOKEN_SECRET_ARN", ADMIN_SECRET),
        // What stands before the functions here adds its peer to X-Forwarded-For as a proxy does.
        ("TRUSTED_PROXY_HOPS", "1"),
    ];
    all.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    all
}

async fn seed(parts: &Parts, meta: &Meta) -> Result<(Seeded, Connected)> {
    let client = parts.connect().await?;
    let mut tenant = seed::rows(&client, "demo").await?;
    let hours = "test_event_code_until = case when $2::text is not null then now() + interval '24 hours' end";
    client
        .execute(
            &format!("update tenants set pixel_id = $1, test_event_code = $2, {hours} where id = $3"),
            &[&meta.pixel_id, &meta.test_event_code, &tenant.id],
        )
        .await
        .context("the demo tenant's pixel")?;
    tenant.pixel_id.clone_from(&meta.pixel_id);
    tenant.access_token.clone_from(&meta.access_token);
    seed::secret(&parts.sdk, SECRETS_PREFIX, &tenant).await?;
    let checkout = funnel::connect(&client, &parts.sdk, SECRETS_PREFIX, &tenant).await?;
    Ok((tenant, checkout))
}

async fn invoke(http: &reqwest::Client, watch: &Watch, function: &str) -> Result<String> {
    let response = http.post(watch.invoke_url(function)).body("{}").timeout(INVOKE_LIMIT).send().await;
    let response = response.with_context(|| format!("call {function}"))?;
    let status = response.status().as_u16();
    let body = response.text().await?;
    if status == 200 { Ok(body) } else { unexpected(function, status, &body) }
}

/// What EventBridge does in production.
fn schedule(http: reqwest::Client, url: String, progress: Progress) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if let Err(error) = http.post(&url).body("{}").timeout(INVOKE_LIMIT).send().await {
                progress.say(format!("sweep: {error}"));
            }
        }
    })
}
