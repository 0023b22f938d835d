// What the other peers do, for k6: users that send one request again and again, each over one connection, and check nothing.

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
