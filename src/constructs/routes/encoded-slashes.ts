/**
 * What becomes of requests whose path has an encoded slash (`%2F`) or backslash (`%5C`). Some servers take it for a separator and others for
 * a character, so it can lead past conditions and authorization.
 */
export enum EncodedSlashes {
  /** Such requests are refused. */
  REFUSE = 'refuse',
  /**
   * They stay as they are, as part of a path element. For keys of objects that contain slashes.
   */
  KEEP = 'keep',
  /** Both become `/`. */
  DECODE = 'decode',
}
