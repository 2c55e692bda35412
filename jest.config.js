/** Unit and integration tests. ts-jest only strips types (`isolatedModules`); `npm run typecheck` checks them. */
module.exports = {
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // Needs root and buildah: `npm run test:image`.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/image/'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: 'tsconfig.test.json' }] },
  moduleNameMapper: { '^cdk8s-mesh$': '<rootDir>/src/index.ts' },
  testTimeout: 30_000,
  maxWorkers: 2,
};
