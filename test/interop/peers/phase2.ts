import path from 'node:path';

import { freePort } from '../../support/free-port.ts';
import { compile, mavenJars } from '../fetch.ts';
import type { PeerSystem } from '../peer.ts';
import { startProgram } from '../program.ts';
import { differences } from './phase2-differences.ts';

/**
 * The newest whose MIC can be right: 6.0.0 and 6.1.0 take it of what is still encrypted and signed. 5.1.8 is there without
 * its parent POM.
 */
const VERSION = '5.1.7';
const program = ['Phase2Server.java', 'Phase2Peer.java'].map((file) => path.join(import.meta.dirname, file));

/** The library of phase2, under the name that it had until 6.0. */
export const phase2: PeerSystem = {
  name: 'phase2',
  title: 'phase2 (as2-lib)',
  differences,
  lanes: 2,
  async fetch(folder) {
    await mavenJars(folder, [
      { group: 'com.helger.as2', artifact: 'as2-lib', version: VERSION },
      { group: 'org.slf4j', artifact: 'slf4j-simple', version: '2.0.17' },
    ]);
    // Compiled here, so that starting it takes what starting phase2 takes.
    await compile(folder, program);
    return VERSION;
  },
  urlAt: (port) => `http://127.0.0.1:${port}/`,
  async start(setting) {
    const { fetched, port, port2 } = setting;
    // Asynchronous MDNs have a port of their own, which is the one that we may send them to.
    const control = await freePort();
    const classPath = [path.join(fetched, 'classes'), path.join(fetched, 'lib/*')].join(path.delimiter);
    const args = [
      '-cp',
      classPath,
      `-Djava.io.tmpdir=${setting.folder}`,
      'Phase2Peer',
      `${port}`,
      `${port2}`,
      `${control}`,
    ];
    return startProgram('java', args, { ...setting, port2: control });
  },
};
