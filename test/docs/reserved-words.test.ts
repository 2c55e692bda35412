/** The page on reserved words names all props that jsii would warn of, and no others. Reads what the build left in .jsii. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { REPOSITORY } from './markdown';

interface Named { readonly name: string }
interface Callable { readonly parameters?: readonly Named[] }
interface JsiiType extends Named {
  readonly properties?: readonly Named[];
  readonly methods?: readonly (Named & Callable)[];
  readonly initializer?: Callable;
}

// jsii has no public module with its list; the version of jsii is pinned.
const { isReservedName } = createRequire(__filename)(join(REPOSITORY, 'node_modules/jsii/lib/reserved-words.js')) as {
  isReservedName(name: string): string[] | undefined;
};

const { types } = JSON.parse(readFileSync(join(REPOSITORY, '.jsii'), 'utf8')) as { types: Record<string, JsiiType> };

test('the page on reserved words names them all, with the languages', () => {
  const page = readFileSync(join(REPOSITORY, 'docs/decisions/reserved-words.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (`.*`) \| (\S+) \| `\S+` \|$/gm)];
  const told = rows.flatMap(([, props, language]) => [...props!.matchAll(/`([\w.]+)`/g)].map(([, prop]) => `${prop} ${language}`));
  expect(told.sort()).toEqual(Object.values(types).flatMap(reservedIn).sort());
});

/** `GatewayServiceProps.type Go` for each name in a type that is reserved somewhere. */
function reservedIn({ name: type, properties = [], methods = [], initializer }: JsiiType): string[] {
  const parameters = [...methods, initializer ?? {}].flatMap((callable) => callable.parameters ?? []);
  return [...properties, ...methods, ...parameters].flatMap(({ name }) => (isReservedName(name) ?? []).map((language) => `${type}.${name} ${language}`));
}
