/** Unit and integration tests. Types are only stripped; `npm run typecheck` checks them. */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Needs root and buildah: `npm run test:image`. Needs root, compilers and several runtimes: `npm run test:interception`. Needs a browser,
  // a scanner, nginx and HAProxy: `npm run test:clients`. Needs Redis, PostgreSQL and MariaDB: `npm run test:databases`. Needs a Prometheus
  // and two minutes: `npm run test:prometheus`. Needs Python and PyPI: `npm run test:python`. Needs Go and its module proxy: `npm run
  // test:gateway-api`, `npm run test:go`. Needs Go: `npm run test:otel-collector`. Needs a quiet machine, for it compares latencies or
  // attacks: `npm run test:simulation`, `npm run test:slow-clients`. Takes long, for it starts many processes or sends 10,000 requests and
  // more: `npm run test:long`.
  testPathIgnorePatterns: [
    '/node_modules/', '<rootDir>/test/image/', '<rootDir>/test/interception/', '<rootDir>/test/tls-peers/', '<rootDir>/test/http2-peers/', '<rootDir>/test/gateway-api/',
    '<rootDir>/test/clients/', '<rootDir>/test/otel-collector/', '<rootDir>/test/prometheus/', '<rootDir>/test/python/', '<rootDir>/test/go/', '<rootDir>/test/databases/',
    '<rootDir>/test/integration/simulation.test.ts', '<rootDir>/test/integration/slow-clients.test.ts',
    '\\.long\\.test\\.ts$',
  ],
  testEnvironment: '<rootDir>/test/support/jest/environment.js',
  transform: { '^.+\\.ts$': '<rootDir>/test/support/jest/transform.js' },
  // A look-up of a global is slow in jest's sandbox, and the simulations are made of them. A library may have a Set or a Buffer of its own.
  sandboxInjectedGlobals: ['Array', 'Float64Array', 'Int32Array', 'Math', 'Number', 'Object', 'Uint8Array'],
  moduleNameMapper: {
    // Property tests begin at a seed that is always the same, or at that of the environment variable MESH_SEED.
    '^fast-check$': '<rootDir>/test/support/jest/fast-check.js',
    '^cdk8s-mesh$': '<rootDir>/src/index.ts', '^cdk8s-mesh/testing$': '<rootDir>/src/testing/index.ts',
  },
  testTimeout: 30_000,
  maxWorkers: 2,
};
