//! What orders say, and which click they found.

use super::super::Stages;
use super::{Code, Facts, Findings, is_share, percent};

/// After so many seconds ad performance falls (Meta, end-to-end implementation: within an hour; after two hours it falls noticeably).
pub const LATE_S: i64 = 2 * 3600;
/// A quarter of all: single late ones are a platform's retries.
const LATE_PERCENT: i64 = 25;
/// Fewer are retries of one bad hour.
const LATE_LEAST: i64 = 5;
/// Of so many sales on the share of those with a click can be told. A shop with five sales a week has them in a month.
const ENOUGH_SALES: i64 = 20;
/// The snippet sees every visitor, not only those of ads, so most buyers have a click. Below this, the click id does not reach the
/// checkout.
const LOW_PERCENT: i64 = 30;
/// A fall counts where less than half is left, and chance does not explain it.
const STANDARD_ERRORS: f64 = 3.0;
/// An order in another currency now and then is a foreign buyer's; a fifth of all is a product or a setting.
const OTHER_CURRENCY_PERCENT: i64 = 20;
/// With fewer a fifth says nothing.
const OTHER_CURRENCY_LEAST: i64 = 3;
/// Half of all: a phone that changes between networks does so too, but not half of them.
const ADDRESSES_PERCENT: i64 = 50;
/// Of so many pairs on a half can be told.
const ADDRESSES_ENOUGH: i64 = 10;
/// So many on each of seven days are not none on the eighth by chance: with five at least, the mean is eight or more, and chance leaves
/// out a day once in ten years.
const A_DAY: i64 = 5;

pub(super) fn judge(facts: &Facts, findings: &mut Findings) {
    if facts.status == "active" {
        stopped(facts, findings);
    }
    matched(facts, findings);
    currencies(facts, findings);
    let it = &facts.events;
    if it.late >= LATE_LEAST && is_share(it.late, it.events, LATE_PERCENT) {
        findings.add(Code::OrdersComeLate, &[("share", percent(it.late, it.events))]);
    }
    if it.two_addresses >= ADDRESSES_ENOUGH && is_share(it.two_families, it.two_addresses, ADDRESSES_PERCENT) {
        findings.add(Code::AddressesDiffer, &[("share", percent(it.two_families, it.two_addresses))]);
    }
}

fn stopped(facts: &Facts, findings: &mut Findings) {
    let [today, before @ ..] = facts.days.as_slice() else { return };
    let least = before.iter().map(|day| day.deliveries).min().unwrap_or_default();
    if today.deliveries == 0 && least >= A_DAY {
        findings.add(Code::OrdersStopped, &[("least", least.to_string())]);
    }
}

fn matched(facts: &Facts, findings: &mut Findings) {
    let (week, before) = (facts.events.stages, facts.before);
    if fell(week, before) {
        let mut detail = stages(week);
        detail.push(("before", percent(before.matched(), before.sales())));
        findings.add(Code::MatchRateFell, &detail);
        return;
    }
    // The week alone where it says enough, since what was repaired last month is no issue now.
    let seen = if week.sales() >= ENOUGH_SALES { week } else { week.with(before) };
    if seen.sales() >= ENOUGH_SALES && !is_share(seen.matched(), seen.sales(), LOW_PERCENT) {
        findings.add(Code::MatchRateLow, &stages(seen));
    }
}

/// Whether less than half of the share before is left, and by more than chance does.
fn fell(week: Stages, before: Stages) -> bool {
    if week.sales() < ENOUGH_SALES || before.sales() < ENOUGH_SALES {
        return false;
    }
    #[expect(clippy::cast_precision_loss, reason = "some thousands at the most")]
    let [now, then, sales_now, sales_then] =
        [week.matched(), before.matched(), week.sales(), before.sales()].map(|it| it as f64);
    let (share_now, share_then) = (now / sales_now, then / sales_then);
    let pooled = (now + then) / (sales_now + sales_then);
    let error = (pooled * (1.0 - pooled) * (1.0 / sales_now + 1.0 / sales_then)).sqrt();
    share_now * 2.0 < share_then && share_then - share_now > STANDARD_ERRORS * error
}

fn stages(it: Stages) -> Vec<(&'static str, String)> {
    let share = |part| percent(part, it.sales());
    vec![
        ("sales", it.sales().to_string()),
        ("matched", share(it.matched())),
        ("click", share(it.click)),
        ("identity", share(it.identity)),
        ("network", share(it.network)),
    ]
}

fn currencies(facts: &Facts, findings: &mut Findings) {
    let Some(own) = &facts.currency else { return };
    for (currency, events) in facts.events.currencies.iter().filter(|(currency, _)| *currency != own) {
        if *events >= OTHER_CURRENCY_LEAST && is_share(*events, facts.events.events, OTHER_CURRENCY_PERCENT) {
            let detail = [
                ("currency", currency.clone()),
                ("own", own.clone()),
                ("share", percent(*events, facts.events.events)),
            ];
            findings.about(Code::OtherCurrency, currency, &detail);
        }
    }
}
