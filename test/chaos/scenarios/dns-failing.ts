import { NO_FAILURE } from '../bars';
import { DNS_NAME } from '../subjects/subject';
import { scenario } from '../scenario';
import { Rig } from '../world/rig';

export const dnsFailing = scenario({
  name: 'dns-failing',
  harm: 'endpoints come from DNS, which answers SERVFAIL, then nothing, then that the name does not exist',
  comparable: true,
  bars: [NO_FAILURE],
  open: (subject) => Rig.open({ subject, dns: true }),
  async inflict({ world, pause }) {
    for (const answer of ['SERVFAIL', 'silence', 'NXDOMAIN'] as const) {
      for (const type of ['A', 'AAAA']) world.dns.answers.set(`${DNS_NAME} ${type}`, answer);
      await pause(3_000);
    }
    world.dns.answers.delete(`${DNS_NAME} AAAA`);
    world.publish();
    await pause(2_000);
  },
});
