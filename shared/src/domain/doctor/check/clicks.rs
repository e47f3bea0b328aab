//! What the pages bring.

use super::super::super::fb::is_subdomain_index;
use super::{Code, Facts, Findings, is_share, percent};

/// Of so many clicks on a share can be told: one click more or less is a twentieth.
const ENOUGH: i64 = 20;
/// Meta puts a click id on every link that leads out of it. Some visitors' browsers take it off again, and a link that is typed or sent on
/// never had one; half of all lose it only where a redirect or a shortener drops it.
const WITHOUT_FBC_PERCENT: i64 = 50;
/// The gateway knows every visitor's address, so one that is missing is a proxy's doing. A program that hands clicks on may leave out
/// some.
const WITHOUT_ADDRESS_PERCENT: i64 = 20;
/// One address for so many of all clicks, over many browsers, is a proxy's. A mobile carrier puts thousands behind one address, but has
/// hundreds of them.
const ONE_ADDRESS_PERCENT: i64 = 80;
/// A foreign cookie now and then is nobody's fault; a tenth is a script that writes them.
const WRONG_INDEX_PERCENT: i64 = 10;
/// The least that makes a tenth worth a word.
const WRONG_INDEX_LEAST: i64 = 5;
/// So many on each of seven days are not none on the eighth by chance.
const A_DAY: i64 = 20;

pub(super) fn judge(facts: &Facts, findings: &mut Findings) {
    if facts.status == "active" {
        stopped(facts, findings);
    }
    let it = &facts.clicks;
    if it.of_meta >= ENOUGH && is_share(it.of_meta_without_fbc, it.of_meta, WITHOUT_FBC_PERCENT) {
        let detail = [("clicks", it.of_meta.to_string()), ("share", percent(it.of_meta_without_fbc, it.of_meta))];
        findings.add(Code::AdClicksWithoutFbc, &detail);
    }
    let without_ip = it.clicks - it.with_ip;
    if it.clicks >= ENOUGH && is_share(without_ip, it.clicks, WITHOUT_ADDRESS_PERCENT) {
        findings.add(Code::ClicksWithoutAddress, &[("share", percent(without_ip, it.clicks))]);
    }
    if it.browsers >= ENOUGH && it.with_ip >= ENOUGH && is_share(it.of_one_address, it.with_ip, ONE_ADDRESS_PERCENT) {
        let detail = [("share", percent(it.of_one_address, it.with_ip)), ("browsers", it.browsers.to_string())];
        findings.add(Code::ClicksOfOneAddress, &detail);
    }
    wrong_index(facts, findings);
}

fn stopped(facts: &Facts, findings: &mut Findings) {
    let [today, before @ ..] = facts.days.as_slice() else { return };
    let least = before.iter().map(|day| day.clicks).min().unwrap_or_default();
    if today.clicks == 0 && least >= A_DAY {
        findings.add(Code::ClicksStopped, &[("least", least.to_string())]);
    }
}

fn wrong_index(facts: &Facts, findings: &mut Findings) {
    let it = &facts.clicks;
    let wrong: Vec<_> = it.fbc_indices.iter().filter(|it| !is_subdomain_index(&it.host, &it.index)).collect();
    let clicks: i64 = wrong.iter().map(|it| it.clicks).sum();
    let Some(most) = wrong.first() else { return };
    if clicks >= WRONG_INDEX_LEAST && is_share(clicks, it.with_fbc, WRONG_INDEX_PERCENT) {
        let detail = [
            ("share", percent(clicks, it.with_fbc)),
            ("index", format!("fb.{}", most.index)),
            ("host", most.host.clone()),
        ];
        findings.add(Code::FbcWrongIndex, &detail);
    }
}
