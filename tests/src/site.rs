//! A seller's site and the API beside it, for a browser that sees nothing else.
//!
//! It answers as a proxy: under every host name the pages that a test put there, and on the API's paths the functions over the
//! test's world.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use aws_smithy_types::base64;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use lambda_http::Body;
use lambda_http::http::header::HeaderName;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::request;
use crate::world::World;

/// Where the deployment is, for a browser of the setup's pages.
pub const TRACK: &str = "http://track.example.com";

/// A page: its headers and its HTML.
#[derive(Clone, Debug, Default)]
struct Document {
    headers: Vec<(&'static str, String)>,
    html: String,
}

/// A request that the browser made.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Its whole URL.
    pub url: String,
    /// Its body.
    pub body: String,
    /// What it was answered with.
    pub status: u16,
}

#[derive(Default)]
struct Held {
    /// By URL without the query.
    documents: HashMap<String, Document>,
    seen: Vec<Seen>,
}

/// The running server. It ends with its value.
pub struct Site {
    /// Its port on 127.0.0.1.
    pub port: u16,
    /// The world behind the API.
    pub world: Arc<World>,
    held: Arc<Mutex<Held>>,
    task: JoinHandle<()>,
}

impl Site {
    /// Starts it over a world of its own.
    pub async fn start() -> Result<Self> {
        Self::over(World::new().await?).await
    }

    /// The same for the pages of the setup: everything is at [`TRACK`].
    pub async fn of_pages() -> Result<Self> {
        let mut world = World::new().await?;
        world.setup.public_url = Some(TRACK.to_owned());
        Self::over(world).await
    }

    async fn over(world: World) -> Result<Self> {
        let world = Arc::new(world);
        let held = Arc::new(Mutex::new(Held::default()));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let task = tokio::spawn(serve(listener, Arc::clone(&world), Arc::clone(&held)));
        Ok(Self { port, world, held, task })
    }

    /// Puts a page at a URL (without a query).
    pub fn put(&self, url: &str, html: &str) {
        self.put_with(url, html, &[]);
    }

    /// The same with headers of its own.
    pub fn put_with(&self, url: &str, html: &str, headers: &[(&'static str, &str)]) {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let document = Document { headers, html: html.to_owned() };
        self.lock().documents.insert(url.to_owned(), document);
    }

    /// The requests so far whose URL has this in it.
    pub fn seen(&self, part: &str) -> Vec<Seen> {
        self.lock().seen.iter().filter(|seen| seen.url.contains(part)).cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        lock(&self.held)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(held: &Mutex<Held>) -> std::sync::MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, world: Arc<World>, held: Arc<Mutex<Held>>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(connection(stream, Arc::clone(&world), Arc::clone(&held)));
    }
}

async fn connection(stream: TcpStream, world: Arc<World>, held: Arc<Mutex<Held>>) {
    let service = service_fn(move |request| {
        let (world, held) = (Arc::clone(&world), Arc::clone(&held));
        async move { Ok::<_, Infallible>(answer(request, &world, &held).await) }
    });
    // A browser that closes a connection is no fault.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, world: &World, held: &Mutex<Held>) -> Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let (url, path) = (parts.uri.to_string(), parts.uri.path().to_owned());
    let response = if path == "/t.js"
        || ["/v1/", "/r/", "/w/", "/setup", "/openapi.json", "/healthz"].iter().any(|prefix| path.starts_with(prefix))
    {
        api(&parts, &bytes, world).await
    } else if path == "/favicon.ico" {
        Response::new(Full::default())
    } else {
        document(lock(held).documents.get(url.split('?').next().unwrap_or_default()))
    };
    let status = response.status().as_u16();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    lock(held).seen.push(Seen { method: parts.method.to_string(), url, body, status });
    response
}

/// The functions, as API Gateway hands them a request.
async fn api(parts: &hyper::http::request::Parts, body: &[u8], world: &World) -> Response<Full<Bytes>> {
    let path = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let text = std::str::from_utf8(body);
    // What is no text comes in base64.
    let mut event = request::event(&parts.method, path, &text.map_or_else(|_| base64::encode(body), str::to_owned));
    event["isBase64Encoded"] = text.is_err().into();
    event["headers"] = serde_json::json!({});
    for (name, value) in &parts.headers {
        event["headers"][name.as_str()] = String::from_utf8_lossy(value.as_bytes()).into_owned().into();
    }
    let request = request::of(&event);
    let response = if ["/v1/orders", "/w/", "/healthz/order"].iter().any(|prefix| parts.uri.path().starts_with(prefix))
    {
        order::handle(&world.order, &request).await
    } else if ["/setup", "/v1/setup", "/v1/tenants", "/openapi.json", "/healthz/setup"]
        .iter()
        .any(|prefix| parts.uri.path().starts_with(prefix))
    {
        setup::handle(&world.setup, &request).await
    } else {
        click::handle(&world.click, &request).await
    };
    let (parts, body) = response.into_parts();
    let bytes = match body {
        Body::Text(text) => text.into(),
        Body::Binary(bytes) => bytes.into(),
        _ => Bytes::new(),
    };
    Response::from_parts(parts, Full::new(bytes))
}

fn document(found: Option<&Document>) -> Response<Full<Bytes>> {
    let Some(document) = found else {
        let mut missing = Response::new(Full::from("there is no such page"));
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return missing;
    };
    let mut response = Response::new(Full::from(document.html.clone()));
    let html = [("content-type", "text/html; charset=utf-8".to_owned())];
    for (name, value) in html.iter().chain(&document.headers) {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}
