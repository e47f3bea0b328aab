use super::super::program::{Asked, USAGE, introduction, line, read};
use super::super::{Config, DEMO_PIXEL, DEMO_TOKEN, RequestRecord};

fn ask(arguments: &str) -> Result<Box<Config>, String> {
    match read(arguments.split_whitespace().map(String::from))? {
        Asked::Run(config) => Ok(config),
        Asked::Help => Err(USAGE.into()),
    }
}

#[test]
fn without_arguments_it_has_the_demo_pixel_on_a_free_port() {
    let config = ask("").unwrap();
    assert_eq!((config.port, config.keep_bodies), (0, true));
    assert_eq!(config.pixels.get(DEMO_PIXEL).map(String::as_str), Some(DEMO_TOKEN));
}

#[test]
fn pixels_and_app_secrets_are_given_by_their_ids() {
    let config = ask("--pixel 1=a=b --pixel 2=c --app-secret 2=s --port 8089 --no-bodies").unwrap();
    assert_eq!((config.port, config.keep_bodies), (8089, false));
    assert_eq!(config.pixels.into_iter().collect::<Vec<_>>(), [("1".into(), "a=b".into()), ("2".into(), "c".into())]);
    assert_eq!(config.app_secrets.into_iter().collect::<Vec<_>>(), [("2".into(), "s".into())]);
}

#[test]
fn what_makes_no_sense_is_told_without_repeating_a_secret() {
    for (arguments, says) in [
        ("--port", "--port takes a value"),
        ("--port 70000", "from 0 to 65535"),
        ("--port x", "from 0 to 65535"),
        ("--pixel", "--pixel takes a value"),
        ("--pixel sesame", "--pixel takes ID=TOKEN"),
        ("--pixel =sesame", "--pixel takes ID=TOKEN"),
        ("--pixel 1=", "--pixel takes ID=TOKEN"),
        ("--pixel a/b=sesame", "--pixel takes ID=TOKEN"),
        ("--pixel 1=sesame --pixel 1=b", "--pixel 1 is given twice"),
        ("--app-secret 1000000000000001=sesame --app-secret 1000000000000001=b", "is given twice"),
        ("--app-secret 3=sesame", "there is no such pixel"),
        ("--speed", "unknown argument --speed"),
        ("extra", "unknown argument extra"),
    ] {
        let error = ask(arguments).err().unwrap();
        assert!(error.contains(says) && !error.contains("sesame"), "{arguments}: {error}");
    }
    assert_eq!(ask("--port 1 --help").err().unwrap(), USAGE);
}

#[test]
fn the_introduction_shows_the_url_and_no_token_but_the_demos() {
    let url = "http://127.0.0.1:8089";
    let demo = introduction(url, &Config::demo());
    assert!(demo.contains(url) && demo.contains(DEMO_TOKEN), "{demo}");
    let own = introduction(url, &Config::default().with_pixel("2", "sesame"));
    assert!(own.contains("PIXEL=2") && !own.contains("sesame"), "{own}");
}

#[test]
fn a_request_is_told_in_one_line() {
    let taken = RequestRecord {
        number: 1,
        method: "POST".into(),
        path: "/v26.0/1/events".into(),
        status: Some(200),
        events: 3,
        taken: 3,
        duplicates: 1,
        ..RequestRecord::default()
    };
    assert_eq!(line(&taken), "1 POST /v26.0/1/events: 200, 3 of 3 events taken, 1 again");
    let refused = RequestRecord {
        status: Some(400),
        taken: 0,
        duplicates: 0,
        code: Some(100),
        subcode: Some(2_804_003),
        rule: Some("event_time_old".into()),
        field: Some("data[0].event_time".into()),
        ..taken.clone()
    };
    let told =
        "1 POST /v26.0/1/events: 400, 0 of 3 events taken, code 100/2804003, rule event_time_old (data[0].event_time)";
    assert_eq!(line(&refused), told);
    let cut = RequestRecord { status: None, fault: Some("accept_then_reset".into()), duplicates: 0, ..taken };
    assert_eq!(line(&cut), "1 POST /v26.0/1/events: no answer, 3 of 3 events taken, fault accept_then_reset");
}
