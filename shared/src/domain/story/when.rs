//! Times and numbers in words.

use time::OffsetDateTime;

use crate::domain::setup::Locale;

/// A time as a person reads it: without its day on the day that it is told from. Unix seconds.
pub(super) fn clock_time(at: i64, told_from: i64) -> String {
    let (Ok(time), Ok(from)) =
        (OffsetDateTime::from_unix_timestamp(at), OffsetDateTime::from_unix_timestamp(told_from))
    else {
        return "an unknown time".to_owned();
    };
    let clock = format!("{:02}:{:02}:{:02} UTC", time.hour(), time.minute(), time.second());
    if time.date() == from.date() { clock } else { format!("{} {clock}", time.date()) }
}

/// A length of time by its two largest parts, in seconds.
pub(super) fn span(locale: Locale, seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let word = |english, portuguese| match locale {
        Locale::English => english,
        Locale::Portuguese => portuguese,
    };
    let day = |days| counted(days, word("day", "dia"), word("days", "dias"));
    let hour = |hours| counted(hours, word("hour", "hora"), word("hours", "horas"));
    let minute = |minutes| counted(minutes, word("minute", "minuto"), word("minutes", "minutos"));
    match (days, hours % 24, minutes % 60) {
        (0, 0, 0) => word("less than a minute", "menos de um minuto").to_owned(),
        (0, 0, minutes) => minute(minutes),
        (0, hours, 0) => hour(hours),
        (0, hours, minutes) => format!("{} {}", hour(hours), minute(minutes)),
        (days, 0, _) => day(days),
        (days, hours, _) => format!("{} {}", day(days), hour(hours)),
    }
}

/// A number with its noun.
pub(super) fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_day_only_when_it_is_another() {
        assert_eq!(clock_time(1_700_000_000, 1_700_000_099), "22:13:20 UTC");
        assert_eq!(clock_time(1_700_000_000, 1_700_086_400), "2023-11-14 22:13:20 UTC");
        assert_eq!(clock_time(i64::MAX, 0), "an unknown time");
    }

    #[test]
    fn a_length_of_time_is_told_by_its_two_largest_parts() {
        let told: Vec<String> = [0, 59, 60, 125, 3600, 3661, 7320, 86_400, 90_000, 266_400]
            .into_iter()
            .map(|it| span(Locale::English, it))
            .collect();
        let wanted = [
            "less than a minute",
            "less than a minute",
            "1 minute",
            "2 minutes",
            "1 hour",
            "1 hour 1 minute",
            "2 hours 2 minutes",
            "1 day",
            "1 day 1 hour",
            "3 days 2 hours",
        ];
        assert_eq!(told, wanted);
        let portuguese = [0, 60, 3661, 90_000].map(|it| span(Locale::Portuguese, it));
        assert_eq!(portuguese, ["menos de um minuto", "1 minuto", "1 hora 1 minuto", "1 dia 1 hora"]);
    }
}
