//! A tenant's books as a seller looks at them: overview, events, stories, import and export.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use shared::clock::Clock;
use tests::request;
use tests::simulator::{Answer, Fault, GraphError};
use tests::world::wake_up;

use super::Desk;
use super::tenant::seller;

/// Posts an order as the seller's server; gives its event's id.
async fn order(desk: &Desk, key: &str, body: &Value) -> Result<String> {
    let request = request::with_key(request::post("/v1/orders", &body.to_string()), key);
    let answer = desk.world().send_order(&request).await?;
    ensure!(matches!(answer.status, 200 | 202), "{}", answer.body);
    Ok(answer.body["event_id"].as_str().context("an event id")?.to_owned())
}

fn sale(id: &str) -> Value {
    json!({"order_id": id, "value": "97.00", "currency": "BRL", "customer": {"email": "maria@example.com", "phone": "+5511955500001"}})
}

/// Four weeks as a seller may have had them: clicks, orders that were matched in different ways, sends and failed tries. No order is of
/// today, so that what is said of the last seven days does not go by the hour: there are 40, 32 of them with a click.
async fn weeks(desk: &Desk, at: &str) -> Result<String> {
    let tenant = at.rsplit('/').next().context("a tenant")?.to_owned();
    desk.world()
        .execute(&format!(
            "insert into clicks (tenant_id, id, funnel_id, created_at)
             select f.tenant_id, 'k' || n, f.id, clock() - n * interval '11 minutes' from funnels f, generate_series(1, 3600) n
             where f.tenant_id = '{tenant}';
             create temp table past as
             select '{tenant}'::text as tenant_id, 'p' || n as id, encode(sha256(('p' || n)::bytea), 'hex') as event_id,
                    date_trunc('day', clock(), 'UTC') - n * interval '3 hours 36 minutes' as at, (array['identity', 'click', 'click', 'network', 'none'])[1 + n % 5] as stage, n
             from generate_series(1, 198) n;
             insert into dedupe_registry (tenant_id, id, event_id, order_id, event_name, value, currency, created_at)
             select tenant_id, id, event_id, id, 'Purchase', 97, 'BRL', at from past;
             insert into orders (tenant_id, id, order_key, state, ordered_at, paid_at, created_at) select tenant_id, id, id, 'paid', at, at, at from past;
             insert into conversions (tenant_id, id, event_id, order_key, event_name, event_time, value, currency, action_source, user_data,
                 custom_data, match_stage, match_candidates, match_rules, state, created_at, updated_at)
             select tenant_id, id, event_id, id, 'Purchase', at, 97, 'BRL', 'website', '{{}}', '{{}}', stage, '[]',
                    '{{\"ordered_at\": 0, \"window_days\": 28}}', 'pending', at, at from past;
             insert into dispatch_attempts (tenant_id, id, event_id, created_at, due_at)
             select tenant_id, id, event_id, at, at from past;
             update dispatch_attempts a set status = 'success', finished_at = a.created_at + interval '2 seconds', answer = 'accepted'
             where tenant_id = '{tenant}' and id like 'p%';
             insert into dispatch_attempts (tenant_id, id, event_id, number, created_at, due_at)
             select tenant_id, id || 'f', event_id, 2, at, at from past where n % 9 = 0;
             update dispatch_attempts a set status = 'failed', finished_at = a.created_at + interval '1 second', answer = 'transient'
             where tenant_id = '{tenant}' and id like 'p%f';
             update conversions set state = 'sent' where tenant_id = '{tenant}' and id like 'p%';
             insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome) select tenant_id, id, 'api', at, id, event_id, 'conversion' from past;
             insert into deliveries (tenant_id, id, source, received_at, order_key, event_id, outcome, reason)
             select tenant_id, id || 'd', 'hotmart', at, id, event_id, 'duplicate', 'redelivery' from past where n % 4 = 0;
             drop table past"
        ))
        .await?;
    Ok(tenant)
}

#[tokio::test]
async fn a_seller_sees_at_a_glance_what_came_what_went_and_what_keeps_it_back() -> Result<()> {
    for (lang, sent, kept_back, try_now) in [
        ("en", "Sent to Meta", "Meta refuses the access token", "Try now"),
        ("pt-BR", "Enviadas à Meta", "A Meta recusa o token", "Tentar agora"),
    ] {
        let desk = Desk::new().await?;
        let (at, key) = seller(&desk, lang).await?;
        desk.goto(&at).await?;
        desk.look(&format!("{lang}-tenant-empty")).await?;
        let tenant = weeks(&desk, &at).await?;
        desk.goto(&at).await?;
        let words = desk.words().await?;
        ensure!(words.contains(sent) && words.contains("198") && words.contains("80 %"), "{words}");
        let bars = desk
            .page
            .eval("[...document.querySelectorAll('.chart svg')].map(it => it.querySelectorAll('rect').length)")
            .await?;
        ensure!(
            bars.as_array().is_some_and(|it| it.len() == 3 && it.iter().all(|bars| bars.as_i64() >= Some(25))),
            "{bars}"
        );
        let rows = desk.page.eval("document.querySelectorAll('details tbody tr').length").await?;
        assert_eq!(rows, 28, "each day stands in a table too");
        desk.page.eval("document.querySelector('details').open = true").await?;
        desk.look(&format!("{lang}-tenant-overview")).await?;
        desk.page
            .eval("document.querySelector('details').open = false, document.querySelector('#ledger').scrollIntoView()")
            .await?;
        desk.picture(&format!("{lang}-tenant-ledger")).await?;

        desk.world().simulator.fault(Fault::standing(Answer::Error(GraphError::new(
            400,
            190,
            "The token is not valid",
        ))));
        order(&desk, &key, &sale("waits")).await?;
        desk.world().dispatch_bodies(&[&wake_up(&tenant)]).await;
        desk.goto(&at).await?;
        ensure!(desk.words().await?.contains(kept_back), "{}", desk.words().await?);
        desk.look(&format!("{lang}-tenant-parked")).await?;
        desk.world().simulator.clear_faults();
        desk.press(try_now).await?;
        ensure!(!desk.words().await?.contains(kept_back), "{}", desk.words().await?);
        assert_eq!(desk.page.errors(), Vec::<String>::new(), "nothing is against the page's own policy");
    }
    Ok(())
}

#[tokio::test]
async fn an_event_is_found_its_story_is_read_and_it_is_sent_again() -> Result<()> {
    for (lang, search, again, story, quarantined) in [
        ("en", "Search", "Send it again", "was received: Purchase of 97.00 BRL", "In quarantine"),
        ("pt-BR", "Procurar", "Reenviar", "foi recebido: Purchase de 97.00 BRL", "Em quarentena"),
    ] {
        let desk = Desk::new().await?;
        let (at, key) = seller(&desk, lang).await?;
        let tenant = weeks(&desk, &at).await?;
        let world = desk.world();
        let funnel =
            world.text("select id from funnels where tenant_id = $1", &[&tenant]).await?.context("a funnel")?;
        let click = json!({"url": "https://www.loja.example.com.br/?utm_campaign=Launch&fbclid=IwAR0-Sample_1", "click_id": "click-0001", "fbp": "fb.1.1700000000000.1234567890"});
        world
            .send_click(&request::post(&format!("/v1/funnels/{funnel}/clicks"), &click.to_string()))
            .await?
            .expect(200)?;
        let mut body = sale("1001");
        body["status"] = json!("pending");
        order(&desk, &key, &body).await?;
        body["status"] = json!("paid");
        body["click"] = json!({"click_id": "click-0001"});
        let event_id = order(&desk, &key, &body).await?;
        order(&desk, &key, &body).await?;
        world
            .simulator
            .fault(Fault::once(Answer::Error(GraphError::new(400, 100, "Invalid parameter").with_subcode(2_804_050))));
        world.dispatch_bodies(&[&wake_up(&tenant)]).await;

        desk.goto(&at).await?;
        desk.page.follow("document.querySelector('nav a[href$=\"/events\"]').click()").await?;
        desk.look(&format!("{lang}-events")).await?;
        desk.page.fill("#q", "+55 (11) 95550-0001").await?;
        desk.press(search).await?;
        ensure!(desk.words().await?.contains("1001"), "{}", desk.words().await?);
        desk.look(&format!("{lang}-events-found")).await?;
        assert_eq!(desk.site.seen("95550").len(), 0, "whom it is about stands in no address");
        desk.press("1001").await?;
        assert_eq!(desk.path().await?, format!("{at}/events/{event_id}"));
        let told = desk.words().await?;
        for wanted in [story, quarantined, "Launch", "Invalid parameter", "subcode 2804050", "click-0001"] {
            ensure!(told.contains(wanted), "{wanted}: {told}");
        }
        desk.look(&format!("{lang}-event")).await?;
        desk.page.eval("document.querySelector('#story').scrollIntoView()").await?;
        desk.picture(&format!("{lang}-event-story")).await?;
        desk.press(again).await?;
        ensure!(desk.path().await?.ends_with(&event_id));
        world.dispatch_bodies(&[&wake_up(&tenant)]).await;
        desk.goto(&format!("{at}/events/{event_id}")).await?;
        ensure!(!desk.words().await?.contains(quarantined), "{}", desk.words().await?);
        let state = world.text("select state from conversions where event_id = $1", &[&event_id]).await?;
        assert_eq!(state.as_deref(), Some("sent"));

        world.execute(&format!("update conversions set state = 'quarantined', reason = 'data', event_time = clock() where tenant_id = '{tenant}' and id in ('p1', 'p2')")).await?;
        desk.goto(&at).await?;
        desk.page.follow("document.querySelector('.figure a').click()").await?;
        assert_eq!(desk.path().await?, format!("{at}/quarantine"));
        desk.send("[name=may_be_there]").await?;
        let left = "select count(*) from conversions where tenant_id = $1 and state = 'quarantined'";
        assert_eq!(world.count(left, &[&tenant]).await?, 0, "all are put back");
        let others = order(&desk, &world.tenant.api_key, &sale("others")).await?;
        for id in [others, "0".repeat(64)] {
            desk.goto(&format!("{at}/events/{id}")).await?;
            let title = desk.page.text("document.title").await?;
            ensure!(title.contains(if lang == "en" { "no such page" } else { "não existe" }), "{title}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn older_events_follow_on_further_pages() -> Result<()> {
    let desk = Desk::new().await?;
    let (at, _) = seller(&desk, "en").await?;
    weeks(&desk, &at).await?;
    desk.goto(&format!("{at}/events?state=sent")).await?;
    let mut seen = Vec::new();
    loop {
        let ids = desk.page.eval("[...document.querySelectorAll('tbody th a')].map(it => it.textContent)").await?;
        seen.extend(ids.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        if desk.page.eval("!document.querySelector('a[rel=next]')").await? == true {
            break;
        }
        desk.press("Older").await?;
    }
    let wanted: Vec<String> = (1..=198).map(|n| format!("p{n}")).collect();
    assert_eq!(seen, wanted);
    Ok(())
}

#[tokio::test]
async fn orders_of_the_last_days_come_from_a_file_and_events_go_as_one() -> Result<()> {
    for (lang, check, import, checked, imported, thousands, quote, event) in [
        (
            "en",
            "Check only",
            "Import",
            "Checked, nothing was recorded",
            "Imported",
            "mark of thousands: write 1500.00",
            "a quote that is not closed",
            "Its event",
        ),
        (
            "pt-BR",
            "Só conferir",
            "Importar",
            "Conferido, nada foi gravado",
            "Importado",
            "separador de milhar: escreva 1500.00",
            "tem aspas que não se fecham",
            "O evento dele",
        ),
    ] {
        let desk = Desk::new().await?;
        let (at, _) = seller(&desk, lang).await?;
        let tenant = at.rsplit('/').next().context("a tenant")?.to_owned();
        let count =
            async || desk.world().count("select count(*) from conversions where tenant_id = $1", &[&tenant]).await;
        desk.goto(&format!("{at}/import")).await?;
        desk.look(&format!("{lang}-import")).await?;
        let now = Clock::SYSTEM.now_s();
        let table = format!(
            "order_id,value,currency,event_time,customer.email\n1,97.00,BRL,{},maria@example.com\n2,97,00,BRL,{now}\n3,97.00,BRL,{},joao@example.com\n4,1.500,BRL,{now},\n\"5,97.00,BRL,{now},\n",
            now - 3 * 86_400,
            now - 9 * 86_400
        );
        // As the browser would fill it in from a file.
        let file = format!(
            "(async () => {{ const data = new DataTransfer(); data.items.add(new File([{}], 'orders.csv')); const it = document.querySelector('#file');
               it.files = data.files; it.dispatchEvent(new Event('change')); }})()",
            json!(table)
        );
        desk.page.eval(&file).await?;
        desk.page.until("document.querySelector('#rows').value.startsWith('order_id')").await?;
        desk.press(check).await?;
        let words = desk.words().await?;
        ensure!([checked, thousands, quote].iter().all(|it| words.contains(it)), "{words}");
        assert_eq!(count().await?, 0);
        desk.look(&format!("{lang}-import-checked")).await?;
        desk.press(import).await?;
        let words = desk.words().await?;
        ensure!(words.contains(imported), "{words}");
        assert_eq!(count().await?, 1);
        desk.look(&format!("{lang}-import-done")).await?;
        // Corrected, it is the same sale.
        desk.page.fill("#rows", &table.replace("1,97.00", "1,98.00")).await?;
        desk.press(import).await?;
        let words = desk.words().await?;
        ensure!(words.contains(event), "{words}");
        assert_eq!(count().await?, 1);
        desk.page.fill("#rows", "nothing of the kind").await?;
        desk.press(check).await?;
        ensure!(desk.page.eval("!!document.querySelector('.notice.error')").await? == true);

        let csv = format!("fetch('{at}/events.csv?since=2020-01-01').then(it => it.text())");
        let csv = desk.page.text(&csv).await?;
        ensure!(csv.starts_with("order_id,event_id,") && csv.lines().count() == 2, "{csv}");
        desk.goto(&format!("{at}/changes")).await?;
        ensure!(!desk.words().await?.contains("orders.imported"), "in words: {}", desk.words().await?);
    }
    Ok(())
}
