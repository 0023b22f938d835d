// The same load as the other peers, for k6: users that repeat one request, each over one connection, without checks.

import http from 'k6/http';

const url = __ENV.PEER_URL;
const body = __ENV.PEER_BODY;
const json = { headers: { 'Content-Type': 'application/json' } };

export default function () {
  if (body) {
    http.post(url, body, json);
  } else {
    http.get(url);
  }
}
