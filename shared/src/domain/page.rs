//! Page URLs as they are kept and sent: without anybody's personal data.

use url::Url;

/// The five campaign parameters, in the order in which they are kept.
pub const UTM: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];
/// The longest campaign parameter kept, in characters.
pub const UTM_MAX: usize = 255;
/// The longest page URL kept, in characters.
pub const URL_MAX: usize = 2048;

/// Parts of parameter names that tell of a person, in English and Portuguese.
const PERSONAL_NAMES: [&str; 12] =
    ["mail", "phone", "fone", "celular", "whats", "name", "nome", "cpf", "cnpj", "address", "endereco", "password"];

/// A page's URL without the parameters that look like an e-mail address, a phone or a name, and without its fragment.
///
/// Meta wants no personal data in `event_source_url`, and funnels hand e-mails on from page to page. Campaign
/// parameters (`utm_...`, `fbclid`) stay. `None` unless it is an http or https URL with a host.
pub fn without_personal_data(text: &str) -> Option<String> {
    cleaned(Url::parse(text.trim()).ok()?)
}

/// The same of a URL that was parsed already.
pub fn cleaned(mut url: Url) -> Option<String> {
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return None;
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        url.set_username("").ok()?;
        url.set_password(None).ok()?;
        url.set_fragment(None);
    }
    let Some(query) = url.query() else { return Some(url.into()) };
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_personal(pair)).collect();
    if kept.len() < query.split('&').count() {
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(&kept));
    }
    Some(url.into())
}

fn is_personal(pair: &str) -> bool {
    // Most are campaign parameters, and without an @ they hold no address: of these nothing needs to be decoded.
    if (pair.starts_with("utm_") || pair.starts_with("fbclid=")) && !pair.contains(['@', '%']) {
        return false;
    }
    let Some((name, value)) = url::form_urlencoded::parse(pair.as_bytes()).next() else { return false };
    let name = name.to_lowercase();
    if name.starts_with("utm_") || name == "fbclid" {
        return is_address(&value);
    }
    PERSONAL_NAMES.iter().any(|part| name.contains(part)) || is_address(&value) || is_phone(&value)
}

fn is_address(value: &str) -> bool {
    value.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
}

/// Written as people write phones: with a plus, brackets, spaces or dashes. Digits alone may be any id.
fn is_phone(value: &str) -> bool {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_written = value.starts_with('+') || value.starts_with('(') || value.starts_with(' ');
    is_written && (8..=15).contains(&digits) && value.chars().all(|it| it.is_ascii_digit() || "+()-. ".contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parameters_of_a_person_are_dropped_and_the_others_stay_to_the_letter() {
        let cases = [
            ("https://a.com/x?p=1&email=maria%40example.com&utm_source=meta", "https://a.com/x?p=1&utm_source=meta"),
            ("https://a.com/?Nome=Maria&fbclid=IwAR0-x_Y", "https://a.com/?fbclid=IwAR0-x_Y"),
            ("https://a.com/?q=%2B55%2011%2098765-4321&id=5511987654321", "https://a.com/?id=5511987654321"),
            ("https://a.com/?lead=maria@example.com", "https://a.com/"),
            ("https://a.com/?utm_content=maria@example.com&utm_term=a%2Bb", "https://a.com/?utm_term=a%2Bb"),
            ("https://user:secret@a.com/?a=1#maria@example.com", "https://a.com/?a=1"),
            ("HTTPS://A.com/?a=b%20c&a", "https://a.com/?a=b%20c&a"),
        ];
        for (url, kept) in cases {
            assert_eq!(without_personal_data(url).as_deref(), Some(kept));
        }
    }

    #[test]
    fn what_is_no_page_is_none() {
        for text in ["", "x", "https://[", "https://", "ftp://a.com/", "javascript:alert(1)", "//a.com"] {
            assert_eq!(without_personal_data(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_kept_again(query in "[a-z@.%0-9=&+]{0,40}") {
            let once = without_personal_data(&format!("https://a.com/?{query}")).unwrap();
            prop_assert_eq!(without_personal_data(&once), Some(once.clone()));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = without_personal_data(&text);
        }
    }
}
