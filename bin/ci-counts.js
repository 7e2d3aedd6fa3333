'use strict';
// Prints "N passed, N failed" from jest's own JSON result.
const fs = require('node:fs');
const path = require('node:path');
const { root } = require('./project');

const CONTRACT_TESTS = path.join(root, 'test', 'contract') + path.sep;

/** The counts of a result. A file that could not be run is a failure, and so is a contract test that was skipped although the contracts are there. */
function counts(result, contractsAreThere) {
  const skipped = result.testResults
    .filter(({ name }) => name.startsWith(CONTRACT_TESTS))
    .flatMap(({ assertionResults }) => assertionResults.filter(({ status }) => status === 'pending'));
  return {
    passed: result.numPassedTests,
    failed: result.numFailedTests + result.numRuntimeErrorTestSuites + (contractsAreThere ? skipped.length : 0),
  };
}

function main(file) {
  const contracts = path.resolve(root, process.env.OMS_CONTRACTS_DIR || '../shared/contracts');
  const { passed, failed } = counts(JSON.parse(fs.readFileSync(file, 'utf8')), fs.existsSync(contracts));
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
}

module.exports = { counts };
if (require.main === module) main(process.argv[2]);
