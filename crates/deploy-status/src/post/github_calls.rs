//! One request to GitHub's API with octocrab, which `-v` shows.

use octocrab::{FromResponse, Octocrab};
use pipeline_http::{RequestLog, address};
use reqwest::{Method, Url};
use serde_json::Value;

/// octocrab together with the request log, which octocrab does not support.
pub(super) struct GitHubCalls {
    pub client: Octocrab,
    pub requests: RequestLog,
    /// URL of the API, for the log.
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
        let url = || match Url::parse(&format!("{}{route}", self.api)) {
            Ok(url) => address(&url),
            Err(_) => "GitHub".to_owned(),
        };
        let exchange = self.requests.begin(method.as_str(), url);
        let sent = match method {
            Method::POST => self.client._post(route, body).await,
            Method::PATCH => self.client._patch(route, body).await,
            _ => self.client._get(route).await,
        };
        let response = match sent {
            Ok(response) => response,
            Err(error) => {
                exchange.failed(&error);
                return Err(error);
            }
        };
        let headers = response.headers();
        exchange.answered(response.status().as_u16(), None, |name| {
            headers.get(name).and_then(|value| value.to_str().ok())
        });
        T::from_response(octocrab::map_github_error(response).await?).await
    }
}
