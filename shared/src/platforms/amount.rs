//! Amounts as platforms write them, to exact money or to a reason.

use super::Value;
use crate::domain::money::{Currency, Money};
use crate::domain::order::Rejected;

/// An amount, if it is stated: absent is `None`, wrong is an error.
pub(crate) type Stated = Result<Option<Money>, Rejected>;

/// A currency by its field.
///
/// # Errors
/// If it is missing, or none of ISO 4217.
pub(crate) fn currency(field: &Value) -> Result<Currency, Rejected> {
    let text = field.text().ok_or(Rejected::CurrencyMissing)?;
    Currency::parse(text).ok_or(Rejected::CurrencyUnknown)
}

/// The currency of platforms whose documents fix it: they sell in reais alone and state no currency.
///
/// # Errors
/// Never; the same type as [`currency`].
pub(crate) fn brl() -> Result<Currency, Rejected> {
    Currency::parse("BRL").ok_or(Rejected::CurrencyUnknown)
}

/// A decimal with a point, as a number or a text: `97.10`, `"97.1"`.
pub(crate) fn decimal(amount: &Value, currency: Result<Currency, Rejected>) -> Stated {
    let Some(text) = amount.text() else { return Ok(None) };
    money(text, currency?)
}

/// A whole number of hundredths, as a number or a text: `9710` is 97.10 in every currency.
pub(crate) fn hundredths(amount: &Value, currency: Result<Currency, Rejected>) -> Stated {
    scaled(amount, 2, currency)
}

/// A whole number of the currency's own minor units, as a number or a text: `1200` is 1200 yen or 12.00 reais.
pub(crate) fn minor_units(amount: &Value, currency: Result<Currency, Rejected>) -> Stated {
    let decimals = currency.as_ref().map_or(0, |currency| currency.decimals().into());
    scaled(amount, decimals, currency)
}

/// A whole number of units of which the power of ten makes one of the currency.
pub(crate) fn scaled(amount: &Value, decimals: u32, currency: Result<Currency, Rejected>) -> Stated {
    let Some(text) = amount.text() else { return Ok(None) };
    let is_whole = text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_whole {
        return Err(Rejected::ValueUnreadable);
    }
    money(&format!("{text}e-{decimals}"), currency?)
}

/// A Brazilian text: `R$ 1.234,56`, points between thousands, a comma before the decimals, with or without the sign.
pub(crate) fn brazilian(amount: &Value) -> Stated {
    let Some(text) = amount.text() else { return Ok(None) };
    let bare: String = text.trim_start_matches("R$").chars().filter(|c| !c.is_whitespace()).collect();
    let (whole, decimals) = bare.split_once(',').unwrap_or((&bare, "00"));
    let mut groups = whole.split('.');
    let head = groups.next().unwrap_or_default();
    let tail: Vec<&str> = groups.collect();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_grouped =
        tail.iter().all(|group| group.len() == 3 && is_digits(group)) && (tail.is_empty() || head.len() <= 3);
    if !is_digits(head) || !is_grouped || !is_digits(decimals) {
        return Err(Rejected::ValueUnreadable);
    }
    money(&format!("{head}{}.{decimals}", tail.concat()), brl()?)
}

/// An amount that a sale can do without: a wrong one is left out.
pub(crate) fn extra(stated: Stated) -> Option<Money> {
    stated.ok().flatten()
}

fn money(text: &str, currency: Currency) -> Stated {
    Money::parse(text, currency).map(Some).map_err(|_| Rejected::ValueUnreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stated: Stated) -> Result<Option<String>, Rejected> {
        stated.map(|money| money.map(|money| format!("{money} {}", money.currency().code())))
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn number(text: &str) -> Value {
        Value::Number(text.to_owned())
    }

    fn of(code: &str) -> Result<Currency, Rejected> {
        currency(&text(code))
    }

    #[test]
    fn p06_units_every_spelling_is_read_in_its_own_units() {
        assert_eq!(shown(decimal(&number("97.10"), of("brl"))), Ok(Some("97.10 BRL".to_owned())));
        assert_eq!(shown(decimal(&text("97.1"), of("BRL"))), Ok(Some("97.10 BRL".to_owned())));
        assert_eq!(shown(hundredths(&number("9710"), of("BRL"))), Ok(Some("97.10 BRL".to_owned())));
        assert_eq!(shown(hundredths(&text("9710"), of("BRL"))), Ok(Some("97.10 BRL".to_owned())));
        assert_eq!(shown(minor_units(&number("1200"), of("jpy"))), Ok(Some("1200 JPY".to_owned())));
        assert_eq!(shown(minor_units(&text("1500"), of("KWD"))), Ok(Some("1.500 KWD".to_owned())));
        for (written, read) in [
            ("R$ 169,80", "169.80 BRL"),
            ("R$\u{a0}1.234,56", "1234.56 BRL"),
            ("1.234.567,89", "1234567.89 BRL"),
            ("R$ 97", "97.00 BRL"),
            ("R$1.234", "1234.00 BRL"),
        ] {
            assert_eq!(shown(brazilian(&text(written))), Ok(Some(read.to_owned())), "{written}");
        }
    }

    #[test]
    fn p06_units_what_could_be_two_amounts_is_none() {
        for written in
            ["169.80", "1.23,45", "12345.678,00", "R$ ", "R$ -5,00", "1,2,3", "R$ 1.234,567", "US$ 10,00", ",50"]
        {
            assert_eq!(brazilian(&text(written)), Err(Rejected::ValueUnreadable), "{written}");
        }
        for written in ["97,10", "1.000,00", "R$ 97.10", "97.101", "-1"] {
            assert_eq!(decimal(&text(written), of("BRL")), Err(Rejected::ValueUnreadable), "{written}");
        }
        for written in ["97.10", "-9710", "1e3"] {
            assert_eq!(hundredths(&number(written), of("BRL")), Err(Rejected::ValueUnreadable), "{written}");
        }
    }

    #[test]
    fn p05_default_value_a_missing_amount_or_currency_is_never_made_up() {
        assert_eq!(decimal(&Value::Null, of("BRL")), Ok(None));
        assert_eq!(decimal(&text(""), of("BRL")), Ok(None));
        assert_eq!(decimal(&number("97"), currency(&Value::Null)), Err(Rejected::CurrencyMissing));
        assert_eq!(decimal(&number("97"), of("R$")), Err(Rejected::CurrencyUnknown));
        assert_eq!(minor_units(&number("97"), currency(&Value::Null)), Err(Rejected::CurrencyMissing));
    }
}
