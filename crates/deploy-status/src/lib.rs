//! deploy-status
