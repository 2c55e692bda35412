/** Unit and integration tests. ts-jest only strips types (`isolatedModules`); `npm run typecheck` checks them. */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Needs root and buildah: `npm run test:image`. Needs root, compilers and several runtimes: `npm run test:interception`. Needs a quiet machine, for
  // it compares latencies or attacks: `npm run test:simulation`, `npm run test:slow-clients`.
  testPathIgnorePatterns: [
    '/node_modules/', '<rootDir>/test/image/', '<rootDir>/test/interception/', '<rootDir>/test/integration/simulation.test.ts',
    '<rootDir>/test/integration/slow-clients.test.ts',
  ],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.test.json' }] },
  moduleNameMapper: { '^cdk8s-mesh$': '<rootDir>/src/index.ts' },
  testTimeout: 30_000,
  maxWorkers: 2,
};
