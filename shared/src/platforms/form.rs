//! Form-encoded bodies, with nested names (`venda[codigo]`, `items[0][id]`), as the same tree that JSON is.

use super::Value;

/// More fields than any platform posts.
const MAX_FIELDS: usize = 2000;
/// Deeper than any platform nests; what is deeper is left out.
const MAX_DEPTH: usize = 8;

/// Reads a form. `None` if no field has a name.
pub(super) fn parse(body: &[u8]) -> Option<Value> {
    let mut fields = Vec::new();
    for (name, value) in url::form_urlencoded::parse(body).take(MAX_FIELDS) {
        let path = path(&name);
        if !path.is_empty() && path.len() <= MAX_DEPTH {
            insert(&mut fields, &path, value.into_owned());
        }
    }
    (!fields.is_empty()).then_some(Value::Object(fields))
}

/// `a[b][c]` as its three names. A bracket that is not closed belongs to the name.
fn path(name: &str) -> Vec<&str> {
    let Some((first, rest)) = name.split_once('[').filter(|(first, _)| !first.is_empty() && name.ends_with(']')) else {
        return vec![name].into_iter().filter(|name| !name.is_empty()).collect();
    };
    let inner = rest.strip_suffix(']').unwrap_or(rest);
    [first].into_iter().chain(inner.split("][")).collect()
}

fn insert(fields: &mut Vec<(String, Value)>, path: &[&str], value: String) {
    let Some((name, rest)) = path.split_first() else { return };
    // `a[]` appends.
    let name = if name.is_empty() { fields.len().to_string() } else { (*name).to_owned() };
    if rest.is_empty() {
        fields.push((name, Value::Text(value)));
        return;
    }
    if !fields.iter().any(|(known, value)| *known == name && matches!(value, Value::Object(_))) {
        fields.push((name.clone(), Value::Object(Vec::new())));
    }
    let inner = fields.iter_mut().rev().find(|(known, value)| *known == name && matches!(value, Value::Object(_)));
    if let Some((_, Value::Object(inner))) = inner {
        insert(inner, rest, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nested_names_are_a_tree() {
        let form = b"venda%5Bcodigo%5D=123&venda[comprador][nome]=Maria+Silva&items[0][id]=a&items[1][id]=b&tags[]=x&tags[]=y&e=";
        let form = parse(form).unwrap();
        assert_eq!(form.at("venda.codigo").text(), Some("123"));
        assert_eq!(form.at("venda.comprador.nome").text(), Some("Maria Silva"));
        assert_eq!(form.at("items").list()[1].at("id").text(), Some("b"));
        assert_eq!(form.at("tags").list().len(), 2);
        assert_eq!(form.at("e").text(), None);
    }

    #[test]
    fn names_of_no_shape_are_names() {
        let form = parse(b"a[b=1&]c[=2&[d]=3&=4").unwrap();
        assert_eq!(
            (form.at("a[b").text(), form.at("]c[").text(), form.at("[d]").text()),
            (Some("1"), Some("2"), Some("3"))
        );
        assert_eq!(parse(b""), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..200), shaped in "[a-c\\[\\]=&]{0,40}") {
            let _ = (parse(&body), parse(shaped.as_bytes()));
        }
    }
}
