//! The headers in which Meta tells how much of a limit is used (Graph API, Rate limits).

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

/// Usage that an answer's headers tell; a header whose numbers are all absent is left out.
///
/// As JSON, every key optional: `{"app_percent", "business_percent", "business_minutes", "account_percent",
/// "account_seconds", "retry_after_seconds"}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// `X-App-Usage`: its call count, time and CPU time, in percent. Meta throttles at 100.
    pub app_percent: Option<u32>,
    /// `X-Business-Use-Case-Usage`: the same three, in percent.
    pub business_percent: Option<u32>,
    /// `X-Business-Use-Case-Usage`: `estimated_time_to_regain_access`, in minutes.
    pub business_minutes: Option<u32>,
    /// `X-Ad-Account-Usage`: `acc_id_util_pct`.
    pub account_percent: Option<u32>,
    /// `X-Ad-Account-Usage`: `reset_time_duration`, in seconds.
    pub account_seconds: Option<u32>,
    /// `Retry-After`, in seconds.
    pub retry_after_seconds: Option<u32>,
}

impl Usage {
    /// The headers of an answer to a request to `pixel`, which stands for the business too.
    pub(in super::super) fn headers(&self, pixel: &str) -> HeaderMap {
        let named = [
            ("x-app-usage", self.app()),
            ("x-business-use-case-usage", self.business(pixel)),
            ("x-ad-account-usage", self.account()),
            ("retry-after", self.retry_after_seconds.map(Value::from)),
        ];
        let value = |json: Value| HeaderValue::from_str(&json.to_string()).ok();
        named.into_iter().filter_map(|(name, json)| Some((HeaderName::from_static(name), value(json?)?))).collect()
    }

    fn app(&self) -> Option<Value> {
        let percent = self.app_percent?;
        Some(json!({ "call_count": percent, "total_time": percent, "total_cputime": percent }))
    }

    fn business(&self, pixel: &str) -> Option<Value> {
        let percent = self.business_percent.or(self.business_minutes.map(|_| 100))?;
        Some(json!({ pixel: [{
            "type": "ads_management",
            "call_count": percent,
            "total_cputime": percent,
            "total_time": percent,
            "estimated_time_to_regain_access": self.business_minutes.unwrap_or_default(),
            "ads_api_access_tier": "standard_access",
        }] }))
    }

    fn account(&self) -> Option<Value> {
        let percent = self.account_percent.or(self.account_seconds.map(|_| 100))?;
        Some(json!({ "acc_id_util_pct": percent, "reset_time_duration": self.account_seconds.unwrap_or_default() }))
    }
}
