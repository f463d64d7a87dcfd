//! pipeline-aws
