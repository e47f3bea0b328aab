//! Values that differ from time to time, by their percentiles.

/// What a value is at each part (0 to 1) of all times; straight lines between.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread(Vec<(f64, f64)>);

impl Spread {
    /// Points by rising part. Below the first and above the last the value stays.
    pub fn new(points: &[(f64, f64)]) -> Self {
        Self(points.to_vec())
    }

    /// The same each time.
    pub fn fixed(value: f64) -> Self {
        Self(vec![(0.0, value)])
    }

    /// Of what was seen, in any order: its 201 points from the least to the most.
    pub fn of(mut seen: Vec<f64>) -> Self {
        seen.sort_unstable_by(f64::total_cmp);
        Self((0..=200).map(f64::from).map(|it| (it / 200.0, percentile(&seen, it / 200.0))).collect())
    }

    /// The value at this part.
    pub fn at(&self, part: f64) -> f64 {
        let above = self.0.partition_point(|(at, _)| *at < part);
        match (self.0.get(above.wrapping_sub(1)), self.0.get(above)) {
            (Some(low), Some(high)) => low.1 + (high.1 - low.1) * (part - low.0) / (high.0 - low.0),
            (Some(only), None) | (None, Some(only)) => only.1,
            (None, None) => 0.0,
        }
    }

    /// One of the values, each as often as it comes.
    pub fn draw(&self, random: &mut fastrand::Rng) -> f64 {
        self.at(random.f64())
    }
}

/// The value that this part (0 to 1) of sorted values does not exceed; 0 of none.
pub fn percentile(sorted: &[f64], part: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index, of far fewer than 2^52 values"
    )]
    let index = (sorted.len() as f64 * part) as usize;
    sorted.get(index.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_between_two_points_lies_between_theirs() {
        let spread = Spread::new(&[(0.5, 2.0), (0.9, 4.0)]);
        assert!((spread.at(0.7) - 3.0).abs() < 1e-9);
        assert!((spread.at(0.1) - 2.0).abs() < 1e-9 && (spread.at(1.0) - 4.0).abs() < 1e-9);
        assert!((Spread::fixed(5.0).at(0.3) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_seen_comes_back_as_often() {
        let seen: Vec<f64> = (0..1000).map(f64::from).collect();
        let spread = Spread::of(seen.clone());
        for part in [0.01, 0.5, 0.99] {
            assert!((spread.at(part) - percentile(&seen, part)).abs() < 5.0, "{part}");
        }
    }
}
