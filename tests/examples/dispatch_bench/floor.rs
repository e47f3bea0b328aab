//! The floor: the dispatcher's own statements, one after the other, by `psql`.

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use shared::db::dispatch::{LEASE_S, claim_sql, record_sql};
use tests::scratch::Scratch;

use crate::bed::{BATCH, Bed, prefix};

/// Claims and records so many batches, filled in under `name`. Gives how long that took.
pub(crate) fn run(bed: &Bed, name: &str, batches: i32) -> Result<Duration> {
    let scratch = Scratch::new("trk-floor", None)?;
    let file = scratch.path().join("floor.sql");
    std::fs::write(&file, script(&bed.tenant.id, name, batches))?;
    let url = url::Url::parse(bed.db.url())?;
    let start = Instant::now();
    let output = Command::new(bed.cluster.binaries().program("psql"))
        .args(["--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1", "--output=/dev/null"])
        .args(["--host=127.0.0.1", "--username=postgres", "--port", &bed.cluster.port().to_string()])
        .arg("--file")
        .arg(&file)
        .arg(bed.db.name())
        .env("PGPASSWORD", url.password().context("the server's password")?)
        .output()
        .context("start psql")?;
    let took = start.elapsed();
    if !output.status.success() {
        bail!("psql failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(took)
}

fn script(tenant_id: &str, name: &str, batches: i32) -> String {
    let mut text = format!(
        "set plan_cache_mode = force_generic_plan;\nprepare claim as {};\nprepare record as {};\n",
        claim_sql(),
        record_sql()
    );
    for batch in 0..batches {
        let prefix = prefix(name, batch);
        let all = |of: &dyn Fn(i32) -> String| (1..=BATCH).map(of).collect::<Vec<_>>().join(",");
        let same = |value: &str| all(&|_| value.to_owned());
        // Writing to a String cannot fail.
        let _ = writeln!(text, "execute claim('{tenant_id}', {BATCH}, {LEASE_S});");
        let _ = writeln!(
            text,
            "execute record('{tenant_id}', array[{}], array[{}], array[{}], array[{}]::bigint[], array[{}]::text[], array[{}], array[{}],
             array['{prefix}r'], array['{prefix}r'], array['1'], array[5], array[5], array[{BATCH}], array[500000], array['{}'],
             array['accepted'], array[200], array[null]::int[], array[null]::int[], array[null]::text[], array['trace'],
             array[{BATCH}], 'taken', false, null, null, null, null);",
            all(&|number| format!("'{prefix}{number}'")),
            same("1"),
            same("'sent'"),
            same("null"),
            same("null"),
            same("'accepted'"),
            same(&format!("'{prefix}r'")),
            "0".repeat(64),
        );
    }
    text
}
