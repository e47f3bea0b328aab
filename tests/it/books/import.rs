//! The import of the last days' orders.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use shared::clock::Clock;
use tests::world::World;

use super::{got, import};

/// Orders of an hour ago, so many, as a table.
fn table(count: usize) -> String {
    let at = Clock::SYSTEM.now_s() - 3600;
    let rows: String =
        (0..count).map(|n| format!("i{n},97.00,BRL,{at},b{n}@example.com\r\n")).collect::<Vec<_>>().concat();
    format!("order_id,value,currency,event_time,customer.email\r\n{rows}")
}

pub(super) fn outcomes(answer: &Value) -> Vec<(i64, &str)> {
    let lines = answer["lines"].as_array().into_iter().flatten();
    lines.map(|it| (it["line"].as_i64().unwrap_or_default(), it["outcome"].as_str().unwrap_or_default())).collect()
}

#[tokio::test]
async fn right_lines_are_taken_and_wrong_ones_named_with_all_that_is_wrong() -> Result<()> {
    let world = World::new().await?;
    let now = Clock::SYSTEM.now_s();
    let day = 24 * 3600;
    let file = format!(
        "order_id;value;currency;event_time;status;customer.email;click.fbc;items[0].id;items[0].price\n\
         1001;97.00;BRL;{};;maria@example.com;nonsense;course;97\n\
         1002;-1;XXQ;{};;maria@example.com;;;\n\
         1003;97.00;BRL;{};;maria@example.com;;;\n\
         1004;97.00;BRL;{};pending;maria@example.com;;;\n\
         1005;97,00;BRL;{};;maria@example.com;;;\n\
         1006;97.00;BRL;;;maria@example.com;;;\n\
         1001;97.00;BRL;{};;maria@example.com;;;\n",
        now - 6 * day,
        now - day,
        now - 8 * day,
        now - day,
        now - day,
        now - 6 * day,
    );
    let answer = import(&world, &world.tenant, "", &file).await?.expect(200)?;
    let counts = ["checked_only", "taken", "duplicate", "wrong", "not_taken"].map(|name| answer[name].clone());
    assert_eq!(counts, [json!(false), json!(2), json!(1), json!(4), json!(0)]);
    let wanted = [(2, "taken"), (3, "wrong"), (4, "wrong"), (5, "taken"), (6, "wrong"), (7, "wrong"), (8, "duplicate")];
    assert_eq!(outcomes(&answer), wanted);
    let lines = &answer["lines"];
    let codes = |index: usize| {
        let errors = lines[index]["errors"].as_array().into_iter().flatten();
        errors
            .map(|it| {
                format!("{}:{}", it["field"].as_str().unwrap_or_default(), it["code"].as_str().unwrap_or_default())
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(1), ["currency:invalid", "value:invalid"]);
    assert_eq!(codes(2), ["event_time:too_old"]);
    assert_eq!(codes(4), ["value:invalid"]);
    assert_eq!(codes(5), ["event_time:required"]);
    assert_eq!(lines[0]["warnings"][0]["field"], "click.fbc");
    assert_eq!(
        (&lines[0]["state"], &lines[3]["state"], &lines[3]["reason"]),
        (&json!("pending"), &json!("ignored"), &json!("order_not_paid"))
    );
    assert_eq!(lines[0]["event_id"], lines[6]["event_id"]);

    let audited = "select string_agg(concat_ws(' ', who, act, subject, detail), ', ') from audit";
    let wanted = format!("operator orders.imported {} {{\"orders\": 3}}", world.tenant.id);
    assert_eq!(world.text(audited, &[]).await?, Some(wanted), "what was right is told of once");
    let sources = "select string_agg(distinct source, ' ') from deliveries";
    assert_eq!(world.text(sources, &[]).await?.as_deref(), Some("import"));
    world.wake().await;
    let story = got(&world, &format!("events/{}", lines[0]["event_id"].as_str().context("an id")?)).await?;
    assert_eq!((&story["state"], &story["event_time"]), (&json!("sent"), &json!(now - 6 * day)));
    Ok(())
}

#[tokio::test]
async fn a_line_break_an_open_quote_and_a_mark_of_thousands_are_told_of_and_cost_no_other_line() -> Result<()> {
    let world = World::new().await?;
    let at = Clock::SYSTEM.now_s() - 3600;
    let file = format!(
        "order_id,value,currency,event_time,customer.first_name\n\
         1,97.00,BRL,{at},\"Maria\n2,97.00,BRL,{at},x\"\n\
         3,97.00,BRL,{at},\"Maria\n\
         4,97.00,BRL,{at},\"João\"\n\
         5,1.500,BRL,{at},Ana\n\
         6,\"1,500\",BRL,{at},Ana\n\
         7,1.500,KWD,{at},Ana\n"
    );
    let answer = import(&world, &world.tenant, "", &file).await?.expect(200)?;
    let wanted = [(2, "wrong"), (4, "wrong"), (5, "taken"), (6, "wrong"), (7, "wrong"), (8, "taken")];
    assert_eq!(outcomes(&answer), wanted);
    let lines = &answer["lines"];
    let told = |index: usize| {
        let errors = lines[index]["errors"].as_array().into_iter().flatten();
        errors.map(|it| (it["field"].as_str().unwrap_or_default(), it["code"].as_str().unwrap_or_default())).collect()
    };
    let told: Vec<Vec<_>> = [0, 1, 3, 4].map(told).to_vec();
    let thousands = vec![("value", "thousands_mark")];
    assert_eq!(told, [vec![("", "line_break")], vec![("", "unclosed_quote")], thousands.clone(), thousands]);
    assert_eq!((&lines[0]["last_line"], &lines[1]["last_line"]), (&json!(3), &Value::Null));
    assert!(lines[0]["errors"][0]["message"].as_str().is_some_and(|it| it.contains("line 3")), "{}", lines[0]);
    assert!(lines[3]["errors"][0]["message"].as_str().is_some_and(|it| it.contains("1500.00")), "{}", lines[3]);
    let values = "select string_agg(order_key || ' ' || value, ', ' order by order_key) from conversions";
    assert_eq!(world.text(values, &[]).await?.as_deref(), Some("4 97.00, 7 1.500"));
    // Elsewhere a program writes the amounts, and means what it says.
    let body =
        json!({"order_id": "8", "value": "1.500", "currency": "BRL", "customer": {"email": "maria@example.com"}});
    world.post_order(&body).await?.expect(202)?;
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_sent_again_or_twice_at_once_doubles_nothing() -> Result<()> {
    let world = World::new().await?;
    let file = table(250);
    let send = || import(&world, &world.tenant, "", &file);
    let (one, two) = tokio::try_join!(send(), send())?;
    let taken = |answer: &Value| answer["taken"].as_i64().unwrap_or_default();
    let (one, two) = (one.expect(200)?, two.expect(200)?);
    assert_eq!((taken(&one) + taken(&two), &one["not_taken"], &two["not_taken"]), (250, &json!(0), &json!(0)));
    let again = send().await?.expect(200)?;
    assert_eq!((&again["taken"], &again["duplicate"]), (&json!(0), &json!(250)));
    for table in ["conversions", "orders", "dispatch_attempts", "dedupe_registry"] {
        assert_eq!(world.count(&format!("select count(*) from {table}"), &[]).await?, 250, "{table}");
    }
    // The seller's server tells of one of them later: known.
    let first = one["lines"][0]["order_id"].as_str().context("an id")?;
    let by_server = json!({"order_id": first, "value": 97, "currency": "BRL", "customer": {"email": "b0@example.com"}});
    assert_eq!(world.post_order(&by_server).await?.expect(200)?["duplicate"], true);
    let faults = "select count(*) from ledger_faults($1)";
    assert_eq!(world.count(faults, &[&world.tenant.id]).await?, 0);
    Ok(())
}

#[tokio::test]
async fn a_check_tells_what_would_become_of_the_lines_and_changes_nothing() -> Result<()> {
    let world = World::new().await?;
    import(&world, &world.tenant, "", &table(2)).await?.expect(200)?;
    let before = world.contents().await?;
    let mut file = table(4);
    file.push_str("i3,97.00,BRL,0,x\r\n");
    let last = file.lines().nth(4).context("a line")?.to_owned();
    file.push_str(&last);
    let checked = import(&world, &world.tenant, "?check=1", &file).await?.expect(200)?;
    let wanted = [(2, "duplicate"), (3, "duplicate"), (4, "taken"), (5, "taken"), (6, "wrong"), (7, "duplicate")];
    assert_eq!((outcomes(&checked), &checked["checked_only"]), (wanted.to_vec(), &json!(true)));
    assert_eq!(world.contents().await?, before);
    let real = import(&world, &world.tenant, "?check=0", &file).await?.expect(200)?;
    assert_eq!(outcomes(&real), wanted);
    Ok(())
}

#[tokio::test]
async fn an_imported_order_finds_its_click_as_a_posted_one_does() -> Result<()> {
    let world = World::new().await?;
    world.post_click(&json!({"url": "https://loja.example.com.br/", "click_id": "click-0001"})).await?.expect(200)?;
    let at = Clock::SYSTEM.now_s();
    let file = format!(
        "order_id,value,currency,event_time,click.click_id,customer.phone\n1,97,BRL,{at},click-0001,(11) 95550-0001\n"
    );
    let answer = import(&world, &world.tenant, "", &file).await?.expect(200)?;
    let story = got(&world, &format!("events/{}", answer["lines"][0]["event_id"].as_str().context("an id")?)).await?;
    assert_eq!(story["match"]["click_id"], "click-0001");
    assert_eq!(super::search(&world, "+5511955500001").await?, ["1"], "the tenant's country reads its phones");
    Ok(())
}

#[tokio::test]
async fn what_is_no_table_of_orders_is_refused_and_changes_nothing() -> Result<()> {
    let world = World::new().await?;
    let before = world.contents().await?;
    let long = "x".repeat(1024 * 1024 + 1);
    let many = table(2001);
    for (table, query, status) in [
        ("", "", 422),
        ("order_id,value,currency\n1,1,BRL\n", "", 422),
        ("order_id,value,currency,event_time,colour\n", "", 422),
        (long.as_str(), "", 413),
        (many.as_str(), "", 422),
        ("order_id,value,currency,event_time\n", "?check=2", 400),
    ] {
        import(&world, &world.tenant, query, table).await?.expect_problem(status)?;
    }
    let path = super::path(&world, "orders/import");
    let json = super::operators(&world, lambda_http::http::Method::POST, &path, "application/json", "{}");
    tests::world::Answer::read(setup::handle(&world.setup, &json).await)?.expect_problem(415)?;
    assert_eq!(world.contents().await?, before);
    let nothing = import(&world, &world.tenant, "", "order_id,value,currency,event_time\n").await?.expect(200)?;
    assert_eq!(nothing["lines"], json!([]));
    world.execute("update tenants set status = 'retired'").await?;
    import(&world, &world.tenant, "", &table(1)).await?.expect_problem(410)?;
    Ok(())
}

#[tokio::test]
async fn when_the_database_is_away_nothing_is_said_to_be_taken() -> Result<()> {
    let mut world = World::new().await?;
    let lost = shared::db::Db::new(tests::world::db_config("postgres://nobody@127.0.0.1:1/none"), None, 1);
    let there = std::mem::replace(&mut world.setup.db, lost);
    import(&world, &world.tenant, "", &table(1)).await?.expect_problem(503)?;
    world.setup.db = there;
    assert_eq!(import(&world, &world.tenant, "", &table(1)).await?.expect(200)?["taken"], 1);
    Ok(())
}
