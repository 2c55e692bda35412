/**
 * Collects what is wrong with the props of one construct, so that its author reads all of it at once and in the words
 * of the props: which prop, the value got, what to do. Errors carry the construct's path, because a stack trace points
 * at this library and not at the line that chose the value.
 */
import { IConstruct } from 'constructs';
import { isIP } from 'node:net';
import { nearest } from '../../contract';
import { isName, NameRule, NAME_RULES } from './name-rules';
import { ofOtherMeshes } from './other-names';

/** Mistakes in the props of one construct, together. */
export class PropMistakes extends Error {
  constructor(where: IConstruct, public readonly messages: readonly string[]) {
    super(`[${where.node.path}] ${messages.length === 1 ? messages[0] : `${messages.length} props are wrong:\n  - ${messages.join('\n  - ')}`}`);
  }
}

/** What is wrong with the props of one construct. */
export class ValidationErrors {
  private readonly found: string[] = [];

  /** Notes that `prop` has a value it can't have; `remedy` says what it can have. */
  public add(prop: string, value: unknown, remedy: string): void {
    this.found.push(`'${prop}' is ${show(value)}: ${remedy}`);
  }

  /** Notes all that others noted. */
  public take(others: ValidationErrors): void {
    this.found.push(...others.found);
  }

  /** Everything noted, one sentence each. */
  public get messages(): string[] {
    return [...this.found];
  }

  /** Throws what was noted, if anything was. */
  public throwIfAny(where: IConstruct): void {
    if (this.found.length > 0) {
      throw new PropMistakes(where, this.messages);
    }
  }

  /**
   * Props that don't exist. The compiler finds them in TypeScript; spreads, JavaScript and other languages get past it. The list of all props
   * can be long, so it is given once.
   */
  public unknownProps(props: object, known: Record<string, true>, prefix: string = ''): void {
    const names = Object.keys(known).sort();
    let isListed = false;
    for (const prop of Object.keys(props).filter((each) => !Object.hasOwn(known, each))) {
      const close = nearest(prop, names) ?? startingWith(prop, names);
      const remedy = ofOtherMeshes(prop, known) ?? (close && `did you mean '${close}'?`);
      const list = isListed ? 'use one of those' : `use any of ${names.join(', ')}`;
      isListed ||= remedy === undefined;
      this.found.push(`'${prefix}${prop}' is not a prop here: ${remedy ?? list}`);
    }
  }

  /** Props that are true or false. */
  public booleans<Props extends object>(props: Props, names: readonly (keyof Props & string)[], prefix: string): void {
    for (const name of names) {
      if (props[name] !== undefined && typeof props[name] !== 'boolean') {
        this.add(`${prefix}${name}`, props[name], 'use true or false');
      }
    }
  }

  /** A whole number within bounds. */
  public wholeNumber(prop: string, value: number, min: number, max: number = Number.MAX_SAFE_INTEGER): boolean {
    if (Number.isInteger(value) && value >= min && value <= max) {
      return true;
    }
    this.add(prop, value, max === Number.MAX_SAFE_INTEGER ? `use a whole number of at least ${min}` : `use a whole number from ${min} to ${max}`);
    return false;
  }

  /** A weight, relative to the others. One between 0 and 1 was meant as a share. */
  public weight(prop: string, value: number, max: number): boolean {
    if (value > 0 && value < 1) {
      this.add(prop, value, `weights are whole numbers; use percent, such as ${Math.max(1, Math.round(value * 100))}`);
      return false;
    }
    return this.wholeNumber(prop, value, 0, max);
  }

  /** A TCP port. */
  public port(prop: string, value: number): boolean {
    return this.wholeNumber(prop, value, 1, 65_535);
  }

  /** A name, by the rule of the field that it ends in. */
  public name(prop: string, value: string, rule: NameRule): boolean {
    if (isName(rule, value)) {
      return true;
    }
    this.add(prop, value, rule.remedy);
    return false;
  }

  /** A name that goes into the hosts of pods: Kubernetes takes DNS subdomains there (RFC 1123), and an address would never be looked up. */
  public callableName(prop: string, value: string): boolean {
    if (!this.name(prop, value, NAME_RULES.hostname)) {
      return false;
    }
    if (isAddress(value)) {
      this.add(prop, value, 'this is read as an address, which apps don\'t look up, so it never leads to the sidecar; use a name, by which apps then call it');
      return false;
    }
    if (value.includes('_')) {
      this.add(prop, value, `Kubernetes takes no name with _ in the hosts of a pod; use another, such as ${value.replace(/^_+/, '').replace(/_/g, '-')}`);
      return false;
    }
    return true;
  }

  /** A name that DNS is asked for. */
  public lookedUpName(prop: string, value: string): boolean {
    if (isAddress(value)) {
      this.add(prop, value, 'DNS has no name that is an address, so there would never be an endpoint; use ExternalEndpoints.addresses');
      return false;
    }
    return this.name(prop, value, NAME_RULES.hostname);
  }

  /** DNS servers by address; a name would have to be resolved first. */
  public dnsServers(prop: string, servers: readonly string[] | undefined): void {
    if (servers?.length === 0) {
      this.add(prop, servers, 'name at least one DNS server, or leave it out to use those of the pod');
    }
    servers?.forEach((server, index) => {
      const [, bracketed, host, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(server) ?? [];
      const valid = isIP(server) !== 0 || ((isIP(bracketed ?? '') === 6 || isIP(host ?? '') === 4) && (port === undefined || (+port >= 1 && +port <= 65_535)));
      if (!valid) {
        this.add(`${prop}[${index}]`, server, 'use an IP address, with a port if it is not 53: 10.96.0.10 or 10.96.0.10:5353');
      }
    });
  }
}

/** The only name that begins so. */
function startingWith(prop: string, names: readonly string[]): string | undefined {
  const found = prop.length < 3 ? [] : names.filter((name) => name.toLowerCase().startsWith(prop.toLowerCase()));
  return found.length === 1 ? found[0] : undefined;
}

/** Instances by their class: what is in them says little, and may refer to itself. */
export function show(value: unknown): string {
  if (value === undefined) {
    return 'missing';
  }
  const { name } = (value as object | null)?.constructor ?? {};
  if (typeof value === 'object' && name !== undefined && name !== 'Object' && name !== 'Array') {
    return `a ${name}`;
  }
  return typeof value === 'number' ? String(value) : JSON.stringify(value) ?? typeof value;
}

/** Whether a host is one in the eyes of URLs, where what ends in a number is an IPv4 address. */
function isAddress(host: string): boolean {
  return isIP(host) !== 0 || /(^|\.)(\d+|0x[0-9a-f]*)$/.test(host);
}
