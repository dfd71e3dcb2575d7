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
    // Until `Config` reads itself from a value, what rules run is all that an editor can set.
    let names = |key: &str| -> Option<Vec<String>> {
        let list = settings.get(key)?.as_array()?.iter();
        Some(list.filter_map(Value::as_str).map(str::to_owned).collect())
    };
    Ok(Arc::new(Config {
        select: names("select"),
        extend_select: names("extend-select").unwrap_or_default(),
        ignore: names("ignore").unwrap_or_default(),
        ..Config::default()
    }))
}
