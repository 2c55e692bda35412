/** Services that are asked whether requests may pass, where the answer would make no difference or can be got round. */
import { ofWorkloads, Remark, Rule } from './rule';

const open: Rule = {
  name: 'external-authorization-open',
  severity: 'warning',
  about: 'Requests pass when the service that is asked about them gives no answer.',
  find: ofWorkloads(({ document: { listeners } }): Remark | undefined => {
    const listener = listeners.find(({ externalAuthorization }) => externalAuthorization?.failureModeAllow);
    return listener && {
      message: `listener '${listener.name}' lets requests pass when '${listener.externalAuthorization!.split[0]!.cluster}' gives no answer, so an attacker who stops that service is not checked`,
      remedy: 'leave failureModeAllow out, and give that service the replicas that its availability needs; otherwise watch result="failure_mode_allowed" of mesh_external_authorization_requests_total',
    };
  }),
};

export const QUESTION_RULES: readonly Rule[] = [open];
