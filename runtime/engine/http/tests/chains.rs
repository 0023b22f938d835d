//! Tests targets, redirects and cookies.

use super::*;
use crate::stats::FailureClass;

fn to(status: u16, location: &str) -> Act {
    say(format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))
}

fn path_of(request: &str) -> &str {
    request.split(' ').nth(1).unwrap()
}

#[test]
fn targets_are_parsed_and_joined() {
    let base = Target::parse("HTTPS://Shop.Example:443/api/").unwrap();
    assert_eq!((base.to_string().as_str(), base.host()), ("https://shop.example/api/", "shop.example"));
    let append = |base: &str, path: &str, query: &str| Target::parse(base).unwrap().append(path, query).unwrap().to_string();
    assert_eq!(append("http://a:81/api/", "/x", "b=c"), "http://a:81/api/x?b=c");
    assert_eq!(append("http://a", "/x", ""), "http://a/x");
    assert_eq!(append("http://a/", "", ""), "http://a/");
    assert_eq!(append("http://a/api", "", "q=1"), "http://a/api?q=1");
    assert_eq!(append("http://a/api?key=1", "/x", "q=1"), "http://a/api/x?key=1&q=1");
    assert_eq!(append("http://a", "/x y/é#f", "q=a b"), "http://a/x%20y/%C3%A9?q=a%20b");
    assert_eq!(append("http://[::1]:8080", "/x", ""), "http://[::1]:8080/x");
    let join = |reference: &str, query: &str| Target::parse("http://a/api").unwrap().join(reference, query).unwrap().to_string();
    assert_eq!(join("x?y=1", "z=2"), "http://a/x?y=1&z=2");
    assert_eq!(join("/x", ""), "http://a/x");
    assert_eq!(join("https://b/x#f", ""), "https://b/x");
    assert!(Target::parse("http://a").unwrap().same_origin(&Target::parse("http://A:80/x").unwrap()));
    assert!(!Target::parse("http://a").unwrap().same_origin(&Target::parse("https://a").unwrap()));
    assert!(Target::parse("http://me:secret@a/").is_err_and(|why| !why.contains("secret")));
    assert!(Target::parse("/x").is_err() && Target::parse("ftp://a/").is_err());
}

#[test]
fn redirects_are_followed_on_the_host() {
    run(async {
        let server = Server::start(|_, _, request| match path_of(request) {
            "/a" => to(302, "b?x=1#f"),
            "/b?x=1" => to(307, "/c"),
            path => say(ok(path)),
        })
        .await;
        let client = Client::new();
        let response = client.get(server.url("/a")).await.unwrap();
        assert_eq!((text(&response), response.url.to_string()), ("/c", server.url("/c").to_string()));
        let hops: Vec<_> = response.hops.iter().map(|hop| (hop.status, hop.url.to_string())).collect();
        assert_eq!(hops, [(302, server.url("/b?x=1").to_string()), (307, server.url("/c").to_string())]);
        assert_eq!(server.connections(), 1);
        for (redirects, status, hops) in
            [(Redirects::Off, 302, 0), (Redirects::Hops(0), 302, 0), (Redirects::Hops(1), 307, 1), (Redirects::Hops(9), 200, 2)]
        {
            let request = HttpRequest { redirects, ..client.request("GET", server.url("/a")) };
            let response = client.session.send(laid(&request)).await.unwrap();
            assert_eq!((response.status, response.hops.len()), (status, hops), "{redirects:?}");
        }
    });
}

#[test]
fn empty_locations_are_not_followed() {
    run(async {
        let server = Server::start(|_, _, _| to(302, " ")).await;
        let response = Client::new().get(server.url("/a")).await.unwrap();
        assert_eq!((response.status, server.requests().len()), (302, 1));
    });
}

#[test]
fn two_different_locations_are_not_followed() {
    run(async {
        for (lines, followed) in [("Location: /a\r\nLocation: /b\r\n", false), ("Location: /a\r\nlocation: /a\r\n", true)] {
            let answer = format!("HTTP/1.1 302 Found\r\n{lines}Content-Length: 0\r\n\r\n");
            let server = Server::start(move |_, _, request| if path_of(request) == "/" { say(&answer) } else { say(ok("hi")) }).await;
            let came = Client::new().get(server.url("/")).await.map(|response| response.status).map_err(|failure| failure.message);
            assert_eq!(came, if followed { Ok(200) } else { Err("the response has two different Locations".to_owned()) });
        }
    });
}

#[test]
fn number_of_redirects_is_limited() {
    run(async {
        let server = Server::start(|_, _, request| {
            let number: u32 = path_of(request)[1..].parse().unwrap();
            if number == 0 { say(ok("there")) } else { to(301, &format!("/{}", number - 1)) }
        })
        .await;
        let client = Client::new();
        assert_eq!(text(&client.get(server.url("/10")).await.unwrap()), "there");
        let failure = client.get(server.url("/11")).await.unwrap_err();
        assert_eq!((failure.class, failure.message.as_str()), (FailureClass::Protocol, "more than 10 redirects"));
        let head = failure.partial.map(|partial| (partial.status, partial.headers.get("location").map(str::to_owned)));
        assert_eq!(head, Some((301, Some("/0".to_owned()))));
    });
}

#[test]
fn redirected_methods_change_as_in_browsers() {
    run(async {
        let server = Server::start(|_, _, request| match path_of(request) {
            "/end" => say("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            path => to(path[1..].parse().unwrap(), "/end"),
        })
        .await;
        let client = Client::new();
        let cases = [
            ("POST", 301, "GET"),
            ("POST", 302, "GET"),
            ("PUT", 302, "PUT"),
            ("PUT", 303, "GET"),
            ("HEAD", 303, "HEAD"),
            ("POST", 307, "POST"),
            ("PATCH", 308, "PATCH"),
        ];
        for (method, status, then) in cases {
            let has_body = method != "HEAD";
            let request = HttpRequest {
                headers: if has_body { b"Content-Type: text/plain\r\n"[..].into() } else { Rc::default() },
                body: if has_body { "hello".into() } else { Bytes::new() },
                has_body,
                ..client.request(method, server.url(&format!("/{status}")))
            };
            client.session.send(laid(&request)).await.unwrap();
            let last = server.requests().pop().unwrap();
            let kept = last.contains("Content-Type") && last.ends_with("\r\n\r\nhello");
            let left = !last.contains("Content-") && last.ends_with("\r\n\r\n");
            assert!(last.starts_with(&format!("{then} /end ")), "{method} {status}: {last}");
            assert!(if then == method && has_body { kept } else { left }, "{method} {status}: {last}");
        }
    });
}

#[test]
fn redirects_stay_on_the_fast_path_and_change_no_byte() {
    run(async {
        let server = Server::start(|_, _, request| match path_of(request) {
            "/in" => say("HTTP/1.1 303 See Other\r\nLocation: /home?x=1\r\nSet-Cookie: sid=1; Path=/\r\nContent-Length: 0\r\n\r\n"),
            "/kept" => to(307, "/via"),
            "/via" => to(308, "end"),
            "/late" => to(302, "/close"),
            "/close" => say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
            "/large" => to(302, "/body"),
            "/body" => say(ok(&"x".repeat(100_000))),
            path => say(ok(path)),
        })
        .await;
        for (method, path, hops) in [("GET", "/in", 1), ("POST", "/in", 1), ("POST", "/kept", 2), ("GET", "/large", 1)] {
            let client = Client::new();
            let body = if method == "POST" { "hello" } else { "" };
            let headers = if method == "POST" { b"Content-Type: text/plain\r\n"[..].into() } else { Rc::default() };
            let request =
                HttpRequest { headers, body: body.into(), has_body: !body.is_empty(), ..client.request(method, server.url(path)) };
            let request = laid(&request);
            // On a new connection the general path sends them, on an open one the fast path.
            let mut seen = Vec::new();
            for _ in 0..3 {
                let before = server.requests().len();
                let response = client.session.send(request.clone()).await.unwrap();
                assert_eq!((response.status, response.hops.len()), (200, hops), "{method} {path}");
                seen.push((server.requests()[before..].to_vec(), response.url, response.hops, response.traffic));
                if seen.len() == 1 {
                    // The first of the next is sent with the cookies of the last: both have them.
                    client.get(server.url("/close")).await.unwrap();
                    let response = client.session.send(request.clone()).await.unwrap();
                    seen[0].3 = response.traffic;
                    seen[0].0 = server.requests()[server.requests().len() - hops - 1..].to_vec();
                }
            }
            let [(general, url, hopped, moved), fast, again] = &seen[..] else { panic!("three were sent") };
            assert_eq!((general, url, hopped), (&fast.0, &fast.1, &fast.2), "{method} {path}");
            assert_eq!(fast.3, again.3, "{method} {path}");
            assert_eq!((moved.sent, moved.received, moved.redirects), (fast.3.sent, fast.3.received, fast.3.redirects), "{method} {path}");
            assert_eq!((fast.3.opened, fast.3.reused as usize, fast.3.redirects as usize), (0, hops + 1, hops), "{method} {path}");
        }
    });
}

#[test]
fn hop_that_is_lost_is_sent_again_as_any_other_request() {
    run(async {
        // Each connection is closed instead of a third answer.
        let server = Server::start(|_, number, request| match (number, path_of(request)) {
            (2, _) => last(""),
            (_, "/a") => to(302, "/b"),
            (_, path) => say(ok(path)),
        })
        .await;
        let client = Client::new();
        client.get(server.url("/first")).await.unwrap();
        let response = client.get(server.url("/a")).await.unwrap();
        assert_eq!((text(&response), response.hops.len()), ("/b", 1));
        let traffic = response.traffic;
        assert_eq!((traffic.opened, traffic.reused, traffic.resends, traffic.redirects), (1, 2, 1, 1));
    });
}

#[test]
fn hop_that_is_late_fails_in_its_own_words() {
    run(async {
        let server = Server::start(|_, _, request| match path_of(request) {
            "/a" => to(302, "/b"),
            "/b" => Act::Silence,
            path => say(ok(path)),
        })
        .await;
        let client = Client::new();
        for first in ["/open", "/open"] {
            client.get(server.url(first)).await.unwrap();
            let request = HttpRequest { timeout: Duration::from_millis(50), ..client.request("GET", server.url("/a")) };
            let failure = client.session.send(laid(&request)).await.unwrap_err();
            assert_eq!((failure.class, failure.message.as_str()), (FailureClass::Timeout, "no response within 50ms"));
            assert_eq!((failure.traffic.redirects, failure.traffic.reused), (1, 2));
        }
    });
}

#[test]
fn other_hosts_get_no_secrets() {
    run(async {
        let other = Server::start(|_, _, _| say(ok("other"))).await;
        let port = other.address.port();
        let server = Server::start(move |_, _, request| match path_of(request) {
            "/away" => to(302, &format!("http://localhost:{port}/")),
            _ => to(302, "myapp://callback"),
        })
        .await;
        let client = Client::new();
        let request = HttpRequest {
            headers: b"Cookie: a=1\r\nAuthorization: Basic eA==\r\nX-Plain: yes\r\n"[..].into(),
            auth: b"X-Key: secret\r\n"[..].into(),
            ..client.request("GET", server.url("/away"))
        };
        assert_eq!(client.session.send(laid(&request)).await.unwrap().status, 302);
        assert_eq!(client.get(server.url("/app")).await.unwrap().status, 302);
        let any = HttpRequest { redirects: Redirects::Any, ..request };
        assert_eq!(text(&client.session.send(laid(&any)).await.unwrap()), "other");
        let seen = &other.requests()[0];
        assert!(seen.contains("X-Plain: yes\r\n") && seen.contains(&format!("Host: localhost:{port}\r\n")), "{seen}");
        assert!(!seen.contains("Cookie") && !seen.contains("Authorization") && !seen.contains("secret"), "{seen}");
        assert!(server.requests()[0].contains("X-Key: secret\r\n"));
    });
}

#[test]
fn headers_of_an_api_are_not_forwarded_to_other_hosts() {
    run(async {
        let other = Server::start(|_, _, _| say(ok("there"))).await;
        let location = other.url("/there").to_string().replace("127.0.0.1", "localhost");
        let server = Server::start(move |_, _, request| match path_of(request) {
            "/here" => to(302, "/away"),
            _ => to(307, &location),
        })
        .await;
        let client = Client::new();
        let own = "X-Own: 1\r\n";
        let api = "X-Key: k\r\nUser-Agent: me\r\nContent-Type: a/b\r\n";
        let request = |api_headers| HttpRequest {
            headers: format!("{own}{api}X-Last: 2\r\n").into_bytes().into(),
            api_headers,
            redirects: Redirects::Any,
            ..client.request("GET", server.url("/here"))
        };
        for (range, is_forwarded) in [(own.len()..own.len() + api.len(), false), (0..0, true)] {
            client.session.send(laid(&request(range))).await.unwrap();
            let (here, there) = (server.requests().pop().unwrap(), other.requests().pop().unwrap());
            for line in ["X-Own: 1", "X-Key: k", "User-Agent: me", "Content-Type: a/b", "X-Last: 2"] {
                assert!(here.contains(line), "{here}");
                assert_eq!(there.contains(line), line != "X-Key: k" || is_forwarded, "{line}: {there}");
            }
        }
    });
}

#[test]
fn redirects_do_not_lead_to_metadata_or_from_a_public_host_to_this_machine() {
    run(async {
        let server = Server::start(|_, _, request| match path_of(request).rsplit('/').next() {
            Some("mapped") => to(302, "http://[::ffff:169.254.169.254]/latest"),
            Some("home") => to(307, "http://127.0.0.1:1/admin"),
            _ => to(302, "//169.254.169.254/latest"),
        })
        .await;
        let direct = Client::new();
        let proxies = Proxies::All(format!("http://{}", server.address));
        let proxied = Client::with(TransportConfig { proxies, ..TransportConfig::default() }, &ApiConfig::default());
        let public = Target::parse("http://shop.example/home").unwrap();
        for redirects in [Redirects::Any, Redirects::Hops(5)] {
            for (client, url) in [(&direct, server.url("/link")), (&direct, server.url("/mapped")), (&proxied, public.clone())] {
                let request = HttpRequest { redirects, ..client.request("GET", url.clone()) };
                let failure = client.session.send(laid(&request)).await.unwrap_err();
                assert_eq!((failure.class, &*failure.kind), (FailureClass::Protocol, "redirect refused"), "{url}");
                assert!(failure.message.contains("is not followed: a redirect never leads"), "{failure:?}");
                assert!(failure.partial.is_some_and(|partial| partial.headers.get("location").is_some()));
            }
        }
        assert_eq!(server.requests().len(), 6, "only the requests of the test were sent");
        assert_eq!(direct.get(server.url("/link")).await.unwrap().status, 302, "a redirect that must not be followed is the response");
    });
}

#[test]
fn cookies_are_kept_and_sent() {
    run(async {
        let server = Server::start(|_, _, request| match path_of(request) {
            "/in" => say("HTTP/1.1 302 Found\r\nLocation: /home\r\nSet-Cookie: sid=1; HttpOnly\r\nSet-Cookie: deep=2; Path=/home\r\nContent-Length: 0\r\n\r\n"),
            "/out" => say("HTTP/1.1 200 OK\r\nSet-Cookie: sid=; Max-Age=0\r\nContent-Length: 0\r\n\r\n"),
            "/odd" => say("HTTP/1.1 200 OK\r\nSet-Cookie: x=1; Domain=elsewhere.example\r\nSet-Cookie: =\r\nContent-Length: 0\r\n\r\n"),
            _ => say(ok("")),
        })
        .await;
        let client = Client::new();
        let cookies = || {
            let last = server.requests().pop().unwrap();
            last.lines().find_map(|line| line.strip_prefix("Cookie: ").map(str::to_owned)).unwrap_or_default()
        };
        client.get(server.url("/in")).await.unwrap();
        assert_eq!(cookies(), "deep=2; sid=1");
        assert_eq!(client.session.cookie(&server.url("/").to_string(), "sid").as_deref(), Some("1"));
        assert_eq!(client.session.cookie(&server.url("/").to_string(), "deep"), None);
        client
            .session
            .send(laid(&HttpRequest { headers: b"Cookie: own=3\r\n"[..].into(), ..client.request("GET", server.url("/")) }))
            .await
            .unwrap();
        assert_eq!(cookies(), "own=3; sid=1");
        client.session.send(laid(&HttpRequest { cookies: false, ..client.request("GET", server.url("/")) })).await.unwrap();
        assert_eq!(cookies(), "");
        let other = Session::new(client.transport.clone(), 0);
        other.send(laid(&client.request("GET", server.url("/")))).await.unwrap();
        assert_eq!(cookies(), "");
        client.get(server.url("/odd")).await.unwrap();
        client.get(server.url("/out")).await.unwrap();
        client.get(server.url("/home")).await.unwrap();
        assert_eq!(cookies(), "deep=2");
        client.session.clear_cookies("elsewhere.example");
        client.get(server.url("/home")).await.unwrap();
        assert_eq!(cookies(), "deep=2");
        client.session.clear_cookies(server.url("/").host());
        client.get(server.url("/home")).await.unwrap();
        assert_eq!(cookies(), "");
    });
}

#[test]
fn cookies_stay_on_the_fast_path_and_change_no_byte() {
    run(async {
        let server = Server::start(|_, _, request| match path_of(request) {
            "/in" => say("HTTP/1.1 200 OK\r\nSet-Cookie: sid=1; Path=/\r\nContent-Length: 0\r\n\r\n"),
            "/more" => say("HTTP/1.1 200 OK\r\nSet-Cookie: deep=2; Path=/home\r\nContent-Length: 0\r\n\r\n"),
            "/close" => say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
            _ => say(ok("")),
        })
        .await;
        let client = Client::new();
        let last = || server.requests().pop().unwrap();
        let is_quick = |request: &HttpRequest| client.session.quick(request, crate::base::clock::now()).is_some();
        client.get(server.url("/in")).await.unwrap();
        for method in ["GET", "POST", "DELETE"] {
            let body = if method == "POST" { "hello" } else { "" };
            let request = HttpRequest { body: body.into(), has_body: !body.is_empty(), ..client.request(method, server.url("/a?b=1")) };
            // The general path sends it on a new connection, and the fast path on an open one.
            client.get(server.url("/close")).await.unwrap();
            client.session.send(laid(&request)).await.unwrap();
            let general = last();
            client.session.send(laid(&request)).await.unwrap();
            assert_eq!(last(), general);
            assert!(general.contains("Cookie: sid=1\r\n"), "{general}");
        }
        let own = HttpRequest { headers: b"Cookie: own=3\r\n"[..].into(), ..client.request("GET", server.url("/")) };
        assert!(!is_quick(&laid(&own)), "its own cookies are joined with the jar's");
        assert!(is_quick(&laid(&client.request("GET", server.url("/")))));
        client.get(server.url("/more")).await.unwrap();
        for (path, cookies) in
            [("/", "sid=1"), ("/home", "deep=2; sid=1"), ("/home/x", "deep=2; sid=1"), ("/homes", "sid=1"), ("/", "sid=1")]
        {
            client.get(server.url(path)).await.unwrap();
            assert!(last().contains(&format!("Cookie: {cookies}\r\n")), "{path}: {}", last());
        }
        client.session.clear_cookies(server.url("/").host());
        client.get(server.url("/")).await.unwrap();
        assert!(!last().contains("Cookie"), "{}", last());
    });
}
