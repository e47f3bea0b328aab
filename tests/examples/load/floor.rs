//! The floor: `pgbench` with the function's own statement, prepared, on the same server and the same rows.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use tests::postgres::{Cluster, TestDb};
use tests::request::AGENT;
use tests::runtime_api::rows::BARE;
use tests::runtime_api::usage;
use tests::scratch::Scratch;
use tests::seed::Seeded;

/// A value of a parameter.
enum Value {
    /// The same in each transaction.
    Fixed(String),
    /// A number that is drawn anew in each.
    Drawn(&'static str),
    /// Null: pgbench has no variable that is, so the word stands in the text.
    Null,
}

use Value::{Drawn, Fixed, Null};

/// A pgbench script with its fixed variables.
pub(crate) struct Script {
    text: String,
    fixed: Vec<String>,
}

/// As long as the identifiers of the functions' own traffic.
const DIGITS: &str = "random(1000000000000000000, 8999999999999999999)";

impl Script {
    /// Of the statement that records a click; the parameters of `shared::db::clicks::record`.
    pub(crate) fn clicks(tenant: &Seeded) -> Self {
        let fixed = |text: &str| Fixed(text.to_owned());
        let url = "https://shop.example.com/course?utm_source=meta&utm_medium=paid&utm_campaign=spring\
                   &utm_content=video&utm_term=course&fbclid=1000000000000000000";
        let values = [
            fixed(&tenant.funnel_id),
            Drawn(DIGITS),
            Drawn(DIGITS),
            Drawn(DIGITS),
            Drawn(DIGITS),
            Drawn(DIGITS),
            fixed("meta"),
            fixed("paid"),
            fixed("spring"),
            fixed("video"),
            fixed("course"),
            Drawn("random(1000000000000, 8999999999999)"),
            fixed(AGENT),
            fixed(url),
            fixed("https://l.example.com/"),
            Null,
            Null,
            fixed("shop.example.com"),
            Null,
            Null,
            // The counter is for each 36th click.
            fixed("0"),
        ];
        Self::new("", shared::db::clicks::RECORD, &values)
    }

    /// Of the statement that records an order by one of `buyers`; the parameters of `shared::db::orders::record`.
    pub(crate) fn orders(tenant: &Seeded, buyers: u32, now_us: i64) -> Self {
        let fixed = |text: &str| Fixed(text.to_owned());
        let hash = "0".repeat(64);
        let user_data = serde_json::json!({
            "em": [hash], "ph": [hash], "fn": [hash], "ln": [hash], "ct": [hash], "st": [hash], "zp": [hash],
            "country": [hash], "client_ip_address": "2001:db8::1", "client_user_agent": AGENT,
            "fbc": "fb.1.1700000000000.20000000", "fbp": "fb.1.1700000000000.20000000",
        });
        let custom_data = serde_json::json!({
            "value": 97.0, "currency": "BRL", "order_id": "1000000000000000000",
            "contents": [{"id": "course", "quantity": 1, "item_price": 97.0}],
        });
        let values = [
            fixed(&tenant.id),
            Fixed(format!("{}-key", tenant.id)),
            Drawn(DIGITS),
            fixed("api"),
            Drawn(DIGITS),
            Drawn(DIGITS),
            fixed("Purchase"),
            fixed("97.00"),
            fixed("BRL"),
            Fixed(now_us.to_string()),
            fixed("paid"),
            Null,
            Fixed(user_data.to_string()),
            Fixed(custom_data.to_string()),
            Drawn(":buyer"),
            Drawn(":buyer"),
            Drawn(":buyer"),
            Drawn(":buyer"),
            Drawn(":buyer"),
            Drawn(":buyer"),
            Null,
            Drawn(":buyer"),
            fixed(AGENT),
            fixed("https://shop.example.com/thanks"),
            fixed("website"),
            fixed(r#"{"utm_source":"meta"}"#),
            Null,
        ];
        let buyer = format!("\\set buyer {BARE} + random(0, {})\n", buyers - 1);
        Self::new(&buyer, shared::db::orders::sql(), &values)
    }

    /// pgbench makes a parameter of each mention of a variable, so each gets the type that the first one has.
    fn new(start: &str, sql: &str, values: &[Value]) -> Self {
        let (mut text, mut fixed) = (start.to_owned(), Vec::new());
        let mut statement = sql.to_owned();
        // From the last, so that $1 is not found in $15.
        for (index, value) in values.iter().enumerate().rev() {
            let (parameter, name) = (format!("${}", index + 1), format!("p{}", index + 1));
            let cast = cast_of(sql, &parameter);
            let written = match value {
                Null => "null".to_owned(),
                Fixed(value) => {
                    fixed.push(format!("--define={name}={value}"));
                    format!(":{name}")
                }
                Drawn(expression) => {
                    text.extend(["\\set ", &name, " ", expression, "\n"]);
                    format!(":{name}")
                }
            };
            statement = statement
                .replace(&format!("{parameter}::{cast}"), &parameter)
                .replace(&parameter, &format!("{written}::{cast}"));
        }
        text.push_str(statement.trim());
        text.push_str(";\n");
        Self { text, fixed }
    }
}

/// The type in the parameter's first cast.
fn cast_of<'a>(sql: &'a str, parameter: &str) -> &'a str {
    let after = sql.split_once(&format!("{parameter}::")).map_or("text", |(_, after)| after);
    let end = after.find(|it: char| !it.is_ascii_alphanumeric()).unwrap_or(after.len());
    &after[..end]
}

/// How fast the server took a statement.
#[derive(Clone, Copy)]
pub(crate) struct Speed {
    /// Statements a second.
    pub(crate) rate: f64,
    /// The server's CPU time for one, in seconds.
    pub(crate) server: f64,
}

fn number_after(text: &str, start: &str) -> Result<f64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(start));
    let rest = rest.with_context(|| format!("pgbench has not said {start:?}"))?;
    let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
    Ok(rest[..end].parse()?)
}

/// pgbench against one database.
pub(crate) struct Floor {
    program: PathBuf,
    database: String,
    port: u16,
    password: String,
    scratch: Scratch,
}

impl Floor {
    /// Finds pgbench beside the server's programs, else in PATH.
    pub(crate) fn new(cluster: &Cluster, db: &TestDb) -> Result<Self> {
        let beside = cluster.binaries().program("pgbench");
        let program = if beside.is_file() { beside } else { PathBuf::from("pgbench") };
        let found = Command::new(&program).arg("--version").output();
        ensure!(
            found.is_ok_and(|output| output.status.success()),
            "pgbench is neither beside Postgres's programs nor in PATH, and it is the floor that the functions are \
             compared with. Install it: Debian, Ubuntu: apt-get install postgresql; Fedora: dnf install \
             postgresql-contrib; macOS: brew install postgresql"
        );
        let url = url::Url::parse(db.url())?;
        Ok(Self {
            program,
            database: db.name().to_owned(),
            port: cluster.port(),
            password: url.password().context("the server's password")?.to_owned(),
            scratch: Scratch::new("trk-load", None)?,
        })
    }

    /// Runs it with this many clients for as long. `postgres` is the server's process.
    pub(crate) fn run(&self, script: &Script, clients: usize, seconds: u64, postgres: u32) -> Result<Speed> {
        let before = usage::cpu_with_children(postgres)?;
        let file = self.scratch.path().join("script.sql");
        std::fs::write(&file, &script.text)?;
        let output = Command::new(&self.program)
            .args([
                "--no-vacuum",
                "--protocol=prepared",
                "--random-seed=rand",
                "--host=127.0.0.1",
                "--username=postgres",
            ])
            .args(["--jobs=2", "--port", &self.port.to_string(), "--client", &clients.to_string()])
            .args(["--time", &seconds.to_string()])
            .arg("--file")
            .arg(&file)
            .args(&script.fixed)
            .arg(&self.database)
            .env("PGPASSWORD", &self.password)
            .output()
            .context("start pgbench")?;
        let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() || !out.contains("number of failed transactions: 0 ") {
            bail!("pgbench failed ({})\n{out}\n{errors}", output.status);
        }
        let used = usage::cpu_with_children(postgres)?.saturating_sub(before);
        let count = number_after(&out, "number of transactions actually processed: ")?;
        Ok(Speed { rate: number_after(&out, "tps = ")?, server: used.as_secs_f64() / count.max(1.0) })
    }
}
