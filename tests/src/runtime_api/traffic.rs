//! The requests that are measured, as events of API Gateway.

use lambda_http::http::Method;
use serde_json::{Value, json};

use super::rows::{OURS, SEEN_MS};
use super::stub::Events;
use crate::request;
use crate::seed::Seeded;

/// Encloses the name of a value in the template of an event.
const MARK: char = '\u{1}';

/// A text with places for values that need no escaping in JSON.
#[derive(Clone, Debug)]
pub(super) struct Template {
    /// Text, name, text, name, ..., text.
    pieces: Vec<String>,
}

impl Template {
    /// Of an event with [`place`]s, whose marks JSON has escaped: once, and twice inside of the body's own JSON.
    pub(super) fn new(event: &Value) -> Self {
        let text = event.to_string().replace(r"\\u0001", r"\u0001");
        Self { pieces: text.split(r"\u0001").map(str::to_owned).collect() }
    }

    pub(super) fn write(&self, event: &mut Vec<u8>, values: &[(&str, &str)]) {
        for pair in self.pieces.chunks(2) {
            event.extend_from_slice(pair[0].as_bytes());
            if let Some(name) = pair.get(1)
                && let Some((_, value)) = values.iter().find(|(known, _)| known == name)
            {
                event.extend_from_slice(value.as_bytes());
            }
        }
    }
}

/// Where the value of this name goes.
pub(super) fn place(name: &str) -> String {
    format!("{MARK}{name}{MARK}")
}

/// Nineteen random digits, as long as a variable of pgbench can be.
pub(super) fn digits(random: &mut fastrand::Rng) -> String {
    random.u64(1_000_000_000_000_000_000..9_000_000_000_000_000_000).to_string()
}

/// Whether an answer in API Gateway's form has this status.
pub(super) fn has_status(answer: &[u8], status: &str) -> bool {
    let start = answer.get(..40).unwrap_or(answer);
    let text = std::str::from_utf8(start).unwrap_or_default();
    text.strip_prefix("{\"statusCode\":").is_some_and(|rest| rest.starts_with(status))
}

/// New clicks of one funnel, each of a new browser.
#[derive(Debug)]
pub struct Clicks {
    template: Template,
    random: fastrand::Rng,
}

impl Clicks {
    /// Two environments want two seeds.
    pub fn new(tenant: &Seeded, seed: u64) -> Self {
        let body = json!({
            "url": format!("https://shop.example.com/course?utm_source=meta&utm_medium=paid&utm_campaign=spring\
                            &utm_content=video&utm_term=course&fbclid={}", place("fbclid")),
            "referrer": "https://l.example.com/",
            "fbc": format!("fb.1.{SEEN_MS}.{}", place("fbclid")),
            "fbp": format!("fb.1.{SEEN_MS}.{}", place("browser")),
            "click_id": place("click"),
        });
        let path = format!("/v1/funnels/{}/clicks", tenant.funnel_id);
        let mut event = request::event(&Method::POST, &path, &body.to_string());
        event["requestContext"]["http"]["sourceIp"] = format!("2001:db8::{}", place("ip")).into();
        // As a browser sends the snippet's beacon.
        event["headers"]["origin"] = "https://shop.example.com".into();
        event["headers"]["sec-fetch-site"] = "same-site".into();
        Self { template: Template::new(&event), random: fastrand::Rng::with_seed(seed) }
    }
}

impl Events for Clicks {
    fn write(&mut self, event: &mut Vec<u8>) {
        let values = [digits(&mut self.random), digits(&mut self.random), digits(&mut self.random)];
        let ip = format!("{:x}:{:x}", self.random.u16(1..), self.random.u16(1..));
        let [click, fbclid, browser] = &values;
        self.template.write(event, &[("click", click), ("fbclid", fbclid), ("browser", browser), ("ip", &ip)]);
    }

    fn is_right(&self, answer: &[u8]) -> bool {
        has_status(answer, "200")
    }
}

/// New paid orders of buyers who were seen, with the click that they came from.
#[derive(Debug)]
pub struct Orders {
    template: Template,
    random: fastrand::Rng,
    buyers: u32,
}

impl Orders {
    /// Orders by `buyers` buyers, as many as were filled in. Two environments want two seeds.
    pub fn new(tenant: &Seeded, buyers: u32, seed: u64) -> Self {
        let body = json!({
            "order_id": place("order"),
            "value": 97.0, "currency": "BRL", "action_source": "website",
            "event_source_url": "https://shop.example.com/thanks",
            "customer": {
                "email": format!("buyer{}@example.com", place("buyer")), "phone": format!("(11) 955{}", place("phone")),
                "first_name": "Maria", "last_name": "Souza", "city": "São Paulo", "state": "SP", "zip": "01310-100",
                "country": "BR", "ip": format!("2001:db8::{}", place("ip")), "user_agent": request::AGENT,
            },
            "click": {
                "click_id": place("click"), "fbc": format!("fb.1.{SEEN_MS}.{}", place("click")),
                "fbp": format!("fb.1.{SEEN_MS}.{}", place("click")),
            },
            "items": [{"id": "course", "quantity": 1, "price": 97.0}],
            "utm": {"utm_source": "meta"},
        });
        let mut event = request::event(&Method::POST, "/v1/orders", &body.to_string());
        event["headers"]["authorization"] = format!("Bearer {}", tenant.api_key).into();
        Self { template: Template::new(&event), random: fastrand::Rng::with_seed(seed), buyers }
    }
}

impl Events for Orders {
    fn write(&mut self, event: &mut Vec<u8>) {
        let order = digits(&mut self.random);
        let buyer = self.random.u32(0..self.buyers);
        let values = [
            ("order", order.as_str()),
            ("click", &(OURS + buyer).to_string()),
            ("buyer", &buyer.to_string()),
            ("phone", &format!("{buyer:06}")),
            ("ip", &format!("{:x}:{:x}", buyer / 65536, buyer % 65536)),
        ];
        self.template.write(event, &values);
    }

    fn is_right(&self, answer: &[u8]) -> bool {
        has_status(answer, "202")
    }
}

/// Wake-ups of a tenant that has nothing due.
#[derive(Debug)]
pub struct WakeUps(String);

impl WakeUps {
    /// One record each.
    pub fn new(tenant: &Seeded) -> Self {
        let body = json!({"type": "dispatch.v1", "tenant_id": tenant.id, "event_id": "0".repeat(64)});
        let record = json!({
            "messageId": "00000000-0000-4000-8000-000000000000", "receiptHandle": "sample", "body": body.to_string(),
            "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": tenant.id}, "messageAttributes": {},
            "eventSource": "aws:sqs", "awsRegion": crate::ministack::REGION,
            "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:dispatch",
        });
        Self(json!({"Records": [record]}).to_string())
    }
}

impl Events for WakeUps {
    fn write(&mut self, event: &mut Vec<u8>) {
        event.extend_from_slice(self.0.as_bytes());
    }

    fn is_right(&self, answer: &[u8]) -> bool {
        answer.starts_with(b"{\"batchItemFailures\":[]")
    }
}

/// One request again and again.
#[derive(Debug)]
pub struct Same(Vec<u8>);

impl Same {
    /// `GET` of this path.
    pub fn get(path: &str) -> Self {
        Self(request::event(&Method::GET, path, "").to_string().into_bytes())
    }
}

impl Events for Same {
    fn write(&mut self, event: &mut Vec<u8>) {
        event.extend_from_slice(&self.0);
    }

    fn is_right(&self, answer: &[u8]) -> bool {
        has_status(answer, "200")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::RequestExt;

    fn tenant() -> Seeded {
        Seeded {
            id: "tnt_a".into(),
            funnel_id: "funnel-a".into(),
            draft_funnel_id: "draft-a".into(),
            api_key: "trk_tnt_a_sample".into(),
            pixel_id: "1".into(),
            access_token: "sample".into(),
        }
    }

    fn body(events: &mut impl Events) -> (lambda_http::Request, Value) {
        let mut text = Vec::new();
        events.write(&mut text);
        let request = request::of(&serde_json::from_slice(&text).unwrap());
        let body = serde_json::from_slice(request.body()).unwrap();
        (request, body)
    }

    #[test]
    fn each_click_has_its_own_identifiers_where_they_belong() {
        let mut clicks = Clicks::new(&tenant(), 1);
        let (request, first) = body(&mut clicks);
        let (_, second) = body(&mut clicks);
        assert_eq!(request.raw_http_path(), "/v1/funnels/funnel-a/clicks");
        for field in ["url", "fbp", "click_id"] {
            assert_ne!(first[field], second[field], "{field}");
        }
        assert!(first["click_id"].as_str().unwrap().bytes().all(|byte| byte.is_ascii_digit()));
        assert!(first["fbp"].as_str().unwrap().starts_with("fb.1."));
        let address = shared::http::client_address(&request, 0).unwrap();
        assert!(address.parse::<std::net::Ipv6Addr>().is_ok(), "{address}");
    }

    #[test]
    fn an_order_has_its_buyers_identifiers_where_they_belong() {
        let (request, order) = body(&mut Orders::new(&tenant(), 1000, 1));
        assert_eq!(request.headers()["authorization"], "Bearer trk_tnt_a_sample");
        assert_eq!(order["order_id"].as_str().unwrap().len(), 19);
        let click: u32 = order["click"]["click_id"].as_str().unwrap().parse().unwrap();
        let buyer = click - OURS;
        assert_eq!(order["customer"]["email"], format!("buyer{buyer}@example.com"));
        assert_eq!(order["customer"]["phone"], format!("(11) 955{buyer:06}"));
        assert_eq!(order["click"]["fbc"], format!("fb.1.{SEEN_MS}.{click}"));
        assert!(order["customer"]["ip"].as_str().unwrap().parse::<std::net::Ipv6Addr>().is_ok());
    }
}
