//! How fast the client is: `cargo test --release -p ltc-runtime speed -- --ignored --nocapture`.

use std::io::{Read as _, Write as _};
use std::time::Instant;

use super::*;

/// Answers every read that ends a request, a thread per connection.
fn serve_forever() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut buffer = [0; 4096];
                let answer =
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: today\r\nContent-Length: 13\r\n\r\n{\"hello\":\"1\"}";
                while stream.read(&mut buffer).is_ok_and(|count| count > 0) && stream.write_all(answer).is_ok() {}
            });
        }
    });
    address
}

#[test]
#[ignore = "a measurement"]
fn speed_of_small_exchanges() {
    let address = serve_forever();
    run(async move {
        let client = Rc::new(Client::new());
        let base = Target::parse(&format!("http://{address}/api")).unwrap();
        let begun = Instant::now();
        let users = (0..64).map(|_| {
            let (client, base) = (client.clone(), base.clone());
            tokio::task::spawn_local(async move {
                let session = Session::new(client.transport.clone(), 0);
                let mut count = 0_u64;
                while begun.elapsed() < Duration::from_secs(3) {
                    let request = client.request("GET", base.append("/items/1", "a=b").unwrap());
                    assert_eq!(session.send(laid(&request)).await.unwrap().status, 200);
                    count += 1;
                }
                count
            })
        });
        let mut all = 0;
        for user in users.collect::<Vec<_>>() {
            all += user.await.unwrap();
        }
        println!("{:.0} exchanges a second", all as f64 / begun.elapsed().as_secs_f64());
    });
}
