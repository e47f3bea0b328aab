//! Every test that needs a real part: one binary, one cluster, one local AWS.

mod dispatch;
mod flow;
mod hot_path;
mod matching;
mod migrations;
mod orders;
