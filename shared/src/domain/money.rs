//! Money: integer minor units and an ISO 4217 currency. No float ever holds an amount.

use std::fmt;

use thiserror::Error;

/// The largest amount taken, in minor units: far above any sale, far below where a float would round it.
const MAX_MINOR: u64 = 1_000_000_000_000_000;

/// A currency of ISO 4217 that has minor units (gold, `XAU`, is in the list but has none, so it is not money here).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Currency {
    code: iso_currency::Currency,
    decimals: u8,
}

impl Currency {
    /// Reads an alphabetic ISO 4217 code in any case, with surrounding space.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = text.trim().to_ascii_uppercase();
        let code = iso_currency::Currency::from_code(&folded)?;
        let decimals = u8::try_from(code.exponent()?).ok()?;
        Some(Self { code, decimals })
    }

    /// The upper-case code, as Meta takes it.
    pub fn code(&self) -> &'static str {
        self.code.code()
    }

    /// How many digits ISO 4217 gives after the point: 2 for BRL, 0 for JPY, 3 for KWD.
    pub fn decimals(&self) -> u8 {
        self.decimals
    }
}

/// An amount that is zero or more, exact in its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    minor: u64,
    currency: Currency,
}

/// Why a text is not an amount of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AmountError {
    /// Not a decimal number with a point: empty, `97,00`, `1.000,00`, `NaN`, `0x10`.
    #[error("must be a decimal number with a point, such as 97.00")]
    NotANumber,
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// Digits that the currency does not have, other than zeros.
    #[error("has more decimals than the currency")]
    TooManyDecimals,
    /// More than 10^15 minor units.
    #[error("is too large")]
    TooLarge,
}

impl Money {
    /// An amount in minor units (cents for BRL, whole yen for JPY).
    pub fn from_minor(minor: u64, currency: Currency) -> Result<Self, AmountError> {
        if minor > MAX_MINOR { Err(AmountError::TooLarge) } else { Ok(Self { minor, currency }) }
    }

    /// Reads a decimal text, or the text of a JSON number (an exponent is taken), without rounding.
    ///
    /// `97`, `97.0`, `9.7e1` and `97.00` are one amount; zeros beyond the currency's decimals are taken,
    /// other digits there are an error.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountError> {
        let (negative, unsigned) = match text.trim().strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.trim()),
        };
        let (digits, scale) = significant_digits(unsigned)?;
        let minor = scaled(&digits, scale + i64::from(currency.decimals))?;
        if negative && minor > 0 {
            return Err(AmountError::Negative);
        }
        Self::from_minor(minor, currency)
    }

    /// The amount in minor units.
    pub fn minor(&self) -> u64 {
        self.minor
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }
}

/// Exactly the currency's decimals, no thousands mark: `97.00`, `1200`, `1.500`. This text is part of the event id.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = usize::from(self.currency.decimals);
        if decimals == 0 {
            return write!(f, "{}", self.minor);
        }
        let padded = format!("{:0width$}", self.minor, width = decimals + 1);
        let (whole, fraction) = padded.split_at(padded.len() - decimals);
        write!(f, "{whole}.{fraction}")
    }
}

/// Whether marks of thousands may stand in an amount that a person wrote: `1.500`, `1,500`, `1.234.567`, `1,500.00`, `1.500,00`.
///
/// [`Money::parse`] reads the first as one and a half, as programs mean it.
pub fn may_mark_thousands(text: &str) -> bool {
    let text = text.trim().trim_start_matches('-');
    let Some(mark) = text.chars().find(|it| matches!(it, '.' | ',')) else { return false };
    let point = if mark == '.' { ',' } else { '.' };
    let (whole, fraction) = text.split_once(point).unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(mark);
    let first = groups.next().unwrap_or_default();
    (1..=3).contains(&first.len())
        && !first.starts_with('0')
        && is_digits(first)
        && is_digits(fraction)
        && groups.all(|group| group.len() == 3 && is_digits(group))
}

/// Splits `12.340e1` into its digits without outer zeros (`1234`) and the power of ten of the last one (-1).
fn significant_digits(text: &str) -> Result<(String, i64), AmountError> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return Err(AmountError::NotANumber);
    }
    let all = format!("{whole}{fraction}");
    let trimmed = all.trim_end_matches('0');
    let dropped = all.len() - trimmed.len();
    let scale = exponent - length(fraction) + i64::try_from(dropped).unwrap_or(i64::MAX);
    Ok((trimmed.trim_start_matches('0').to_owned(), scale))
}

/// An exponent is bounded, so that `1e999999999` costs nothing.
fn parse_exponent(text: &str) -> Result<i64, AmountError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AmountError::NotANumber);
    }
    let size: i64 = digits.parse().unwrap_or(i64::MAX).min(1_000_000);
    Ok(if text.starts_with('-') { -size } else { size })
}

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

/// `digits` times ten to the `power`, where digits has no outer zeros.
fn scaled(digits: &str, power: i64) -> Result<u64, AmountError> {
    if digits.is_empty() {
        return Ok(0);
    }
    if power < 0 {
        return Err(AmountError::TooManyDecimals);
    }
    if length(digits).saturating_add(power) > 19 {
        return Err(AmountError::TooLarge);
    }
    let zeros = usize::try_from(power).map_err(|_| AmountError::TooLarge)?;
    format!("{digits}{}", "0".repeat(zeros)).parse().map_err(|_| AmountError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    fn amount(text: &str, code: &str) -> Result<String, AmountError> {
        Money::parse(text, currency(code)).map(|money| money.to_string())
    }

    #[test]
    fn every_spelling_of_an_amount_is_one_amount() {
        for text in ["97", "97.0", "97.00", "97.000000", "9.7e1", "970E-1", " 97.00 ", "0097.00"] {
            assert_eq!(amount(text, "BRL"), Ok("97.00".into()), "{text}");
        }
    }

    #[test]
    fn marks_of_thousands_are_seen() {
        for text in ["1.500", "1,500", " 12.345.678 ", "123,456", "1,500.00", "1.500,00", "-1.500"] {
            assert!(may_mark_thousands(text), "{text}");
        }
        for text in
            ["", "1500", "1500.00", "97,00", "1.50", "1.5000", "0.500", "1500.000", "1,500,00", "1.5e3", "1.500x", "."]
        {
            assert!(!may_mark_thousands(text), "{text}");
        }
    }

    #[test]
    fn the_currency_gives_the_decimals() {
        assert_eq!(amount("1200", "JPY"), Ok("1200".into()));
        assert_eq!(amount("1.5", "KWD"), Ok("1.500".into()));
        assert_eq!(amount("0", "EUR"), Ok("0.00".into()));
        assert_eq!(amount("0.05", "usd"), Ok("0.05".into()));
        assert_eq!(amount("-0.00", "usd"), Ok("0.00".into()));
    }

    #[test]
    fn what_is_not_an_exact_amount_is_refused_with_its_reason() {
        for text in [
            "", " ", "97,00", "1.000,00", "R$ 97", "NaN", "Infinity", "0x10", ".5", "5.", "1e", "1 000", "--1", "+1",
            "١",
        ] {
            assert_eq!(amount(text, "BRL"), Err(AmountError::NotANumber), "{text}");
        }
        assert_eq!(amount("-0.01", "BRL"), Err(AmountError::Negative));
        assert_eq!(amount("97.001", "BRL"), Err(AmountError::TooManyDecimals));
        assert_eq!(amount("0.5", "JPY"), Err(AmountError::TooManyDecimals));
        assert_eq!(amount("1e-400", "BRL"), Err(AmountError::TooManyDecimals));
        for text in ["1e400", "1e99999999999999999999", "10000000000000.01", "99999999999999999999"] {
            assert_eq!(amount(text, "BRL"), Err(AmountError::TooLarge), "{text}");
        }
    }

    #[test]
    fn a_currency_without_minor_units_or_outside_the_list_is_none() {
        for code in ["XAU", "XXX", "ABC", "", "BR", "R$", "BRLL"] {
            assert_eq!(Currency::parse(code), None, "{code}");
        }
        assert_eq!(currency(" brl ").code(), "BRL");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(minor in 0..=MAX_MINOR, code in prop::sample::select(vec!["BRL", "JPY", "KWD", "CLF"])) {
            let money = Money::from_minor(minor, currency(code)).unwrap();
            prop_assert_eq!(Money::parse(&money.to_string(), money.currency()), Ok(money));
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = Money::parse(&text, currency("BRL"));
        }

        #[test]
        fn no_number_like_text_panics(text in "-?[0-9]{0,25}\\.?[0-9]{0,25}(e[+-]?[0-9]{0,25})?") {
            let _ = Money::parse(&text, currency("KWD"));
        }
    }
}
