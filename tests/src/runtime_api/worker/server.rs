//! The Runtime API of one process: `next` waits for a job, `response` and `error` answer it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use shared::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc, oneshot};
use tokio::task::JoinSet;

use super::{Job, Outcome};

/// The one invocation that a process has.
struct Api {
    jobs: AsyncMutex<mpsc::Receiver<Job>>,
    current: Mutex<Option<oneshot::Sender<Outcome>>>,
}

/// Serves until aborted.
pub(super) async fn serve(listener: TcpListener, jobs: mpsc::Receiver<Job>) {
    let api = Arc::new(Api { jobs: AsyncMutex::new(jobs), current: Mutex::new(None) });
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let api = Arc::clone(&api);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let api = Arc::clone(&api);
                async move { Ok::<_, Infallible>(api.answer(request).await) }
            });
            // Ends with the process, most likely in the middle of something.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

impl Api {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path().to_owned();
        if path.ends_with("/invocation/next") {
            return self.next().await;
        }
        let Ok(body) = request.into_body().collect().await else { return plain(StatusCode::BAD_REQUEST, Bytes::new()) };
        let body = body.to_bytes();
        if path.ends_with("/response") {
            self.settle(Outcome::Answered(body.to_vec()));
        } else if path.ends_with("/error") {
            self.settle(Outcome::Failed(String::from_utf8_lossy(&body).into_owned()));
        } else {
            return plain(StatusCode::NOT_FOUND, Bytes::new());
        }
        plain(StatusCode::ACCEPTED, Bytes::from_static(b"{\"status\":\"OK\"}"))
    }

    /// Waits as an idle environment does.
    async fn next(&self) -> Response<Full<Bytes>> {
        let Some(job) = self.jobs.lock().await.recv().await else { return plain(StatusCode::GONE, Bytes::new()) };
        let limit_ms = i64::try_from(job.limit.as_millis()).unwrap_or(i64::MAX);
        let deadline = Clock::SYSTEM.now_ms().saturating_add(limit_ms);
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(job.answer);
        let mut response = plain(StatusCode::OK, job.event.into());
        for (name, value) in [
            ("lambda-runtime-aws-request-id", "00000000-0000-4000-8000-000000000000".to_owned()),
            ("lambda-runtime-deadline-ms", deadline.to_string()),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:any".to_owned()),
        ] {
            if let Ok(value) = value.parse() {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    fn settle(&self, outcome: Outcome) {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(answer) = current {
            // Whoever invoked it may have gone.
            let _ = answer.send(outcome);
        }
    }
}

fn plain(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}
