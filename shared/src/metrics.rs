//! Metrics, told in lines of the log: CloudWatch's embedded metric format, which CloudWatch Logs makes metrics of. No call, no wait.
//!
//! | metric | by | told by | what |
//! |---|---|---|---|
//! | `Clicks` | function | click | clicks that were new |
//! | `Orders`, `Duplicates` | function | sweep | deliveries of orders that made or found an event; those that told nothing new |
//! | `Matched` | function, stage | sweep | events by how they found their click |
//! | `EventsSent`, `EventsQuarantined`, `EventsExpired` | function | sweep | events by what became of them |
//! | `AttemptsFailed` | function | sweep | sends that are tried again, or not any more |
//! | `Dwell` | function | dispatch | milliseconds from an order's arrival to Meta's answer |
//!
//! What keeps a tenant's events back (breaker, parking) is counted from the dispatcher's log lines by `template.yaml`.
//!
//! What the sweep tells is what it adds to the counts of the pages: each once, whoever tried how often.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value, json};

/// The most values of one metric in a line (AWS, Embedded metric format specification).
const MOST_VALUES: usize = 100;

/// Where metrics are told. Without a namespace nothing is.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Place>>);

struct Place {
    namespace: String,
    function: &'static str,
    sink: Option<Sink>,
}

/// What takes lines instead of the log.
pub type Sink = Box<dyn Fn(&str) + Send + Sync>;

/// One metric of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    name: &'static str,
    unit: &'static str,
    stage: Option<String>,
    value: Value,
}

impl Metric {
    /// So many.
    pub fn count(name: &'static str, count: i64) -> Self {
        Self { name, unit: "Count", stage: None, value: count.into() }
    }

    /// So many of a stage of matching.
    pub fn of_stage(name: &'static str, stage: &str, count: i64) -> Self {
        Self { stage: Some(stage.to_owned()), ..Self::count(name, count) }
    }

    /// Times, in milliseconds. Of more than a line may hold, every n-th.
    pub fn times(name: &'static str, all_ms: &[i64]) -> Self {
        let step = all_ms.len().div_ceil(MOST_VALUES).max(1);
        let some: Vec<i64> = all_ms.iter().step_by(step).copied().collect();
        Self { name, unit: "Milliseconds", stage: None, value: some.into() }
    }
}

impl Metrics {
    /// In this namespace, of this function.
    pub fn new(namespace: Option<String>, function: &'static str) -> Self {
        Self(namespace.map(|namespace| Arc::new(Place { namespace, function, sink: None })))
    }

    /// The same, with the lines given to somebody instead of written to the log.
    pub fn given_to(namespace: &str, function: &'static str, sink: Sink) -> Self {
        Self(Some(Arc::new(Place { namespace: namespace.to_owned(), function, sink: Some(sink) })))
    }

    /// Writes the lines of these metrics; one for all that have no stage, one for each stage. A line that cannot be written is none.
    pub fn tell(&self, now_ms: i64, metrics: &[Metric]) {
        let Some(place) = &self.0 else { return };
        place.write(&lines(&place.namespace, place.function, now_ms, metrics));
    }
}

/// Tells of one more of what is counted on the way of every request: its line is made once.
pub struct Counter {
    metrics: Metrics,
    before_time: String,
    after_time: String,
}

impl Counter {
    /// Of the metric with this name.
    pub fn new(metrics: Metrics, name: &'static str) -> Self {
        let line = metrics.0.as_ref().map(|it| lines(&it.namespace, it.function, 0, &[Metric::count(name, 1)]));
        let (before, after) = line.as_deref().and_then(|it| it.split_once("\"Timestamp\":0")).unwrap_or_default();
        Self { metrics, before_time: before.to_owned(), after_time: after.to_owned() }
    }

    /// One more, at this time.
    pub fn one(&self, now_ms: i64) {
        if let Some(place) = &self.metrics.0 {
            place.write(&format!("{}\"Timestamp\":{now_ms}{}", self.before_time, self.after_time));
        }
    }
}

impl Place {
    fn write(&self, text: &str) {
        match &self.sink {
            Some(sink) => sink(text),
            // Nobody can be told that nobody can be told.
            None => drop(io::stdout().lock().write_all(text.as_bytes())),
        }
    }
}

fn lines(namespace: &str, function: &str, now_ms: i64, metrics: &[Metric]) -> String {
    let mut stages: Vec<Option<&str>> = Vec::new();
    for metric in metrics {
        if !stages.contains(&metric.stage.as_deref()) {
            stages.push(metric.stage.as_deref());
        }
    }
    let mut text = String::new();
    for stage in stages {
        let of_stage = metrics.iter().filter(|it| it.stage.as_deref() == stage);
        text.push_str(&line(namespace, function, now_ms, stage, of_stage).to_string());
        text.push('\n');
    }
    text
}

/// One object of the format. Its values stand at the root, by the metrics' names.
fn line<'a>(
    namespace: &str,
    function: &str,
    now_ms: i64,
    stage: Option<&str>,
    metrics: impl Iterator<Item = &'a Metric>,
) -> Value {
    let mut root = Map::new();
    let mut dimensions = vec!["Function"];
    root.insert("Function".to_owned(), function.into());
    if let Some(stage) = stage {
        dimensions.push("Stage");
        root.insert("Stage".to_owned(), stage.into());
    }
    let mut named = Vec::new();
    for metric in metrics {
        named.push(json!({"Name": metric.name, "Unit": metric.unit}));
        root.insert(metric.name.to_owned(), metric.value.clone());
    }
    let directive = json!({"Namespace": namespace, "Dimensions": [dimensions], "Metrics": named});
    root.insert("_aws".to_owned(), json!({"Timestamp": now_ms, "CloudWatchMetrics": [directive]}));
    Value::Object(root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_in_the_embedded_metric_format() {
        let told = [
            Metric::count("Orders", 3),
            Metric::of_stage("Matched", "identity", 2),
            Metric::count("EventsSent", 1),
            Metric::of_stage("Matched", "none", 1),
        ];
        let text = lines("TrackAI/track-ai", "sweep", 1_795_528_800_000, &told);
        let read: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |dimensions: Value, metrics: Value, mut values: Value| {
            values["_aws"] = json!({"Timestamp": 1_795_528_800_000_i64, "CloudWatchMetrics": [
                {"Namespace": "TrackAI/track-ai", "Dimensions": [dimensions], "Metrics": metrics}
            ]});
            values["Function"] = "sweep".into();
            values
        };
        let count = |name: &str| json!({"Name": name, "Unit": "Count"});
        assert_eq!(
            read,
            [
                of(
                    json!(["Function"]),
                    json!([count("Orders"), count("EventsSent")]),
                    json!({"Orders": 3, "EventsSent": 1})
                ),
                of(json!(["Function", "Stage"]), json!([count("Matched")]), json!({"Stage": "identity", "Matched": 2})),
                of(json!(["Function", "Stage"]), json!([count("Matched")]), json!({"Stage": "none", "Matched": 1})),
            ]
        );
    }

    #[test]
    fn the_line_of_one_more_is_what_it_would_be_if_it_were_made_anew() {
        let told = Arc::new(std::sync::Mutex::new(Vec::new()));
        let kept = Arc::clone(&told);
        let sink = Box::new(move |text: &str| kept.lock().unwrap().push(text.to_owned()));
        let metrics = Metrics::given_to("TrackAI/track-ai", "click", sink);
        metrics.tell(1_795_528_800_000, &[Metric::count("Clicks", 1)]);
        Counter::new(metrics, "Clicks").one(1_795_528_800_000);
        Counter::new(Metrics::default(), "Clicks").one(1_795_528_800_000);
        let told = told.lock().unwrap();
        assert_eq!(told.len(), 2, "without a namespace nothing is told");
        assert_eq!(told[0], told[1]);
    }

    #[test]
    fn a_line_holds_a_hundred_times_at_the_most() {
        for count in [0, 1, 99, 100, 101, 1000] {
            let all: Vec<i64> = (0..count).collect();
            let told = Metric::times("Dwell", &all);
            let kept = told.value.as_array().unwrap().len();
            assert!(kept <= 100 && (count == 0 || kept > 0), "{count}: {kept}");
        }
    }
}
