/** What absent fields of a route's actions mean. */
import type { MirrorConfig, RedirectConfig, RespondConfig } from './route-action-config';

/** Default of a mirror: as long as a body that is kept for a retry. */
export const DEFAULT_MIRROR: Required<Omit<MirrorConfig, 'cluster'>> = {
  // #region generated defaults of MirrorConfig
  percent: 100,
  maxBodyBytes: 65_536,
  // #endregion
};

/** Default of `redirect`. */
export const DEFAULT_REDIRECT: Required<Pick<RedirectConfig, 'status'>> = {
  // #region generated defaults of RedirectConfig
  status: 302,
  // #endregion
};

/** Default of `respond`. */
export const DEFAULT_RESPOND: Required<Pick<RespondConfig, 'contentType'>> = {
  // #region generated defaults of RespondConfig
  contentType: 'text/plain; charset=utf-8',
  // #endregion
};

export function withMirrorDefaults(mirrors: readonly MirrorConfig[] = []): Required<MirrorConfig>[] {
  return mirrors.map((mirror) => ({ ...DEFAULT_MIRROR, ...mirror }));
}
