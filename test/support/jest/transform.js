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
/**
 * esbuild's exports are getters, and the optimizing compiler does not look through them here. So once a module has run, its exports become values,
 * but for those that it may assign again.
 */
function plainExports(source) {
  const assigned = [...source.matchAll(/^export let (\w+)/gm)].map(([, name]) => name);
  return `for (const name of Object.keys(module.exports)) {
    if (${JSON.stringify(assigned)}.includes(name)) continue;
    Object.defineProperty(module.exports, name, { value: module.exports[name], enumerable: true, configurable: true, writable: true });
  }`;
}

const OPTIONS_KEY = `${version} ${JSON.stringify(OPTIONS)} ${HELPERS} ${plainExports}`;

module.exports = {
  process(source, file) {
    const { code, map } = transformSync(source, { ...OPTIONS, sourcefile: file, footer: plainExports(source) });
    return { code: HELPERS.reduce((text, [given, wanted]) => text.replace(given, wanted), code), map };
  },
  getCacheKey(source, file, { instrument }) {
    return createHash('sha256').update(`${OPTIONS_KEY} ${instrument} ${file}\n`).update(source).digest('hex');
  },
};
