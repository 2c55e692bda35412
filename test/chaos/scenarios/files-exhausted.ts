import { connect, Socket } from 'node:net';
import { errorsBelow } from '../bars';
import { scenario } from '../scenario';
import { Rig } from '../world/rig';

const FILES = 150;
const HOG_MS = 4_000;

export const filesExhausted = scenario({
  name: 'files-exhausted',
  harm: `a proxy that may open ${FILES} files, and clients that hold more connections than that for ${HOG_MS / 1_000} s`,
  comparable: true,
  bars: [errorsBelow(0.005, HOG_MS + 2_000)],
  open: (subject) => Rig.open({ subject, proxy: { files: FILES } }),
  async inflict({ world, pause }) {
    const { address, port } = world.proxy.place;
    const hogs: Socket[] = Array.from({ length: 2 * FILES }, () => connect(port, address).on('error', () => undefined));
    await pause(HOG_MS);
    for (const hog of hogs) hog.destroy();
    await pause(6_000);
  },
});
