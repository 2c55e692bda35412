module.exports = {
  testMatch: ['<rootDir>/*.test.ts'],
  transform: { '\\.ts$': '<rootDir>/jest-transform.js' },
};
