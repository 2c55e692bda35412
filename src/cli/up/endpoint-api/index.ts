/** The embedded EndpointSlice API: everything that `up` and tests use of it. */
export { EndpointApi } from './endpoint-api';
export type { ApiRequest, EndpointApiOptions, Interference } from './endpoint-api';
export { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from './endpoint-slice';
export type { EndpointSlice, EndpointSliceInput } from './endpoint-slice';
export { CA_FILE_NAME, TOKEN_FILE_NAME } from './credentials';
export type { ServicePod } from './service-slices';
