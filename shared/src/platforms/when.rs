//! Times as platforms write them.

use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime, UtcOffset};

use super::Value;
use crate::domain::order::Moment;

/// Times of 2001 to 2286, in Unix seconds: what lies outside is no time of a sale (a zero, milliseconds for seconds).
pub(super) const PLAUSIBLE_S: std::ops::RangeInclusive<i64> = 1_000_000_000..=9_999_999_999;

/// Unix milliseconds.
pub(crate) fn unix_ms(field: &Value) -> Option<Moment> {
    moment(field.integer()?.div_euclid(1000))
}

/// Unix seconds.
pub(crate) fn unix_s(field: &Value) -> Option<Moment> {
    moment(field.integer()?)
}

/// RFC 3339, with its zone: `2024-01-09T14:45:00.000Z`, `2024-11-05T21:54:49-05:00`.
pub(crate) fn rfc3339(field: &Value) -> Option<Moment> {
    let time = OffsetDateTime::parse(field.text()?, &Rfc3339).ok()?;
    moment(time.unix_timestamp())
}

/// `YYYY-MM-DD HH:MM[:SS]` without a zone, on a Brazilian platform whose zone is not known: read as −03:00. In another zone
/// it may lie in the future, so an order takes no time after its delivery.
pub(crate) fn brazilian(field: &Value) -> Option<Moment> {
    let (time, has_seconds) = naive(field.text()?)?;
    let offset = UtcOffset::from_hms(-3, 0, 0).ok()?;
    let read = moment(time.assume_offset(offset).unix_timestamp())?;
    Some(if has_seconds { read } else { Moment::minute(read.unix_s()) })
}

/// `YYYY-MM-DD[T ]HH:MM:SS` without a zone, where the platform says that it is UTC.
pub(crate) fn utc(field: &Value) -> Option<Moment> {
    let (time, _) = naive(field.text()?)?;
    moment(time.assume_utc().unix_timestamp())
}

/// `{"date": "2026-01-01 09:02:05.000000", "timezone": "America/Sao_Paulo"}`, as PHP writes its dates. Of zones by name the one of
/// Brazil's coast (−03:00 all the year since 2019) and UTC are known, of others their offset; a time of another is none.
pub(crate) fn php(field: &Value) -> Option<Moment> {
    let date = field.at("date").text()?;
    let date = date.split_once('.').map_or(date, |(whole_seconds, _)| whole_seconds);
    let zone = match field.at("timezone").text()? {
        "America/Sao_Paulo" => "-03:00",
        "UTC" | "Z" => "+00:00",
        offset => offset,
    };
    rfc3339(&Value::Text(format!("{}{zone}", date.replacen(' ', "T", 1))))
}

fn moment(unix_s: i64) -> Option<Moment> {
    PLAUSIBLE_S.contains(&unix_s).then(|| Moment::second(unix_s))
}

/// A time without a zone, and whether it has seconds.
fn naive(text: &str) -> Option<(PrimitiveDateTime, bool)> {
    let text = text.replacen('T', " ", 1);
    let with_seconds = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let whole_minutes = format_description!("[year]-[month]-[day] [hour]:[minute]");
    PrimitiveDateTime::parse(&text, with_seconds)
        .map(|time| (time, true))
        .or_else(|_| PrimitiveDateTime::parse(&text, whole_minutes).map(|time| (time, false)))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::order::Precision;
    use proptest::prelude::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn each_spelling_is_its_moment() {
        let expected = Some(Moment::second(1_704_811_500));
        assert_eq!(rfc3339(&text("2024-01-09T14:45:00.000Z")), expected);
        assert_eq!(rfc3339(&text("2024-01-09T11:45:00.123456-03:00")), expected);
        assert_eq!(brazilian(&text("2024-01-09 11:45:00")), expected);
        assert_eq!(utc(&text("2024-01-09T14:45:00")), expected);
        assert_eq!(unix_s(&Value::Number("1704811500".into())), expected);
        assert_eq!(unix_ms(&text("1704811500999")), expected);
    }

    #[test]
    fn a_date_of_php_is_read_in_its_own_zone() {
        let of = |date: &str, zone: &str| {
            let fields = [("date", date), ("timezone_type", "3"), ("timezone", zone)];
            php(&Value::Object(fields.map(|(name, value)| (name.to_owned(), text(value))).to_vec()))
        };
        let expected = Some(Moment::second(1_704_811_500));
        assert_eq!(of("2024-01-09 11:45:00.000000", "America/Sao_Paulo"), expected);
        assert_eq!(of("2024-01-09 14:45:00.999999", "UTC"), expected);
        assert_eq!(of("2024-01-09 10:45:00", "-04:00"), expected);
        for (date, zone) in
            [("2024-01-09 11:45:00", "America/Manaus"), ("2024-01-09", "UTC"), ("2024-01-09 11:45:00", "")]
        {
            assert_eq!(of(date, zone), None, "{date} {zone}");
        }
        assert_eq!(php(&text("2024-01-09 11:45:00")), None);
    }

    #[test]
    fn a_time_without_seconds_is_exact_to_its_minute() {
        let read = brazilian(&text("2024-01-09 11:45")).unwrap();
        assert_eq!((read.unix_s(), read.precision()), (1_704_811_500, Precision::Minute));
    }

    #[test]
    fn what_is_no_time_of_a_sale_is_none() {
        for bad in
            ["", "0000-00-00 00:00:00", "2024-13-01 00:00", "09/01/2024 11:45", "2024-01-09", "1970-01-01 00:00:00"]
        {
            assert_eq!((brazilian(&text(bad)), utc(&text(bad)), rfc3339(&text(bad))), (None, None, None), "{bad}");
        }
        for bad in ["0", "-1", "1704811500000000", "1.5"] {
            assert_eq!((unix_s(&text(bad)), unix_ms(&text(bad))), (None, None), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(any in any::<String>(), shaped in "[0-9]{0,5}-[0-9]{0,3}-[0-9]{0,3}[T ][0-9:]{0,9}Z?") {
            for value in [text(&any), text(&shaped)] {
                let _ = (brazilian(&value), utc(&value), rfc3339(&value), unix_s(&value), unix_ms(&value));
                let _ = php(&Value::Object(vec![("date".into(), value.clone()), ("timezone".into(), value)]));
            }
        }
    }
}
