//! Meta: the simulator, or the real Graph API where a pixel and a token are given.

use anyhow::{Context, Result, bail};
use tests::simulator::{Config, DEMO_PIXEL, DEMO_TOKEN, EventQuery, Simulator};

/// Where events go.
pub(crate) struct Meta {
    /// `None` talks to Meta itself.
    pub(crate) simulator: Option<Simulator>,
    /// The pixel.
    pub(crate) pixel_id: String,
    /// Its token.
    pub(crate) access_token: String,
    /// For Events Manager's Test Events.
    pub(crate) test_event_code: Option<String>,
}

impl Meta {
    /// By the environment.
    pub(crate) async fn start() -> Result<Self> {
        let test_event_code = variable("META_TEST_EVENT_CODE");
        match (variable("META_PIXEL_ID"), variable("META_ACCESS_TOKEN")) {
            (Some(pixel_id), Some(access_token)) => {
                Ok(Self { simulator: None, pixel_id, access_token, test_event_code })
            }
            (None, None) => {
                let simulator = Simulator::start(Config::demo()).await.context("start the Meta simulator")?;
                let (pixel_id, access_token) = (DEMO_PIXEL.to_owned(), DEMO_TOKEN.to_owned());
                Ok(Self { simulator: Some(simulator), pixel_id, access_token, test_event_code })
            }
            _ => bail!("set both META_PIXEL_ID and META_ACCESS_TOKEN, or neither"),
        }
    }

    /// `META_GRAPH_URL` of the functions.
    pub(crate) fn graph_url(&self) -> &str {
        self.simulator.as_ref().map_or("https://graph.facebook.com", Simulator::base_url)
    }

    /// The event as the simulator took it, in readable JSON.
    pub(crate) fn took(&self, event_id: &str) -> Result<Option<String>> {
        let Some(simulator) = &self.simulator else { return Ok(None) };
        let events = simulator.events(&EventQuery::id(event_id));
        let event = events.first().context("the simulator has not taken the event")?;
        Ok(Some(serde_json::to_string_pretty(&event.json())?))
    }
}

#[expect(clippy::disallowed_methods, reason = "a developer's program: its own settings")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
