use super::super::tests::{context, headers, one, read, said, secrets};
use super::super::{Authenticity, Platform};
use super::*;

fn form(event: &str, rest: &str) -> String {
    format!(
        "chave_unica=test-secret&tipoEvento%5Bcodigo%5D={event}&venda%5Bcodigo%5D=1001&venda%5Bvalor%5D=97.10\
         &venda%5BvalorRecebido%5D=80.00{rest}"
    )
}

fn with_form<T>(body: &str, done: impl Fn(&Delivery<'_>) -> T) -> T {
    let headers = headers(&[("content-type", "application/x-www-form-urlencoded")]);
    done(&Delivery::new(&headers, "", body.as_bytes()))
}

fn posted(body: &str) -> Outcome {
    with_form(body, |delivery| Platform::Monetizze.parse_delivery(delivery, &context()))
}

fn sale(body: &str) -> Order {
    match posted(body) {
        Outcome::Orders { main, also } if also.is_empty() => *main,
        other => panic!("not one order: {}", said(&other)),
    }
}

#[test]
fn p13_empty_secrets_the_key_of_the_body_counts_and_no_empty_one() {
    let verified =
        |body: &str| with_form(body, |delivery| Platform::Monetizze.verify(&secrets(), delivery, &context()));
    assert_eq!(verified("chave_unica=test-secret"), Authenticity::Authentic);
    assert_eq!(verified(&form("2", "")), Authenticity::Authentic);
    assert_eq!(verified(r#"{"chave_unica":"test-secret","venda":{}}"#), Authenticity::Authentic);
    assert_eq!(verified("chave_unica=test-secret&json=%7B%22venda%22%3A1%7D"), Authenticity::Authentic);
    assert_eq!(verified("json=%7B%22chave_unica%22%3A%22test-secret%22%7D"), Authenticity::Authentic);
    for body in ["chave_unica=", "chave_unica=other", "produto%5Bchave%5D=test-secret", "venda=1&json=%7B%7D"] {
        assert_eq!(verified(body), Authenticity::NotAuthentic, "{body}");
    }
}

#[test]
fn each_event_is_its_state() {
    for (event, expected) in [
        ("1", "pending and 0"),
        ("2", "paid and 0"),
        ("3", "canceled and 0"),
        ("4", "refunded and 0"),
        ("5", "refund_requested"),
        ("6", "completed_sale"),
        ("7", "abandoned and 0"),
        ("98", "event_not_used"),
        ("99", "event_not_used"),
        ("101", "event_not_used"),
        ("102", "event_not_used"),
        ("103", "event_not_used"),
        ("104", "event_not_used"),
        ("105", "event_not_used"),
        ("106", "event_not_used"),
        ("120", "event_not_used"),
        ("77", "state_unknown"),
        ("", "state_missing"),
    ] {
        assert_eq!(said(&posted(&form(event, ""))), expected, "{event}");
    }
}

#[test]
fn the_event_may_stand_in_either_field() {
    let json = r#"{"postback_evento":"2","venda":{"codigo":"1001","valor":"97.10"}}"#;
    assert_eq!(said(&read(Platform::Monetizze, json)), "paid and 0");
}

#[test]
fn the_json_of_the_body_counts_where_it_is_all_there_is() {
    let json = r#"{"tipoEvento":{"codigo":2},"venda":{"codigo":"1002","valor":"10.00"}}"#;
    let field: String = url::form_urlencoded::byte_serialize(json.as_bytes()).collect();
    assert_eq!(sale(&format!("chave_unica=x&json={field}")).id.unwrap().as_str(), "1002");
    assert_eq!(sale(&form("2", &format!("&json={field}"))).id.unwrap().as_str(), "1001");
    assert_eq!(said(&posted("chave_unica=x&json=%5B%5D")), "state_missing");
    assert_eq!(said(&posted("chave_unica=x&json=nothing")), "state_missing");
}

#[test]
fn p02_completion_is_not_a_second_sale() {
    assert_eq!(said(&posted(&form("6", ""))), "completed_sale");
}

#[test]
fn p02_a_further_payment_of_a_subscription_is_no_second_sale() {
    let kind = |number: &str| sale(&form("2", &format!("&assinatura%5Bparcela%5D={number}"))).kind;
    assert_eq!(kind("1"), Kind::First);
    assert_eq!(kind("3"), Kind::Renewal { number: Some(3) });
}

#[test]
fn an_upsell_names_the_sale_before_it() {
    let kind = |parent: &str| sale(&form("2", &format!("&venda%5Bvenda_upsell%5D={parent}"))).kind;
    assert_eq!(kind("1000"), Kind::Upsell { parent: Order::id(Some("1000")).ok() });
    assert_eq!((kind(""), kind("0")), (Kind::First, Kind::First));
}

#[test]
fn p05_a_default_value_or_currency_is_never_made_up() {
    let outcome = |body: &str| said(&read(Platform::Monetizze, body));
    let with = |sale: &str| outcome(&format!(r#"{{"tipoEvento":{{"codigo":2}},"venda":{sale}}}"#));
    assert_eq!(with(r#"{"codigo":"1"}"#), "value_missing");
    assert_eq!(with(r#"{"codigo":"1","valor":"97,10"}"#), "value_unreadable");
    assert_eq!(with(r#"{"codigo":"1","valor":"97.10","moeda":"R$"}"#), "currency_unknown");
    assert_eq!(with(r#"{"valor":"97.10"}"#), "order_id_missing");
    let dollars = r#"{"tipoEvento":{"codigo":2},"venda":{"codigo":"1","valor":"97.10","moeda":"USD"}}"#;
    assert_eq!(one(Platform::Monetizze, dollars).amounts.price.unwrap().currency().code(), "USD");
}

#[test]
fn p11_a_cart_has_no_sale() {
    let cart = sale("tipoEvento%5Bcodigo%5D=7&comprador%5Bemail%5D=ana.exemplo%40example.com");
    assert_eq!((cart.state, cart.id.as_ref()), (OrderState::Abandoned, None));
    assert!(cart.key("monetizze").is_some());
}

#[test]
fn p16_one_sale_in_several_roles_is_one_order_and_the_share_is_not_its_value() {
    let producer = sale(&form("2", "&tipoPostback%5Bcodigo%5D=2"));
    let partner = form("2", "&tipoPostback%5Bcodigo%5D=3").replace("80.00", "20.00");
    let partner = sale(&partner);
    assert_eq!(producer.key("monetizze"), partner.key("monetizze"));
    for (order, net) in [(producer, "80.00"), (partner, "20.00")] {
        assert_eq!(order.amounts.price.unwrap().to_string(), "97.10");
        assert_eq!(order.amounts.net.unwrap().to_string(), net);
    }
}

#[test]
fn p17_refunds_a_dispute_is_none() {
    assert_eq!(said(&posted(&form("5", ""))), "refund_requested");
}

#[test]
fn p01_invented_payloads_are_no_orders() {
    for invented in [
        r#"{"tipoEvento":{"codigo":"approved"},"venda":{"codigo":"1","valor":"97.10"}}"#,
        r#"{"status":"2","transaction":{"id":"1","amount":97.1}}"#,
        r#"{"event":"sale.approved","venda":{"codigo":"1","valor":"97.10","status":"Finalizada"}}"#,
    ] {
        assert!(!matches!(read(Platform::Monetizze, invented), Outcome::Orders { .. }), "{invented}");
    }
}

#[test]
fn p10_sentinels_and_empty_texts_are_absent() {
    let body = form(
        "1",
        "&comprador%5Bnome%5D=&comprador%5Bcidade%5D=N%C3%A3o+Informado&venda%5Bsrc%5D=\
         &venda%5BdataFinalizada%5D=0000-00-00+00%3A00%3A00&venda%5BdataInicio%5D=0000-00-00+00%3A00%3A00",
    );
    let order = sale(&body);
    assert_eq!(order.buyer.shown(context().country), []);
    assert!(order.tracking.slots.is_empty() && order.ordered_at.is_none() && order.paid_at.is_none());
}

#[test]
fn the_test_button_is_no_sale() {
    for event in ["2", "6"] {
        assert_eq!(said(&posted(&form(event, "&produto%5Bnome%5D=X-Wing"))), "test_sale", "{event}");
    }
}
