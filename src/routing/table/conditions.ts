/** Conditions of values that have a name: header fields, query parameters, cookies, claims. */
import { bytesOf, equals, type ValueTest } from '../bytes/bytes';
import type { Regex } from '../regex/regex';

/** It is enough that it is there. */
export class AnyValue implements ValueTest {
  test(): boolean {
    return true;
  }
}

export class ExactValue implements ValueTest {
  readonly bytes: Uint8Array;

  constructor(readonly value: string) {
    this.bytes = bytesOf(value);
  }

  test(bytes: Uint8Array, start: number, end: number): boolean {
    return equals(bytes, start, end, this.bytes);
  }
}

export class NamedCondition {
  readonly bytes: Uint8Array;

  /** @param name as it is compared: in lower case for header fields */
  constructor(readonly name: string, readonly value: AnyValue | ExactValue | Regex) {
    this.bytes = bytesOf(name);
  }
}
