//! pipeline-http
