//! Settings as clients send them.

use std::sync::Arc;

use serde_json::Value;

use crate::config::Config;

/// Reads settings in either form that clients use, `{…}` and `{"cellwise": {…}}`.
pub fn read(settings: &Value) -> Result<Arc<Config>, String> {
    let settings = settings.get("cellwise").unwrap_or(settings);
    let Value::Object(settings) = settings else {
        return match settings {
            Value::Null => Ok(Arc::default()),
            other => Err(format!("settings must be an object, and are {other}")),
        };
    };
    let settings = Config::from_settings(&Value::Object(settings.clone()))
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(Config::resolve(&[&settings], None)))
}
