'use strict';

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.[cm]?ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2024', parser: { syntax: 'typescript', decorators: false } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  moduleFileExtensions: ['ts', 'js', 'json', 'node'],
  maxWorkers: 2,
  // A migrated database takes seconds where others keep the machine busy.
  testTimeout: 30_000,
  globalSetup: '<rootDir>/bin/test-database/start.js',
  globalTeardown: '<rootDir>/bin/test-database/end.js',
};
