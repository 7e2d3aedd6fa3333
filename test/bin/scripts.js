'use strict';
// The start script's modules are plain JavaScript; scripts.d.ts says what the tests use of them, with types.
module.exports = {
  ...require('../../bin/build'),
  ...require('../../bin/chromium'),
  ...require('../../bin/ci-counts'),
  ...require('../../bin/command'),
  ...require('../../bin/credentials'),
  ...require('../../bin/install'),
  ...require('../../bin/log'),
  ...require('../../bin/mariadb'),
  ...require('../../bin/mariadb-packages'),
  ...require('../../bin/node'),
  ...require('../../bin/pidfile'),
  ...require('../../bin/process'),
  ...require('../../bin/reset'),
  ...require('../../bin/sandbox'),
};
