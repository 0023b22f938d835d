//! goose as a peer: users that request the path in `PEER_PATH`, without waits. The number of users, the duration and the host come from
//! goose's own command line: `--users 64 --run-time 3 --host http://127.0.0.1:18181`.

use std::sync::LazyLock;

use goose::prelude::*;

static PATH: LazyLock<String> = LazyLock::new(|| std::env::var("PEER_PATH").unwrap_or_else(|_| "/".to_owned()));

#[tokio::main]
async fn main() -> Result<(), GooseError> {
    let scenario = scenario!("Getter").register_transaction(transaction!(get));
    GooseAttack::initialize()?.register_scenario(scenario).execute().await?;
    Ok(())
}

/// A connection can be reused only after its response has been read completely.
async fn get(user: &mut GooseUser) -> TransactionResult {
    if let Ok(response) = user.get(&PATH).await?.response {
        // goose has already counted the result.
        let _ = response.bytes().await;
    }
    Ok(())
}
