'use strict';
// Where every answer is lost, the breaker would rightly let one call through every two seconds: it is not what is tested then.
const http = require('../../../dist/nodes/runtime/http.js');

const { createHttpClient } = http;
http.createHttpClient = (options) => createHttpClient({ ...options, breaker: { failures: 1_000_000, halfOpenAfterMs: 1 } });
