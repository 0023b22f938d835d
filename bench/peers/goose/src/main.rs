//! goose as a peer: users that get the path in `PEER_PATH`, without waits. How many, for how long and from where is goose's own command
//! line: `--users 64 --run-time 3 --host http://127.0.0.1:18181`.

use std::sync::LazyLock;

use goose::prelude::*;

static PATH: LazyLock<String> = LazyLock::new(|| std::env::var("PEER_PATH").unwrap_or_else(|_| "/".to_owned()));

#[tokio::main]
async fn main() -> Result<(), GooseError> {
    let scenario = scenario!("Getter").register_transaction(transaction!(get));
    GooseAttack::initialize()?.register_scenario(scenario).execute().await?;
    Ok(())
}

/// Only a response that is read whole leaves its connection to the next.
async fn get(user: &mut GooseUser) -> TransactionResult {
    if let Ok(response) = user.get(&PATH).await?.response {
        // How it went has been counted.
        let _ = response.bytes().await;
    }
    Ok(())
}
