//! The YAML files that a load test is configured by: profile, registry, environment, credentials.
