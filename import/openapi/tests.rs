//! Whole documents, and the specs that they become.

use crate::{Kind, Options, Source, import, recognize, write};

/// The spec and the first environment of a document.
fn imported(document: &str) -> (String, String) {
    let source = Source::new("orders.yaml", "none", document.as_bytes()).unwrap();
    let draft = import(&source, recognize(&source).unwrap(), &Options::default()).unwrap();
    let files = write::files(&draft);
    let text = |part: &str| {
        let (_, content) = files.iter().find(|(path, _)| path.contains(part)).unwrap();
        String::from_utf8(content.clone()).unwrap()
    };
    (text("orders.lt"), text(&format!("config/{}.yml", draft.environments[0].name)))
}

fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part}\nis not in\n{text}");
    }
}

const ORDERS: &str = "
openapi: 3.0.3
info: {title: Orders API, version: '1'}
servers: [{url: 'https://api.example.com/v1'}]
security: [{key: []}]
paths:
  /orders:
    get:
      tags: [Orders]
      operationId: listOrders
      parameters: [{name: pageSize, in: query, schema: {type: integer}}, {name: X-Trace, in: header, required: true, schema: {type: string, example: t1}}]
      responses: {200: {description: ok, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Order'}}}}}}
    post:
      tags: [Orders]
      operationId: createOrder
      summary: Create an order.
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}, example: {item: mug}}}}
      responses: {201: {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}}
  /orders/{orderId}:
    parameters: [{name: orderId, in: path, required: true, schema: {type: integer}}]
    delete: {tags: [Orders], operationId: deleteOrder, responses: {204: {description: ok}}}
    get: {tags: [Orders], operationId: getOrder, security: [], responses: {default: {description: ok}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas: {Order: {type: object, required: [id, item], properties: {id: {type: integer, readOnly: true}, item: {type: string}}}}
";

/// What the checker takes for a secret by its name is none of the values that are written.
#[test]
fn parameter_that_is_a_token_is_read_from_the_process_environment() {
    let (spec, env) = imported(
        "openapi: 3.0.3\ninfo: {title: Orders API, version: '1'}\npaths:\n  /tokens/{orderToken}:\n    parameters: [{name: orderToken, in: path, required: true, schema: {type: string}}]\n    get: {responses: {200: {description: ok}}}\n",
    );
    assert_has(&spec, &["env.orders.order_token"]);
    assert_has(&env, &["order_token: ${ORDERS_ORDER_TOKEN}\n"]);
}

#[test]
fn operations_become_typed_requests_and_a_sequence_in_which_ids_travel() {
    let (spec, env) = imported(ORDERS);
    assert_has(
        &spec,
        &[
            "  auth header(\"X-Key\", env.orders.api_key)\n",
            "  list_orders(x_trace: string, page_size: int = null) = GET /orders {\n",
            "    query { pageSize: page_size }\n",
            "  create_order(payload: object) = POST /orders { json payload }\n",
            "  get_order(order_id: int) = GET /orders/{order_id} { auth none }\n",
            "    orders.list_orders(\"t1\")\n    expect 200\n    expect json each { id: int, item: string }\n",
            "  step \"Create an order\" interrupt {\n    orders.create_order({ item: \"mug\" })\n    expect 201\n",
            "    take order_id = json.id\n",
            "    orders.get_order(order_id)\n    expect 2xx\n  }\n  step \"Delete order\" {\n    orders.delete_order(order_id)\n    expect 204\n",
        ],
    );
    assert_has(&env, &["  url: https://api.example.com/v1\n", "  api_key: ${ORDERS_API_KEY}\n"]);
}

#[test]
fn users_get_a_token_with_client_credentials() {
    let (spec, env) = imported(
        "
openapi: 3.0.3
info: {title: Orders, version: '1'}
servers: [{url: 'https://api.example.com/v1'}]
security: [{oauth: [read]}]
paths: {/orders: {get: {operationId: list, responses: {200: {description: ok}}}}}
components: {securitySchemes: {oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /oauth/token, scopes: {read: r}}}}}}
",
    );
    assert_has(
        &spec,
        &[
            "  token() = POST /oauth/token {\n    auth basic(env.orders.client_id, env.orders.client_secret)\n",
            "    form { grant_type: \"client_credentials\", scope: \"read\" }\n",
            "    take token = run Login\n    set orders.auth = bearer(token)\n",
        ],
    );
    assert_has(&env, &["  client_secret: ${ORDERS_CLIENT_SECRET}\n", "orders_login:\n  url: https://api.example.com\n"]);
}

#[test]
fn parameters_with_a_content_are_texts_of_json() {
    let (spec, _) = imported(
        "
openapi: 3.1.0
info: {title: Orders, version: '1'}
paths:
  /orders:
    get:
      operationId: find
      parameters:
        - {name: where, in: query, required: true, content: {application/json: {schema: {type: object, required: [a], properties: {a: {const: 1}}}}}}
        - {name: plain, in: query, required: true, schema: {type: object, required: [a], properties: {a: {const: 1}}}}
      responses: {200: {description: ok}}
",
    );
    assert_has(&spec, &["\"{{\\\"a\\\":1}}\"", "\"plain[a]\": plain_a"]);
}

#[test]
fn file_that_is_not_a_document_is_rejected_with_a_fix() {
    let error = |text: &str| {
        let source = Source::new("a.yaml", "none", text.as_bytes()).unwrap();
        import(&source, Kind::OpenApi, &Options::default()).unwrap_err()
    };
    assert!(error("a: 1").message.contains("no OpenAPI document"));
    assert!(error("info: {}\nopenapi: 4.0.0").message.contains("unexpected version `4.0.0`"));
    assert!(error("openapi: 3.0.0\npaths: {}").message.contains("no operation"));
    let broken = error("openapi: 3.0.0\npaths: [\n");
    assert!(broken.line >= 2 && broken.help.is_some(), "{broken:?}");
}

#[test]
fn path_of_another_file_is_read_as_a_whole_or_its_absence_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = "openapi: 3.0.3\ninfo: {title: Orders, version: '1'}\npaths:\n  /orders: {$ref: 'orders.yaml#/'}\n";
    let read = || import(&Source::new("root.yaml", folder.path(), text.as_bytes()).unwrap(), Kind::OpenApi, &Options::default());
    let error = read().unwrap_err();
    assert!(error.help.unwrap().contains("cannot read `orders.yaml`: file not found"));
    std::fs::write(folder.path().join("orders.yaml"), "get: {operationId: list, responses: {'200': {description: ok}}}\n").unwrap();
    assert_eq!(read().unwrap().tally.carried["requests"], 1);
}
