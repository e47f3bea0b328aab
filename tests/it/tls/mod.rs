//! TLS to Postgres: whom `sslmode` lets the functions talk to, and what an operator reads when it does not.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use serde_json::json;
use shared::config::{self, DbSource};
use shared::db::migrate::{self, runner};
use shared::db::{self, Db};
use shared::telemetry;
use tests::authority::{Authority, Certificate};
use tests::postgres::{Cluster, Durability, Settings, TestDb};
use tests::scratch::Scratch;
use tests::world::{World, migrated_db};
use url::Url;

/// The host that the certificates are for. It is reached as 127.0.0.1 too, which is another name.
const HOST: &str = "localhost";

async fn cluster(shown: Certificate) -> Result<Cluster> {
    Cluster::start_with(Settings { certificate: Some(shown), ..Settings::new(Durability::Off) }).await
}

fn url(db: &TestDb, host: &str, mode: &str) -> Result<String> {
    let mut url = Url::parse(db.url())?;
    url.set_host(Some(host))?;
    url.query_pairs_mut().append_pair("sslmode", mode);
    Ok(url.into())
}

fn ca_file(directory: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = directory.join(name);
    fs::write(&path, text)?;
    Ok(path)
}

fn database(url: &str, ca: Option<&Path>) -> Db {
    let ca_file = ca.map(|path| path.display().to_string());
    Db::new(config::Db { source: DbSource::Url(url.to_owned()), place: config::Place::default(), ca_file }, None, 1)
}

/// Whether a connection is encrypted, as the server sees it; else why there is none, as the log says it.
async fn encrypted(url: &str, ca: Option<&Path>) -> Result<bool, String> {
    let sql = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
    let db = database(url, ca);
    let asked = db.run(|client| async move { Ok::<bool, db::Error>(client.query_one(sql, &[]).await?.try_get(0)?) });
    asked.await.map_err(|error| telemetry::chain(&error))
}

/// What the log says of a server that is refused; never the password.
async fn refusal(url: &str, ca: Option<&Path>) -> Result<String> {
    let Err(text) = encrypted(url, ca).await else { return Err(anyhow!("it was connected")) };
    let parsed = Url::parse(url)?;
    let password = parsed.password().context("a password")?;
    assert!(!text.contains(password), "{text}");
    Ok(text)
}

#[tokio::test]
async fn verify_full_takes_the_host_s_certificate_by_an_authority_of_one_s_own() -> Result<()> {
    let (ours, other) = (Authority::new("Ours")?, Authority::new("Another")?);
    let cluster = cluster(ours.certificate(HOST)?).await?;
    let db = cluster.create_db("template1").await?;
    let scratch = Scratch::new("trk-ca", None)?;
    let ca = ca_file(scratch.path(), "ours.pem", &ours.pem())?;
    let good = url(&db, HOST, "verify-full")?;

    // The migrations and a function, all the way.
    migrate::run(&good, ca.to_str(), &runner()).await?;
    let mut world = World::on(&cluster).await?;
    world.click = click::State::new(database(&url(&world.db, HOST, "verify-full")?, Some(&ca)), 0);
    world.post_click(&json!({"fbclid": "IwAR0-verified"})).await?.expect(200)?;
    assert_eq!(encrypted(&good, Some(&ca)).await, Ok(true));

    // A bundle is searched through.
    let both = ca_file(scratch.path(), "both.pem", &format!("{}{}", other.pem(), ours.pem()))?;
    assert_eq!(encrypted(&good, Some(&both)).await, Ok(true));

    let another = ca_file(scratch.path(), "another.pem", &other.pem())?;
    let by_another = refusal(&good, Some(&another)).await?;
    assert!(by_another.contains("signed by an authority that is not trusted"), "{by_another}");
    // RDS's and the public ones, which did not sign it.
    let by_default = refusal(&good, None).await?;
    assert!(by_default.contains("signed by an authority that is not trusted"), "{by_default}");
    let by_address = refusal(&url(&db, "127.0.0.1", "verify-full")?, Some(&ca)).await?;
    assert!(by_address.contains("certificate is for another host name"), "{by_address}");
    // No weaker than it says, and no stronger.
    let verify_ca = refusal(&url(&db, "127.0.0.1", "verify-ca")?, Some(&ca)).await?;
    assert!(verify_ca.contains("certificate is for another host name"), "{verify_ca}");
    for (mode, expected) in [("require", true), ("prefer", true), ("disable", false)] {
        assert_eq!(encrypted(&url(&db, "127.0.0.1", mode)?, Some(&another)).await, Ok(expected), "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn a_certificate_whose_time_is_over_is_refused_where_certificates_are_checked() -> Result<()> {
    let ours = Authority::new("Ours")?;
    let cluster = cluster(ours.expired(HOST)?).await?;
    let mut world = World::on(&cluster).await?;
    let scratch = Scratch::new("trk-ca", None)?;
    let ca = ca_file(scratch.path(), "ours.pem", &ours.pem())?;
    let verified = url(&world.db, HOST, "verify-full")?;
    let text = refusal(&verified, Some(&ca)).await?;
    assert!(text.contains("certificate has expired"), "{text}");
    world.click = click::State::new(database(&verified, Some(&ca)), 0);
    world.post_click(&json!({"fbclid": "IwAR0-expired"})).await?.expect_problem(503)?;
    assert_eq!(encrypted(&url(&world.db, HOST, "require")?, None).await, Ok(true));
    Ok(())
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_the_url_asks_for_it() -> Result<()> {
    let db = migrated_db().await?;
    for mode in ["verify-full", "verify-ca", "require"] {
        let text = refusal(&url(&db, HOST, mode)?, None).await?;
        assert!(text.contains("the server offers no TLS"), "{mode}: {text}");
    }
    for mode in ["prefer", "disable"] {
        assert_eq!(encrypted(&url(&db, HOST, mode)?, None).await, Ok(false), "{mode}");
    }
    Ok(())
}

#[tokio::test]
async fn a_ca_file_that_is_missing_or_holds_no_certificate_is_named() -> Result<()> {
    let db = migrated_db().await?;
    let scratch = Scratch::new("trk-ca", None)?;
    let empty = ca_file(scratch.path(), "empty.pem", "no certificate")?;
    let missing = scratch.path().join("missing.pem");
    for (path, why) in [(&empty, "holds no certificate"), (&missing, "No such file")] {
        let text = refusal(&url(&db, HOST, "verify-full")?, Some(path)).await?;
        assert!(text.contains("DB_CA_FILE") && text.contains(why), "{text}");
    }
    Ok(())
}
