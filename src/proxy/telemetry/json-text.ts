/**
 * JSON that is put together by hand, for what is written for each request: objects and JSON.stringify take four times the time. It sees
 * only what may need escapes.
 */

/** What JSON has otherwise than as it is, or may have. */
const NEEDS_ESCAPE = /[^ !#-[\]-~]/;

/** A text in quotation marks. Most are names without anything to escape, which is seen faster than JSON.stringify is called. */
export function quoted(text: string): string {
  return NEEDS_ESCAPE.test(text) ? JSON.stringify(text) : `"${text}"`;
}

/** Values of one member that are kept at a time. */
const MAX_KEPT = 500;

/** A member of objects whose values come again and again, as names do: each is made into text once, and kept. */
export class KeptMember {
  private readonly texts = new Map<string, string>();

  /** @param before what is written before the value, such as `,"route":` */
  constructor(private readonly before: string) {}

  /** The member with what is before it; nothing for a value that is absent. */
  of(value: string | undefined): string {
    if (value === undefined) return '';
    return this.texts.get(value) ?? this.keep(value);
  }

  private keep(value: string): string {
    if (this.texts.size >= MAX_KEPT) this.texts.clear();
    const text = this.before + quoted(value);
    this.texts.set(value, text);
    return text;
  }
}
