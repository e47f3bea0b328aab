//! Any system that posts the body of `POST /v1/orders`, signed as Standard Webhooks 1.0 are.
//!
//! - Authenticity: `webhook-signature` holds signatures, `v1,` and base64 each, of HMAC-SHA256 over `webhook-id`, a dot,
//!   `webhook-timestamp`, a dot and the body. The key is the base64 behind `whsec_`; of a secret that is not base64 its bytes are. The
//!   time is the attempt's, and may be 300 seconds old.
//! - `webhook-id` is the same on each repetition.
//! - Status and value are what the sender says; without a status a Purchase is paid, as in the API. An event that is no Purchase
//!   is for the API: a webhook tells of orders. An unknown field costs no sale, because nobody reads the answer.

use super::{Adapter, Context, Delivery, NoOrder, Secret, sign, when};
use crate::domain::order::{Amount, Amounts, Ignored, Moment, Order, OrderState, Outcome, Rejected, Tracking};
use crate::http::FieldError;
use crate::order_body::{self, OrderBody, Refused, Rules};

pub(super) const ADAPTER: Adapter = Adapter {
    slot: None,
    ids_are_per_shop: true,
    amounts: &[Amount::Price],
    is_authentic,
    is_probe: |_| false,
    parse,
    delivery_id: |delivery| delivery.header("webhook-id").map(str::to_owned),
};

fn is_authentic(secrets: &[Secret], delivery: &Delivery<'_>, context: &Context) -> bool {
    let header = |name| delivery.header(name);
    let (Some(id), Some(time), Some(signatures)) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
    else {
        return false;
    };
    let message = [id.as_bytes(), b".", time.as_bytes(), b".", delivery.body()];
    let given = signatures.split(' ').filter_map(|one| one.strip_prefix("v1,"));
    sign::is_fresh(time, context) && sign::is_signed(secrets.iter().map(key), &message, given, sign::Written::Base64)
}

fn key(secret: &Secret) -> Vec<u8> {
    let text = secret.as_str();
    let bare = text.strip_prefix("whsec_").unwrap_or(text);
    let decoded = sign::from_base64(bare).filter(|key| !key.is_empty());
    decoded.unwrap_or_else(|| text.as_bytes().to_vec())
}

fn parse(delivery: &Delivery<'_>, context: &Context) -> Result<Outcome, NoOrder> {
    let rules = Rules { times: Some(when::PLAUSIBLE_S), refuses_unknown: false };
    let (body, _) = order_body::parse(delivery.body(), &rules).map_err(|refused| match refused {
        Refused::NotParseable(_) => Rejected::Unreadable,
        Refused::Invalid(errors) => errors.first().map_or(Rejected::Unreadable, reason),
    })?;
    match body.state {
        Some(state) if body.event_name.is_purchase() => Ok(Outcome::order(order(body, state, context)?)),
        _ => Err(Ignored::EventNotUsed.into()),
    }
}

/// The first thing wrong with a body.
fn reason(error: &FieldError) -> Rejected {
    match (error.field.as_str(), error.code) {
        ("order_id", "required") => Rejected::OrderIdMissing,
        ("order_id", _) => Rejected::OrderIdUnreadable,
        ("status", _) => Rejected::StateUnknown,
        ("value", "required") => Rejected::ValueMissing,
        ("value", _) => Rejected::ValueUnreadable,
        ("currency", "required") => Rejected::CurrencyMissing,
        ("currency", _) => Rejected::CurrencyUnknown,
        ("event_time", _) => Rejected::TimeUnreadable,
        _ => Rejected::Unreadable,
    }
}

fn order(body: OrderBody, state: OrderState, context: &Context) -> Result<Order, Rejected> {
    let mut order = Order::new(Order::id(Some(body.order_id.as_str()))?, state, context.received_at_s);
    order.changed_at = body.event_time_s.map(Moment::second);
    if state == OrderState::Paid {
        order.paid_at = order.changed_at;
    }
    order.buyer = body.buyer;
    order.tracking =
        Tracking { slots: body.utm.into_iter().map(|(name, text)| (name.to_owned(), text)).collect(), ..body.click };
    order.items = body.items;
    order.page = body.event_source_url;
    order.action_source = body.action_source;
    order.priced(Ok(Amounts { price: Some(body.value), ..Amounts::default() }))
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::super::tests::{context, headers, read, said};
    use super::super::{Authenticity, Platform};
    use super::*;

    const BODY: &[u8] = br#"{"order_id":"1"}"#;

    fn signature(key: &[u8], message: &str) -> String {
        let message = [message.as_bytes(), BODY].concat();
        STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &message))
    }

    fn verified(secret: &str, signatures: &str, received_at_s: i64) -> Authenticity {
        let headers =
            headers(&[("webhook-id", "msg_1"), ("webhook-timestamp", "1700000000"), ("webhook-signature", signatures)]);
        let secrets: Vec<Secret> = Secret::new(secret).into_iter().collect();
        let context = Context { received_at_s, ..context() };
        Platform::Generic.verify(&secrets, &Delivery::new(&headers, "", BODY), &context)
    }

    #[test]
    fn the_specifications_example_is_authentic() {
        // Standard Webhooks 1.0: the secret, id, time and body of its libraries' tests.
        let headers = headers(&[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ]);
        let secrets: Vec<Secret> = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").into_iter().collect();
        let context = Context { received_at_s: 1_614_265_330, ..context() };
        let delivery = Delivery::new(&headers, "", br#"{"test": 2432232314}"#);
        assert_eq!(Platform::Generic.verify(&secrets, &delivery, &context), Authenticity::Authentic);
        assert_eq!(Platform::Generic.delivery_id(&delivery).as_deref(), Some("msg_p5jXN8AQM9LWM0D4loKWxJek"));
    }

    #[test]
    fn one_of_several_signatures_will_do_and_other_versions_do_not_count() {
        let good = signature(b"0123456789abcdef", "msg_1.1700000000.");
        let secret = format!("whsec_{}", STANDARD.encode("0123456789abcdef"));
        let other = signature(b"other", "msg_1.1700000000.");
        for signatures in [format!("v1,{good}"), format!("v1,{other} v1,{good}"), format!("v2,x v1,{good}")] {
            assert_eq!(verified(&secret, &signatures, 1_700_000_300), Authenticity::Authentic, "{signatures}");
        }
        for signatures in [format!("v1a,{good}"), good.clone(), format!("v1,{other}"), "v1,".to_owned()] {
            assert_eq!(verified(&secret, &signatures, 1_700_000_300), Authenticity::NotAuthentic, "{signatures}");
        }
        assert_eq!(verified(&secret, &format!("v1,{good}"), 1_700_000_301), Authenticity::NotAuthentic);
    }

    #[test]
    fn a_secret_that_is_not_base64_is_its_bytes() {
        let good = signature(b"my secret!", "msg_1.1700000000.");
        assert_eq!(verified("my secret!", &format!("v1,{good}"), 1_700_000_000), Authenticity::Authentic);
        let empty = signature(b"", "msg_1.1700000000.");
        assert_eq!(verified("whsec_", &format!("v1,{empty}"), 1_700_000_000), Authenticity::NotAuthentic);
    }

    #[test]
    fn what_is_wrong_is_the_reason_and_what_is_unknown_costs_no_sale() {
        let cases = [
            (r#"{"order_id":"1","value":97,"currency":"BRL","note":"x","customer":{"cpf":"1"}}"#, "paid and 0"),
            (r#"{"value":97,"currency":"BRL"}"#, "order_id_missing"),
            (r#"{"order_id":"","value":97,"currency":"BRL"}"#, "order_id_unreadable"),
            (r#"{"order_id":"1","currency":"BRL"}"#, "value_missing"),
            (r#"{"order_id":"1","value":"97,00","currency":"BRL"}"#, "value_unreadable"),
            (r#"{"order_id":"1","value":97}"#, "currency_missing"),
            (r#"{"order_id":"1","value":97,"currency":"R$"}"#, "currency_unknown"),
            (r#"{"order_id":"1","value":97,"currency":"BRL","status":"authorized"}"#, "state_unknown"),
            (r#"{"order_id":"1","value":97,"currency":"BRL","event_time":"soon"}"#, "time_unreadable"),
            (r#"{"order_id":"1","value":97,"currency":"BRL","event_time":1767268920000}"#, "time_unreadable"),
            (r#"{"order_id":"1","value":97,"currency":"BRL","event_name":"Lead"}"#, "event_not_used"),
            (r#"{"order_id":"1","value":97,"currency":"BRL","event_time":1600000000}"#, "paid and 0"),
            ("[]", "unreadable"),
        ];
        for (body, outcome) in cases {
            assert_eq!(said(&read(Platform::Generic, body)), outcome, "{body}");
        }
    }
}
