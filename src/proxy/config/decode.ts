/**
 * From the bytes of the mounted file to a configuration that the proxy can run, or to every mistake in it. Whole or
 * not at all: a document with one mistake changes nothing.
 */
import { createHash } from 'node:crypto';
import { findBrokenReferences, Mistake, ProxyConfig, ResolvedProxyConfig, withDefaults } from '../../contract';
import validate = require('./validator.generated');

/** Longest document that is read; a ConfigMap holds 1 MiB. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

export type Decoded =
  | { readonly ok: true; readonly config: ResolvedProxyConfig; readonly hash: string }
  | { readonly ok: false; readonly mistakes: Mistake[]; readonly hash: string };

/** Decodes, validates and fills in defaults. */
export function decodeConfig(text: string): Decoded {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16);
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    return refused(hash, { path: '', message: `the document is longer than ${MAX_CONFIG_BYTES} bytes` });
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return refused(hash, { path: '', message: `the document is not JSON: ${(error as Error).message}` });
  }
  if (!validate(document)) return { ok: false, hash, mistakes: (validate.errors ?? []).map(inWords) };

  const config = document as ProxyConfig;
  const mistakes = findBrokenReferences(config);
  return mistakes.length > 0 ? { ok: false, hash, mistakes } : { ok: true, hash, config: withDefaults(config) };
}

/** Mistakes as lines for a log or a terminal. */
export function describeMistakes(mistakes: readonly Mistake[]): string[] {
  return mistakes.map(({ path, message }) => `${path || '/'}: ${message}`);
}

function refused(hash: string, mistake: Mistake): Decoded {
  return { ok: false, hash, mistakes: [mistake] };
}

/** What ajv says, with the value that it got. */
function inWords(error: validate.SchemaError): Mistake {
  const { keyword, instancePath, params } = error;
  if (keyword === 'additionalProperties') {
    return { path: instancePath, message: `unknown field '${String(params['additionalProperty'])}'; remove it or correct its name` };
  }
  if (keyword === 'required') return { path: instancePath, message: `field '${String(params['missingProperty'])}' is missing` };
  if (keyword === 'discriminator') {
    return { path: `${instancePath}/type`, message: `unknown type ${asJson(params['tagValue'])}; known are ${knownTypes(error)}` };
  }
  const expected = keyword === 'const' ? `must be ${asJson(params['allowedValue'])}`
    : keyword === 'enum' ? `must be one of ${asJson(params['allowedValues'])}`
      : error.message ?? keyword;
  return { path: instancePath, message: `${expected}, got ${asJson(error.data)}` };
}

function knownTypes(error: validate.SchemaError): string {
  const members = error.parentSchema?.oneOf ?? [];
  return members.map((member) => member.properties.type.const).join(', ');
}

function asJson(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
