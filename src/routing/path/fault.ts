/** Why a request target is refused: constants, for a proxy refuses many and must not pay for each. */

export class PathFault {
  /**
   * @param code stable, for metrics and logs
   * @param message what is wrong and what to do
   */
  constructor(readonly code: string, readonly message: string) {
    Object.freeze(this);
  }
}

export const FAULT_FORM = new PathFault('target_form', 'the request target is neither a path that begins with `/`, nor an http URL, nor `*`');
export const FAULT_CONNECT = new PathFault('connect_target', 'the request target is a host and port, as CONNECT has it, which is not routed; send a path');
export const FAULT_CHARACTER = new PathFault(
  'path_character', 'the path holds a space, a control character or a byte above 0x7f; percent-encode it',
);
export const FAULT_FRAGMENT = new PathFault('path_fragment', 'the request target holds `#`; fragments are not sent: leave it out, or write %23');
export const FAULT_BACKSLASH = new PathFault('path_backslash', 'the path holds `\\`, which some servers take for `/`; write `/`');
export const FAULT_ENCODED_BACKSLASH = new PathFault('path_encoded_backslash', 'the path holds %5C, which some servers take for `/`; write `/`');
export const FAULT_ENCODED_SLASH = new PathFault('path_encoded_slash', 'the path holds %2F, which some servers take for `/`; write `/`');
export const FAULT_NUL = new PathFault('path_nul', 'the path holds %00, where some servers end it; leave it out');
export const FAULT_ESCAPE = new PathFault('path_escape', 'the path holds `%` without two hexadecimal digits behind it; write %25 for a percent sign');
export const FAULT_OVERLONG = new PathFault('path_overlong', 'the path holds overlong UTF-8, such as %C0%AF for `/`; encode each character the shortest way');
export const FAULT_DOT_SEGMENT = new PathFault(
  'path_dot_segment', 'the path holds `.` or `..` beside `;` or an encoded slash, which servers read differently; leave it out',
);
