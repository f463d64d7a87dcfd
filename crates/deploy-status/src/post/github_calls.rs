//! One call of GitHub's API through octocrab, shown with `-v`.

use octocrab::{FromResponse, Octocrab};
use pipeline_http::{RequestLog, address};
use reqwest::{Method, Url};
use serde_json::Value;

/// octocrab, and the log that it has no place for.
pub(super) struct GitHubCalls {
    pub client: Octocrab,
    pub requests: RequestLog,
    /// The API's address, for the log.
    pub api: String,
}

impl GitHubCalls {
    pub async fn get<T: FromResponse>(&self, route: &str) -> octocrab::Result<T> {
        self.call(Method::GET, route, None).await
    }

    pub async fn post<T: FromResponse>(&self, route: &str, body: &Value) -> octocrab::Result<T> {
        self.call(Method::POST, route, Some(body)).await
    }

    pub async fn patch<T: FromResponse>(&self, route: &str, body: &Value) -> octocrab::Result<T> {
        self.call(Method::PATCH, route, Some(body)).await
    }

    async fn call<T: FromResponse>(
        &self,
        method: Method,
        route: &str,
        body: Option<&Value>,
    ) -> octocrab::Result<T> {
        let asked = || match Url::parse(&format!("{}{route}", self.api)) {
            Ok(url) => address(&url),
            Err(_) => "GitHub".to_owned(),
        };
        let exchange = self.requests.begin(method.as_str(), asked);
        let sent = match method {
            Method::POST => self.client._post(route, body).await,
            Method::PATCH => self.client._patch(route, body).await,
            _ => self.client._get(route).await,
        };
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                exchange.failed(&error);
                return Err(error);
            }
        };
        let headers = answer.headers();
        exchange.answered(answer.status().as_u16(), None, |name| {
            headers.get(name).and_then(|value| value.to_str().ok())
        });
        T::from_response(octocrab::map_github_error(answer).await?).await
    }
}
