//! A Chromium or Chrome of this machine.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// Names on the search path, the plainest first.
const NAMES: [&str; 7] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome-headless-shell",
    "headless_shell",
    "chrome",
];

/// Where macOS has applications.
const APPLICATIONS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// Below one of Playwright's browsers.
const PLAYWRIGHT: [&str; 4] = [
    "chrome-linux/chrome",
    "chrome-linux64/chrome",
    "chrome-linux/headless_shell",
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
];

/// The first one, the user's own choice (`CHROME_PATH`) before all others.
pub(super) fn machine() -> Option<PathBuf> {
    let chosen = env::var_os("CHROME_PATH").map(PathBuf::from);
    chosen
        .into_iter()
        .chain(on_path())
        .chain(APPLICATIONS.map(PathBuf::from))
        .chain(playwright())
        .find(|it| it.is_file())
}

fn on_path() -> Vec<PathBuf> {
    let directories: Vec<PathBuf> =
        env::var_os("PATH").iter().flat_map(|path| env::split_paths(path).collect::<Vec<_>>()).collect();
    NAMES.iter().flat_map(|name| directories.iter().map(move |directory| directory.join(name))).collect()
}

/// What Playwright brought, the newest first.
fn playwright() -> Vec<PathBuf> {
    let home = || env::var_os("HOME").map(|home| Path::new(&home).join(".cache/ms-playwright"));
    let Some(root) = env::var_os("PLAYWRIGHT_BROWSERS_PATH").map(PathBuf::from).or_else(home) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> =
        fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("chromium")));
    found.sort();
    found.into_iter().rev().flat_map(|path| PLAYWRIGHT.map(|below| path.join(below))).collect()
}
