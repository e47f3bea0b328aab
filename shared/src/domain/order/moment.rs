//! Times as platforms state them.

/// How exact a stated time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// To the second or better.
    Second,
    /// The platform writes no seconds: it was some time in that minute.
    Minute,
}

/// A stated time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    unix_s: i64,
    precision: Precision,
}

impl Moment {
    /// A time to the second, in Unix seconds.
    pub fn second(unix_s: i64) -> Self {
        Self { unix_s, precision: Precision::Second }
    }

    /// A time without seconds: the start of its minute, in Unix seconds.
    pub fn minute(unix_s: i64) -> Self {
        Self { unix_s, precision: Precision::Minute }
    }

    /// Unix seconds; of a whole minute its start.
    pub fn unix_s(self) -> i64 {
        self.unix_s
    }

    /// How exact it is.
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// The last second that it may have been. A click of that minute may have come before the order.
    pub fn latest_s(self) -> i64 {
        match self.precision {
            Precision::Second => self.unix_s,
            Precision::Minute => self.unix_s.saturating_add(59),
        }
    }

    /// The same, or the bound if it lies ahead of it. For times without a zone: read in the wrong one they may lie in the
    /// future, and Meta takes no such event.
    #[must_use]
    pub fn not_after(self, bound_s: i64) -> Self {
        if self.unix_s > bound_s { Self::second(bound_s) } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_ends_after_59_seconds_and_nothing_lies_ahead_of_the_bound() {
        assert_eq!(Moment::minute(120).latest_s(), 179);
        assert_eq!(Moment::second(120).latest_s(), 120);
        assert_eq!(Moment::minute(120).not_after(150), Moment::minute(120));
        assert_eq!(Moment::minute(120).not_after(100), Moment::second(100));
    }
}
