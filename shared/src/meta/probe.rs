//! Whether a token may use a pixel, found out without sending anything.
//!
//! `GET /{pixel}?fields=id` reads the pixel (Meta, Marketing API reference, Ads Pixel: errors 100, 190, 200, 80004). A token that
//! was made for the Conversions API alone may send and not read: `(#100) Missing permissions` was reported for such reads
//! (facebook-java-business-sdk issue 357). So a refusal to read proves nothing about sending, while a token that is not valid, or a pixel
//! that is not there, does. `debug_token` would need an app's own token.

use reqwest::header::{AUTHORIZATION, DATE, HeaderMap, HeaderValue};
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::{Answer, Client, appsecret_proof, bounded};
use crate::clock::Clock;
use crate::domain::delivery::{Meaning, Said};
use crate::domain::setup::MetaVerdict;
use crate::secrets::MetaCredentials;

/// What Meta said of a pixel and a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// What it means.
    pub verdict: MetaVerdict,
    /// Meta's own words.
    pub said: Said,
    /// What Meta's clock and ours said when it answered, if it answered with a date.
    pub dated: Option<Dated>,
}

/// Two clocks at the same moment; Unix seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The answer's `Date` (RFC 9110, 6.6.1).
    pub meta_s: i64,
    /// This function's.
    pub function_s: i64,
}

fn dated(headers: &HeaderMap) -> Option<Dated> {
    let meta_s = unix_s(headers.get(DATE)?.to_str().ok()?)?;
    Some(Dated { meta_s, function_s: Clock::SYSTEM.now_s() })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`: the one form of a date that a sender may write, which is RFC 2822's too.
fn unix_s(date: &str) -> Option<i64> {
    Some(OffsetDateTime::parse(date, &Rfc2822).ok()?.unix_timestamp())
}

impl Client {
    /// Asks Meta for the pixel. The token goes in a header, never in the URL.
    pub async fn probe(&self, pixel_id: &str, credentials: &MetaCredentials) -> Probe {
        let unsaid = |verdict| Probe { verdict, said: Said::default(), dated: None };
        let Ok(mut authorization) = HeaderValue::from_str(&format!("Bearer {}", credentials.access_token)) else {
            return unsaid(MetaVerdict::TokenRefused);
        };
        authorization.set_sensitive(true);
        let mut url = format!("{}/{}/{pixel_id}?fields=id", self.config.graph_url, self.config.version);
        if let Some(secret) = credentials.app_secret.as_deref() {
            url.push_str("&appsecret_proof=");
            url.push_str(&appsecret_proof(secret, &credentials.access_token));
        }
        let Ok(response) = self.http.get(url).header(AUTHORIZATION, authorization).send().await else {
            return unsaid(MetaVerdict::Unknown);
        };
        let (status, dated) = (response.status().as_u16(), dated(response.headers()));
        match bounded(response).await {
            Some(body) => Probe { dated, ..read(status, &body, pixel_id) },
            None => Probe { dated, ..unsaid(MetaVerdict::Unknown) },
        }
    }
}

#[derive(Deserialize)]
struct Node {
    id: String,
}

fn read(status: u16, body: &[u8], pixel_id: &str) -> Probe {
    let answer = Answer::of(status, body, 0);
    let is_node = serde_json::from_slice::<Node>(body).is_ok_and(|node| node.id == pixel_id);
    let verdict = match (answer.meaning, answer.said.code, answer.said.subcode) {
        _ if (200..300).contains(&status) && answer.said.code.is_none() && is_node => MetaVerdict::Ready,
        (Meaning::Credentials, Some(100), Some(33)) => MetaVerdict::PixelNotShared,
        // Another 100 of this meaning is about the app's proof.
        (Meaning::Credentials, Some(190 | 102 | 104 | 100) | None, _) => MetaVerdict::TokenRefused,
        (Meaning::Credentials | Meaning::Data(_), Some(_), _) => MetaVerdict::NotReadable,
        _ => MetaVerdict::Unknown,
    };
    Probe { verdict, said: answer.said, dated: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_s_date_is_read_in_the_form_of_http() {
        assert_eq!(unix_s("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        for date in ["", "yesterday", "1994-11-06T08:49:37Z", "784111777"] {
            assert_eq!(unix_s(date), None, "{date:?}");
        }
    }

    #[test]
    fn an_answer_says_what_the_token_may_do() {
        let of = |status, body: &str| read(status, body.as_bytes(), "1").verdict;
        let error = |status, fields: &str| of(status, &format!(r#"{{"error":{{"message":"x",{fields}}}}}"#));
        assert_eq!(of(200, r#"{"id":"1"}"#), MetaVerdict::Ready);
        assert_eq!(of(200, r#"{"id":"2"}"#), MetaVerdict::Unknown);
        assert_eq!(of(200, "<html>"), MetaVerdict::Unknown);
        assert_eq!(error(200, r#""code":190"#), MetaVerdict::TokenRefused);
        assert_eq!(error(401, r#""code":190,"error_subcode":463"#), MetaVerdict::TokenRefused);
        assert_eq!(error(400, r#""code":100,"type":"GraphMethodException""#), MetaVerdict::TokenRefused);
        assert_eq!(
            error(400, r#""code":100,"error_subcode":33,"type":"GraphMethodException""#),
            MetaVerdict::PixelNotShared
        );
        assert_eq!(error(400, r#""code":100,"type":"OAuthException""#), MetaVerdict::NotReadable);
        for code in [3, 10, 200, 294] {
            assert_eq!(error(403, &format!(r#""code":{code}"#)), MetaVerdict::NotReadable, "{code}");
        }
        for (status, fields) in [
            (400, r#""code":80004"#),
            (403, r#""code":4"#),
            (500, r#""code":1"#),
            (400, r#""code":190,"is_transient":true"#),
        ] {
            assert_eq!(error(status, fields), MetaVerdict::Unknown, "{fields}");
        }
        assert_eq!(of(502, "<html>"), MetaVerdict::Unknown);
    }
}
