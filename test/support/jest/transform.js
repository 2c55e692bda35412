/**
 * Strips the types from TypeScript with esbuild, which takes a tenth of the compiler's time for it. `npm run typecheck` checks
 * the types. Each file is read alone, as `isolatedModules` demands.
 */
const { createHash } = require('node:crypto');
const { transformSync, version } = require('esbuild');

/** @type {import('esbuild').TransformOptions} */
const OPTIONS = { loader: 'ts', format: 'cjs', platform: 'node', target: 'node20', sourcemap: true, sourcesContent: false, tsconfigRaw: '{}', supported: { 'dynamic-import': false } };
/**
 * As the compiler has it, for `jest.spyOn`: exports can be replaced, and an import of one of our modules is that module itself and no
 * copy. (esbuild exports by getters that stay for good.)
 */
const HELPERS = [
  ['var __defProp = Object.defineProperty;', 'var __defProp = (to, name, how) => Object.defineProperty(to, name, { ...how, configurable: true });'],
  ['var __toESM = (mod, isNodeMode, target) => (', 'var __toESM = (mod, isNodeMode, target) => mod?.__esModule ? mod : ('],
];
const OPTIONS_KEY = `${version} ${JSON.stringify(OPTIONS)} ${HELPERS}`;

module.exports = {
  process(source, file) {
    const { code, map } = transformSync(source, { ...OPTIONS, sourcefile: file });
    return { code: HELPERS.reduce((text, [given, wanted]) => text.replace(given, wanted), code), map };
  },
  getCacheKey(source, file, { instrument }) {
    return createHash('sha256').update(`${OPTIONS_KEY} ${instrument} ${file}\n`).update(source).digest('hex');
  },
};
