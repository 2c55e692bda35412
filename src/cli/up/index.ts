/** The local mesh and what is needed to drive it: for scripts and tests that do more than the command `up`. */
export { UserError } from '../errors';
export { endpointsSeenBy, whenAllSee } from './endpoint-view';
export { type Flow, flowBetween } from './flow';
export { LocalMesh, type LocalMeshEvents, type LocalMeshOptions } from './local-mesh';
export { readManifests } from './manifests';
export { OUTSIDE } from './outside';
export { Pod, type PodState } from './pod';
export { readModel } from './read-model';
export { reportOf } from './report';
export { findPrograms } from './run';
export { Screen } from './screen';
export { whenStarterGoes } from './starters';
export { statusOf, summaryOf } from './status';
export { renderTable } from './table';
export { Tally } from './tally';
export { Traffic } from './traffic';
