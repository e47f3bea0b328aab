//! The migrations: from nothing, twice, two at once, and with an edited past.

use anyhow::{Context, Result};
use refinery::{Migration, Runner};
use shared::db::migrate::{self, runner};
use tests::world::{empty_db, migrated_db};

#[tokio::test]
async fn applying_twice_is_a_no_op() -> Result<()> {
    let db = empty_db().await?;
    let first = migrate::run(db.url(), None, &runner()).await?;
    assert_eq!(first.first().map(String::as_str), Some("V1__init"));
    assert_eq!(first.len(), runner().get_migrations().len());
    assert_eq!(migrate::run(db.url(), None, &runner()).await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn two_at_once_apply_each_migration_once() -> Result<()> {
    let db = empty_db().await?;
    let runners = std::array::from_fn::<Runner, 4, _>(|_| runner());
    let [a, b, c, d] = &runners;
    let (a, b, c, d) = tokio::join!(
        migrate::run(db.url(), None, a),
        migrate::run(db.url(), None, b),
        migrate::run(db.url(), None, c),
        migrate::run(db.url(), None, d),
    );
    let applied: usize = [a?, b?, c?, d?].iter().map(Vec::len).sum();
    assert_eq!(applied, runner().get_migrations().len());
    Ok(())
}

#[tokio::test]
async fn a_migration_edited_after_it_ran_is_refused_and_changes_nothing() -> Result<()> {
    let db = empty_db().await?;
    migrate::run(db.url(), None, &runner()).await?;
    let mut edited: Vec<Migration> = Vec::new();
    for migration in runner().get_migrations() {
        let name = format!("V{}__{}", migration.version(), migration.name());
        let sql = migration.sql().context("a migration's text")?;
        let sql = if migration.version() == 1 { format!("{sql}\n-- edited") } else { sql.to_owned() };
        edited.push(Migration::unapplied(&name, &sql)?);
    }
    edited.push(Migration::unapplied("V999__later", "create table later (id int)")?);
    let edited = Runner::new(&edited).set_abort_divergent(true).set_abort_missing(true);
    let error = migrate::run(db.url(), None, &edited).await.err().context("an edited past was taken")?;
    assert!(error.to_string().contains("V1__init"), "{error}");
    let client = db.connect().await?;
    let later: Option<String> = client.query_one("select to_regclass('later')::text", &[]).await?.try_get(0)?;
    assert_eq!(later, None);
    Ok(())
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_ones_before_it_and_frees_the_lock() -> Result<()> {
    let db = empty_db().await?;
    let broken = [
        Migration::unapplied("V1__good", "create table good (id int)")?,
        Migration::unapplied("V2__broken", "create table broken (id nonsense)")?,
    ];
    assert!(migrate::run(db.url(), None, &Runner::new(&broken)).await.is_err());
    let mended = [
        Migration::unapplied("V1__good", "create table good (id int)")?,
        Migration::unapplied("V2__broken", "create table broken (id int)")?,
    ];
    assert_eq!(migrate::run(db.url(), None, &Runner::new(&mended)).await?, ["V2__broken"]);
    Ok(())
}

#[tokio::test]
async fn the_schema_as_described_is_there() -> Result<()> {
    let db = migrated_db().await?;
    let client = db.connect().await?;
    let list = |sql: &'static str| {
        let client = &client;
        async move {
            let rows = client.query(sql, &[]).await?;
            rows.iter().map(|row| row.try_get::<_, String>(0)).collect::<Result<Vec<_>, _>>()
        }
    };
    let tables = list("select table_name::text from information_schema.tables where table_schema = 'public'").await?;
    for table in
        ["tenants", "funnels", "clicks", "identities", "dedupe_registry", "dispatch_attempts", "setup_sessions"]
    {
        assert!(tables.iter().any(|it| it == table), "{table}");
    }
    let enums = list(
        "select t.typname || ': ' || string_agg(e.enumlabel, ' ' order by e.enumsortorder)
         from pg_enum e join pg_type t on t.oid = e.enumtypid group by t.typname order by 1",
    )
    .await?;
    assert_eq!(
        enums,
        ["dispatch_status: pending success failed", "tenant_status: provisioning active suspended retired"]
    );
    let indexes =
        list("select tablename || substring(indexdef from '\\(.*') from pg_indexes where schemaname = 'public'")
            .await?;
    for index in [
        "clicks(tenant_id, fbclid)",
        "clicks(tenant_id, fbc)",
        "identities(tenant_id, email_hash)",
        "identities(tenant_id, phone_hash)",
        "dedupe_registry(tenant_id, event_id)",
        "dispatch_attempts(tenant_id)",
        "dispatch_attempts(tenant_id, event_id)",
        "tenants(slug)",
    ] {
        assert!(indexes.iter().any(|it| it == index), "{index} of {indexes:?}");
    }
    let unique = list(
        "select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
         where i.indisunique and i.indrelid in ('clicks'::regclass, 'dedupe_registry'::regclass)",
    )
    .await?;
    for index in ["clicks_tenant_id_fbclid_key", "clicks_tenant_id_fbc_key", "dedupe_registry_tenant_id_event_id_key"] {
        assert!(unique.iter().any(|it| it == index), "{index}");
    }
    let extensions = list("select extname::text from pg_extension").await?;
    assert!(extensions.iter().any(|it| it == "pgcrypto"));
    Ok(())
}

/// Isolation now, sharding later: the exception is the one index that routes a browser's funnel to its tenant. Of whose token a wrong one was
/// meant to be nobody knows.
#[tokio::test]
async fn every_key_and_index_on_tenants_data_leads_with_the_tenant() -> Result<()> {
    let db = migrated_db().await?;
    let client = db.connect().await?;
    let rows = client
        .query(
            "select i.indexrelid::regclass::text
             from pg_index i join pg_class c on c.oid = i.indrelid
                 join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
             where c.relnamespace = 'public'::regnamespace and a.attname <> 'tenant_id'
               and c.relname not in ('tenants', 'wrong_tokens', 'refinery_schema_history')
             order by 1",
            &[],
        )
        .await?;
    let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(
        names,
        [
            "funnels_id_key",
            "logins_expires_at_idx",
            "logins_pkey",
            "setup_sessions_created_at_idx",
            "setup_sessions_pkey"
        ]
    );
    Ok(())
}

#[tokio::test]
async fn the_function_reports_what_it_applied() -> Result<()> {
    let db = empty_db().await?;
    let config = tests::world::db_config(db.url());
    assert_eq!(migrate_fn(&config).await?.applied.len(), runner().get_migrations().len());
    assert!(migrate_fn(&config).await?.applied.is_empty());
    Ok(())
}

async fn migrate_fn(config: &shared::config::Db) -> Result<::migrate::Migrated> {
    Ok(::migrate::migrate(config, None).await?)
}
