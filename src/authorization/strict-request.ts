/**
 * A request as rules look at it. Routing is content when one of several header fields of a name has the value that it looks for. For a rule
 * that is a bypass: of `role: guest` and `role: admin` the proxy would look at one, and the app act by the other. In Envoy, CVE-2021-32777
 * (only the last field was looked at) and CVE-2026-26308 (fields joined by a comma) were such differences. So here a condition holds when
 * the name is there and every one of its values passes; which of them an app takes then makes no difference. Query parameters and cookies
 * likewise.
 *
 * A field with `_` in place of `-` has to pass, too, but is not enough: some apps take it for the same one.
 *
 * The table of routing asks "is there a value that passes?". This view answers "yes, and none that doesn't".
 */
import type { ByteRange, RequestView, ValueTest } from '../routing';

/** Passes what another test refuses. One instance is used for all questions, one after the other. */
class Refused implements ValueTest {
  private by!: ValueTest;

  of(by: ValueTest): this {
    this.by = by;
    return this;
  }

  test(bytes: Uint8Array, start: number, end: number): boolean {
    return !this.by.test(bytes, start, end);
  }
}

export class StrictRequest implements RequestView {
  private request!: RequestView;
  private readonly refused = new Refused();

  of(request: RequestView): this {
    this.request = request;
    return this;
  }

  get method(): ByteRange { return this.request.method; }
  get path(): ByteRange { return this.request.path; }
  get host(): ByteRange { return this.request.host; }

  anyHeader(name: Uint8Array, test: ValueTest): boolean {
    return this.request.anyHeader(name, test) && !this.request.anyHeaderAlike(name, this.refused.of(test));
  }

  anyHeaderAlike(name: Uint8Array, test: ValueTest): boolean {
    return this.anyHeader(name, test);
  }

  firstQuery(name: Uint8Array, test: ValueTest): boolean {
    return this.anyQuery(name, test);
  }

  anyQuery(name: Uint8Array, test: ValueTest): boolean {
    return this.request.anyQuery(name, test) && !this.request.anyQuery(name, this.refused.of(test));
  }

  anyCookie(name: Uint8Array, test: ValueTest): boolean {
    return this.request.anyCookie(name, test) && !this.request.anyCookie(name, this.refused.of(test));
  }

  /** Claims are the issuer's words, and a list of them is meant as one: it is enough that one passes. */
  anyClaim(name: string, test: ValueTest): boolean {
    return this.request.anyClaim(name, test);
  }
}
