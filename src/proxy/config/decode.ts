/**
 * From the bytes of the mounted file to a configuration that the proxy can run, or to every error in it. Whole or
 * not at all: a document with one error changes nothing.
 */
import { hashBytes } from '../../balancing';
import { CONTRACT_MINOR, findBrokenReferences, ValidationError, ProxyConfig, REQUIRED_PARTS, ResolvedProxyConfig, withDefaults } from '../../contract';
import { findUnfitMatches } from './matches';
import { leaveOutUnknown } from './newer';
import validate = require('./validator.generated');

/** Longest document that is read; a ConfigMap holds 1 MiB. */
export const MAX_CONFIG_BYTES = 4 * 1024 * 1024;

/** How often what is unknown is looked for in what is left: a part that is taken out can make another one unknown, but not for long. */
const MAX_ROUNDS = 4;

/** A document that can be run. */
export interface Document {
  readonly config: ResolvedProxyConfig;
  readonly hash: string;
  /** Where it had what this proxy doesn't know, as JSON Pointers; only a document of a newer minor version has any. */
  readonly ignored: readonly string[];
}

export type Decoded =
  | Document & { readonly ok: true }
  | { readonly ok: false; readonly errors: ValidationError[]; readonly hash: string };

/** Decodes, validates and fills in defaults. */
export function decodeConfig(text: string): Decoded {
  const hash = identityOf(text);
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
    return refused(hash, { path: '', message: `the document is longer than ${MAX_CONFIG_BYTES} bytes` });
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return refused(hash, { path: '', message: `the document is not JSON: ${(error as Error).message}` });
  }
  const { errors, ignored } = findErrors(document);
  if (errors.length > 0) return { ok: false, hash, errors };
  return { ok: true, hash, config: withDefaults(document as ProxyConfig), ignored };
}

/** What is wrong with a document. What a newer one has beyond this proxy is taken out of it. */
function findErrors(document: unknown): { readonly errors: ValidationError[]; readonly ignored: string[] } {
  const minor = minorOf(document);
  const ignored: string[] = [];
  let sound = validate(document);
  for (let round = 0; !sound && minor > CONTRACT_MINOR && round < MAX_ROUNDS; round += 1) {
    const leftOut = leaveOutUnknown(document, validate.errors ?? []);
    if (leftOut.length === 0) break;
    ignored.push(...leftOut);
    sound = validate(document);
  }
  const errors = sound ? findUnknownRequirements(document as ProxyConfig) : (validate.errors ?? []).map(inWords);
  if (errors.length === 0) errors.push(...findBrokenReferences(document as ProxyConfig), ...findUnfitMatches(document as ProxyConfig));
  if (errors.length > 0 && minor > CONTRACT_MINOR) {
    errors.push({ path: '/minor', message: `the document is of minor version ${minor}, and this proxy knows ${CONTRACT_MINOR}; a newer image may know what this one refuses` });
  }
  return { errors, ignored };
}

function minorOf(document: unknown): number {
  const minor = (document as { readonly minor?: unknown } | null)?.minor;
  return typeof minor === 'number' ? minor : 0;
}

/** Parts without which the document must not be run, and that this proxy doesn't know. */
function findUnknownRequirements({ requires = [] }: ProxyConfig): ValidationError[] {
  return requires.flatMap((name, i) => (Object.hasOwn(REQUIRED_PARTS, name) ? [] : [{
    path: `/requires/${i}`,
    message: `this proxy doesn't know '${name}', and the document must not be run without; use a newer image of the proxy`,
  }]));
}

/** Errors as lines for a log or a terminal. */
export function describeErrors(errors: readonly ValidationError[]): string[] {
  return errors.map(({ path, message }) => `${path || '/'}: ${message}`);
}

/** What tells documents apart for people and in metrics. Two seeds, for one hash has 32 bits only. */
function identityOf(text: string): string {
  const bytes = Buffer.from(text);
  return [0, 1].map((seed) => hashBytes(bytes, seed).toString(16).padStart(8, '0')).join('');
}

function refused(hash: string, error: ValidationError): Decoded {
  return { ok: false, hash, errors: [error] };
}

/** What ajv says, with the value that it got. */
function inWords(error: validate.SchemaError): ValidationError {
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
