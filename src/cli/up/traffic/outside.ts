/** The name that stands, among services, for clients which are not in the mesh. */
export const OUTSIDE = 'outside';
