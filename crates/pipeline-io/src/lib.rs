//! pipeline-io
