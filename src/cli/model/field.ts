/**
 * A value somewhere inside a Kubernetes object, read with its type checked: `deployment.get('spec').get('replicas')
 * .integer()`. What has the wrong type is reported with file, object and path. Absent parents have absent children, so
 * that optional paths need no conditions.
 */
import { UserError } from '../command-line/errors';

export class Field {
  constructor(
    private readonly value: unknown,
    /** File and line of the object. */
    readonly where: string,
    private readonly path: string,
    private readonly object = '',
  ) {}

  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** The field with this name. */
  get(name: string): Field {
    if (this.present && (typeof this.value !== 'object' || Array.isArray(this.value))) this.fail('an object');
    const child = this.present ? (this.value as Record<string, unknown>)[name] : undefined;
    return new Field(child, this.where, this.path === '' ? name : `${this.path}.${name}`, this.object);
  }

  text(): string {
    return typeof this.value === 'string' && this.value !== '' ? this.value : this.fail('a text');
  }

  /** A text that may be empty. */
  anyText(): string {
    return typeof this.value === 'string' ? this.value : this.fail('a text');
  }

  optionalText(): string | undefined {
    return this.present ? this.text() : undefined;
  }

  integer(): number {
    return Number.isSafeInteger(this.value) ? this.value as number : this.fail('a whole number');
  }

  optionalInteger(): number | undefined {
    return this.present ? this.integer() : undefined;
  }

  boolean(otherwise: boolean): boolean {
    if (!this.present) return otherwise;
    return typeof this.value === 'boolean' ? this.value : this.fail('true or false');
  }

  /** A number or a text: what Kubernetes calls IntOrString. */
  integerOrText(): number | string {
    return typeof this.value === 'number' ? this.integer() : this.text();
  }

  /** The items; none when absent. */
  list(): Field[] {
    if (!this.present) return [];
    if (!Array.isArray(this.value)) this.fail('a list');
    return (this.value as unknown[]).map((item, index) => new Field(item, this.where, `${this.path}[${index}]`, this.object));
  }

  /** Names and texts; none when absent. */
  texts(): Record<string, string> {
    return Object.fromEntries(this.names().map((name) => [name, this.get(name).anyText()]));
  }

  /** Names of the fields; none when absent. */
  names(): string[] {
    if (!this.present) return [];
    if (typeof this.value !== 'object' || Array.isArray(this.value)) this.fail('an object');
    return Object.keys(this.value as object);
  }

  /** The value as it is, unchecked. */
  raw(): unknown {
    return this.value;
  }

  /** The same value as an object of its own. */
  rooted(): Field {
    return new Field(this.value, this.where, '');
  }

  /** The same value, called so in messages. */
  named(object: string): Field {
    return new Field(this.value, this.where, this.path, object);
  }

  private fail(wanted: string): never {
    const subject = [this.object, this.path].filter((part) => part !== '').join(': ');
    const got = this.present ? `got ${shortJson(this.value)}` : 'it is missing';
    throw new UserError(`${this.where}: ${subject === '' ? 'the document' : subject} must be ${wanted}, ${got}`);
  }
}

function shortJson(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
