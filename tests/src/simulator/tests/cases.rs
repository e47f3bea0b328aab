//! What changes a valid event into one that is refused, or leaves it valid.
//!
//! A change is `/pointer = JSON` or `-/pointer`, several joined by `; `. `$H` stands for a hash.
//! The clock is at 1795435200; 7 days before is 1794830400, 62 days before 1790078400.

use serde_json::Value;

use super::{EMAIL, purchase};

type Code = (i64, Option<i64>);

const PLAIN: Code = (100, None);
const CLICK_ID: Code = (100, Some(2_804_001));
const TOO_OLD: Code = (100, Some(2_804_003));
const NO_VALUE: Code = (100, Some(2_804_009));
const NO_CURRENCY: Code = (100, Some(2_804_010));
const NOT_HASHED: Code = (100, Some(2_804_016));
const PARAMETER: Code = (100, Some(2_804_019));
const TOO_BROAD: Code = (100, Some(2_804_050));

/// (rule, change, what it is answered with)
#[rustfmt::skip]
pub(super) const REFUSED: &[(&str, &str, Code)] = &[
    ("event_keys", r#"/eventid = "x""#, PARAMETER),
    ("event_keys", r#"/test_event_code = "TEST1""#, PARAMETER),
    ("event_name", "-/event_name", PARAMETER),
    ("event_name", r#"/event_name = " ""#, PARAMETER),
    ("event_name", "/event_name = 7", PARAMETER),
    ("event_time", "-/event_time", PARAMETER),
    ("event_time", r#"/event_time = "1795435200""#, PARAMETER),
    ("event_time", "/event_time = 1795435200.5", PARAMETER),
    ("event_time_ms", "/event_time = 1795435200000", PARAMETER),
    ("event_time_future", "/event_time = 1795435261", PARAMETER),
    ("event_time_old", "/event_time = 1794830399", TOO_OLD),
    ("event_time_old_store", r#"/event_time = 1790078399; /action_source = "physical_store""#, TOO_OLD),
    ("action_source", "-/action_source", PARAMETER),
    ("action_source", r#"/action_source = "web""#, PARAMETER),
    ("website_url", "-/event_source_url", PARAMETER),
    ("website_agent", "-/user_data/client_user_agent", PARAMETER),
    ("event_source_url", r#"/event_source_url = "shop.example.com""#, PARAMETER),
    ("event_source_url", r#"/event_source_url = "ftp://example.com/""#, PARAMETER),
    ("event_id", r#"/event_id = """#, PARAMETER),
    ("event_id", "/event_id = 12", PARAMETER),
    ("opt_out", r#"/opt_out = "no""#, PARAMETER),
    ("data_processing_options", r#"/data_processing_options = ["ldu"]"#, PARAMETER),
    ("data_processing_options_country", "/data_processing_options_country = 2", PARAMETER),
    ("data_processing_options_state", "/data_processing_options_state = 1014", PARAMETER),
    ("customer_segmentation", r#"/customer_segmentation = "new""#, PARAMETER),
    ("customer_segmentation", r#"/custom_data/customer_segmentation = "new""#, PARAMETER),

    ("user_data", r#"-/user_data; /action_source = "other""#, PARAMETER),
    ("user_data", r#"/user_data = []; /action_source = "other""#, PARAMETER),
    ("user_data_keys", r#"/user_data/email = "$H""#, PARAMETER),
    ("hashed", r#"/user_data/em = "test@example.com""#, NOT_HASHED),
    ("hashed", r#"/user_data/em = """#, NOT_HASHED),
    ("hashed", r#"/user_data/em = ["$H", null]"#, NOT_HASHED),
    ("hashed", r#"/user_data/em = ["$H", "test@example.com"]"#, NOT_HASHED),
    ("hashed", "/user_data/ph = 16505551212", NOT_HASHED),
    ("hashed", r#"/user_data/ct = "$Ha""#, NOT_HASHED),
    ("hashed", r#"/user_data/fn = "$H.zz""#, NOT_HASHED),
    ("hashed_case", r#"/user_data/em = "973DFE463EC85785F5F95AF5BA3906EEDB2D931C24E69824A89EA65DBA4E813B""#, NOT_HASHED),
    ("hashed_nothing", r#"/user_data/ln = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#, PLAIN),
    ("hashed_nothing", r#"/user_data/external_id = ["u", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]"#, PLAIN),
    ("hashed_list", r#"/user_data/doby = ["$H"]"#, PARAMETER),
    ("external_id", "/user_data/external_id = 42", PARAMETER),
    ("external_id", r#"/user_data/external_id = ["u", ""]"#, PARAMETER),
    ("never_hashed", r#"/user_data/client_ip_address = "$H""#, PARAMETER),
    ("never_hashed", r#"/user_data/client_user_agent = "$H""#, PARAMETER),
    ("never_hashed", r#"/user_data/fbc = "$H""#, PARAMETER),
    ("never_list", r#"/user_data/fbp = ["fb.1.1795435000123.1"]"#, PARAMETER),
    ("never_list", r#"/user_data/client_user_agent = " ""#, PARAMETER),
    ("login_and_lead_id", r#"/user_data/lead_id = "l:1""#, PARAMETER),
    ("too_broad", r#"/user_data = {}; /action_source = "other""#, TOO_BROAD),
    ("too_broad", r#"/user_data = {"em": []}; /action_source = "other""#, TOO_BROAD),
    ("too_broad", r#"/user_data = {"client_user_agent": "a"}"#, TOO_BROAD),
    ("too_broad", r#"/user_data = {"ct": "$H", "country": "$H", "st": "$H", "zp": "$H", "ge": "$H", "client_user_agent": "a"}"#, TOO_BROAD),
    ("too_broad", r#"/user_data = {"db": "$H", "client_user_agent": "a"}"#, TOO_BROAD),
    ("too_broad", r#"/user_data = {"fn": "$H", "ge": "$H"}; /action_source = "other""#, TOO_BROAD),
    ("too_broad", r#"/user_data = {"ln": "$H", "ge": "$H"}; /action_source = "other""#, TOO_BROAD),

    ("client_ip_address", r#"/user_data/client_ip_address = "203.0.113.7, 198.51.100.1""#, PARAMETER),
    ("client_ip_address", r#"/user_data/client_ip_address = "203.0.113.7 ""#, PARAMETER),
    ("client_ip_address", r#"/user_data/client_ip_address = "203.0.113.999""#, PARAMETER),
    ("client_ip_address", "/user_data/client_ip_address = 7", PARAMETER),
    ("fbc", r#"/user_data/fbc = "IwAR2""#, CLICK_ID),
    ("fbc", r#"/user_data/fbc = "fb.1.1795435000123.""#, CLICK_ID),
    ("fbc", r#"/user_data/fbc = "fb.1.1795435000123..AQQAAQMC""#, CLICK_ID),
    ("fbc", r#"/user_data/fbc = "FB.1.1795435000123.IwAR2""#, CLICK_ID),
    ("fbc", r#"/user_data/fbc = "fb.x.1795435000123.IwAR2""#, CLICK_ID),
    ("fbc", r#"/user_data/fbc = "fb.1.1795435000123.Iw AR2""#, CLICK_ID),
    ("fbc", r#"/user_data/fbc = "fb.1.1795435000123.IwAR2.no""#, CLICK_ID),
    ("fbc", r#"/user_data/fbc = "fb.1.1795435000123.IwAR2.AQQAAQMC.AQ""#, CLICK_ID),
    ("fbc_time", r#"/user_data/fbc = "fb.1.1795435000.IwAR2""#, CLICK_ID),
    ("fbc_length", r#"/user_data/fbc = "fb.1.1795435000123.$H$H$H$H$H$H$H$H""#, CLICK_ID),
    ("fbp", r#"/user_data/fbp = "fb.1.1795435000123.IwAR2""#, CLICK_ID),
    ("fbp", r#"/user_data/fbp = "fb.1.1795435000123""#, CLICK_ID),
    ("fbp_time", r#"/user_data/fbp = "fb.1.1795435000.123""#, CLICK_ID),

    ("custom_data", "/custom_data = []", PARAMETER),
    ("purchase_currency", "-/custom_data", NO_CURRENCY),
    ("purchase_currency", "-/custom_data/currency", NO_CURRENCY),
    ("purchase_value", "-/custom_data/value", NO_VALUE),
    ("currency", r#"/custom_data/currency = "R$""#, PARAMETER),
    ("currency", r#"/custom_data/currency = "XQZ""#, PARAMETER),
    ("value", r#"/custom_data/value = "97,00""#, PARAMETER),
    ("value", r#"/custom_data/value = "NaN""#, PARAMETER),
    ("value", "/custom_data/value = true", PARAMETER),
    ("value_negative", "/custom_data/value = -1", PARAMETER),
    ("order_id", "/custom_data/order_id = 1001", PARAMETER),
    ("num_items", r#"/custom_data/num_items = "1""#, PARAMETER),
    ("content_ids", r#"/custom_data/content_ids = "sku-1""#, PARAMETER),
    ("content_type", r#"/custom_data/content_type = "products""#, PARAMETER),
    ("contents", r#"/custom_data/contents = [{"quantity": 1}]"#, PARAMETER),
    ("contents", r#"/custom_data/contents = [{"id": "a", "quantity": "1"}]"#, PARAMETER),
    ("delivery_category", r#"/custom_data/delivery_category = "post""#, PARAMETER),
    ("delivery_category", r#"/custom_data/contents = [{"id": "a", "delivery_category": "post"}]"#, PARAMETER),
];

/// (what it is, change)
#[rustfmt::skip]
pub(super) const TAKEN: &[(&str, &str)] = &[
    ("as it is", ""),
    ("exactly 7 days old", "/event_time = 1794830400"),
    ("one minute ahead", "/event_time = 1795435260"),
    ("a store's sale of 62 days ago", r#"/event_time = 1790078400; /action_source = "physical_store""#),
    ("no event_id", "-/event_id"),
    ("no options for data processing", "/data_processing_options = []"),
    ("a value of zero", "/custom_data/value = 0"),
    ("a value as text", r#"/custom_data/value = "97.00""#),
    ("a currency in lower case", r#"/custom_data/currency = "usd""#),
    ("a lead without money", r#"/event_name = "Lead"; -/custom_data"#),
    ("an IPv6 address", r#"/user_data/client_ip_address = "2001:db8::1""#),
    ("an address with an appendix", r#"/user_data/client_ip_address = "203.0.113.7.AQQAAQMC""#),
    ("an fbc with an appendix", r#"/user_data/fbc = "fb.1.1795435000123.IwAR2.AQQAAQMC""#),
    ("an external_id that is hashed", r#"/user_data/external_id = "$H""#),
    ("a null in place of a value", "/user_data/fbp = null"),
    ("a first name and an agent", r#"/user_data = {"fn": "$H", "client_user_agent": "a"}"#),
    ("an e-mail alone", r#"/user_data = {"em": "$H"}; /action_source = "system_generated""#),
    ("an fbp alone", r#"/user_data = {"fbp": "fb.1.1795435000123.1"}; /action_source = "other""#),
    ("both names", r#"/user_data = {"fn": "$H", "ln": "$H", "ge": "$H"}; /action_source = "other""#),
];

/// A valid purchase, changed.
pub(super) fn changed(changes: &str) -> Value {
    let mut event = purchase("e1");
    for change in changes.split("; ").filter(|change| !change.is_empty()) {
        let (pointer, value) = match change.strip_prefix('-') {
            Some(pointer) => (pointer, None),
            None => change.split_once(" = ").map(|(at, to)| (at, Some(to))).unwrap(),
        };
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        let before = match value.map(|json| serde_json::from_str(&json.replace("$H", EMAIL)).unwrap()) {
            Some(value) => parent.insert(key.into(), value),
            None => Some(parent.remove(key).expect("a field that is there")),
        };
        assert!(before.is_none_or(|before| Some(&before) != parent.get(key)), "no change: {change}");
    }
    event
}
