//! Bars over days, as SVG.
//!
//! Its colours are names for the style, which gives each its own in light and in dark.

use maud::{Markup, PreEscaped, html};
use plotters::prelude::*;
use plotters::style::RGBColor;

/// What the first bars are drawn with.
pub(super) const MAIN: RGBColor = RGBColor(0x1f, 0x5f, 0xd6);
/// What is drawn on top of them.
pub(super) const BAD: RGBColor = RGBColor(0xb3, 0x26, 0x1e);
const LINE: RGBColor = RGBColor(0xd9, 0xde, 0xe5);
const TEXT: RGBColor = RGBColor(0x56, 0x61, 0x6f);

/// In its own units, which a phone and a column of a large window show at about four fifths of a pixel.
const SIZE: (u32, u32) = (420, 190);

/// A kind of bars.
pub(super) struct Series {
    pub(super) color: RGBColor,
    /// A day's each.
    pub(super) values: Vec<i64>,
}

/// Bars by day, those of each series on top of the ones before. `text` says what there is to see, for who does not.
pub(super) fn bars(text: &str, days: &[&str], series: &[Series]) -> Markup {
    let Ok(svg) = drawn(days, series) else { return html! {} };
    html! { div.chart role="img" aria-label=(text) { (PreEscaped(svg)) } }
}

fn drawn(days: &[&str], series: &[Series]) -> Result<String, Box<dyn std::error::Error>> {
    let height = |day: usize| series.iter().map(|it| it.values.get(day).copied().unwrap_or_default()).sum::<i64>();
    let top = rounded_up((0..days.len()).map(height).max().unwrap_or_default());
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin_top(10)
            .margin_right(6)
            .x_label_area_size(26)
            .y_label_area_size(46)
            .build_cartesian_2d(0_f64..as_float(days.len()), 0_f64..float(top))?;
        let text = ("sans-serif", 15).into_font().color(&TEXT);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(LINE)
            .axis_style(LINE)
            .x_labels(5)
            .y_labels(if top < 4 { 2 } else { 5 })
            .x_label_formatter(&|at| day_at(days, *at).to_owned())
            .y_label_formatter(&|value| short(*value))
            .label_style(text)
            .draw()?;
        let mut floor = vec![0_i64; days.len()];
        for it in series {
            let bars = it.values.iter().zip(&mut floor).enumerate().filter(|(_, (value, _))| **value > 0);
            let bars = bars.map(|(day, (value, floor))| {
                let (left, from) = (as_float(day), float(*floor));
                *floor += value;
                Rectangle::new([(left + 0.14, from), (left + 0.86, float(*floor))], it.color.filled())
            });
            chart.draw_series(bars)?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// A height that a person reads easily: 1, 2, 4 or 5 times a power of ten, and never nothing.
fn rounded_up(most: i64) -> i64 {
    let mut power = 1_i64;
    loop {
        for step in [1, 2, 4, 5] {
            if let Some(top) = power.checked_mul(step).filter(|top| *top >= most) {
                return top;
            }
        }
        match power.checked_mul(10) {
            Some(next) => power = next,
            None => return i64::MAX,
        }
    }
}

/// `01-31` of the day that a place on the axis is in.
fn day_at<'a>(days: &[&'a str], at: f64) -> &'a str {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place within the axis")]
    let index = at.max(0.0) as usize;
    days.get(index).and_then(|day| day.get(5..)).unwrap_or_default()
}

/// `1500` as `1.5k`: labels are narrow.
fn short(value: f64) -> String {
    let (value, unit) = match value {
        it if it >= 1e6 => (it / 1e6, "M"),
        it if it >= 1e3 => (it / 1e3, "k"),
        it => (it, ""),
    };
    if value.fract() < 0.05 { format!("{value:.0}{unit}") } else { format!("{value:.1}{unit}") }
}

#[expect(clippy::cast_precision_loss, reason = "a height of some pixels")]
fn float(value: i64) -> f64 {
    value as f64
}

fn as_float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_has_a_bar_for_each_day_with_something_and_no_style_of_its_own() {
        let days = ["2026-01-30", "2026-01-31", "2026-02-01"];
        let sent = Series { color: MAIN, values: vec![3, 0, 7] };
        let failed = Series { color: BAD, values: vec![0, 0, 2] };
        let svg = drawn(&days, &[sent, failed]).unwrap();
        assert_eq!((svg.matches("#1F5FD6").count(), svg.matches("#B3261E").count()), (2, 1), "{svg}");
        assert!(!svg.contains("style=") && !svg.contains("<style") && !svg.contains("<script"), "{svg}");
    }

    #[test]
    fn nothing_at_all_is_drawn_too() {
        assert!(drawn(&["2026-01-31"; 28], &[Series { color: MAIN, values: vec![0; 28] }]).unwrap().contains("<svg"));
        assert!(drawn(&[], &[]).is_ok());
    }

    #[test]
    fn the_axis_ends_at_a_round_number() {
        let tops = [0, 1, 2, 3, 4, 5, 6, 11, 99, 450, i64::MAX].map(rounded_up);
        assert_eq!(tops, [1, 1, 2, 4, 4, 5, 10, 20, 100, 500, i64::MAX]);
        assert_eq!([0.0, 2.5, 999.0, 1500.0, 20_000.0, 4e6].map(short), ["0", "2.5", "999", "1.5k", "20k", "4M"]);
    }
}
