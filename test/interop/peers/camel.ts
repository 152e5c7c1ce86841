import path from 'node:path';

import { freePort } from '../../support/free-port.ts';
import { compile, mavenJars } from '../fetch.ts';
import type { PeerSystem } from '../peer.ts';
import { startProgram } from '../program.ts';
import { differences } from './camel-differences.ts';

/** 4.18.0 is there without its parent POM. */
const VERSION = '4.17.0';
const program = ['Peer', 'Routes', 'Receiving', 'Sending'].map((each) =>
  path.join(import.meta.dirname, `Camel${each}.java`),
);

/** Routes between `as2:server`, `as2:client` and `as2:receipt`, in a program of its own. */
export const camel: PeerSystem = {
  name: 'camel',
  title: 'Apache Camel AS2',
  differences,
  // Of a binary body that ends in CR it loses that, and after one MDN of an error a connection brings no other.
  send: { transferEncoding: 'base64', keepAlive: false },
  lanes: 1,
  async fetch(folder) {
    const group = 'org.apache.camel';
    await mavenJars(folder, [
      { group, artifact: 'camel-main', version: VERSION },
      { group, artifact: 'camel-as2', version: VERSION },
      { group: 'org.slf4j', artifact: 'slf4j-simple', version: '2.0.17' },
    ]);
    // Compiled here, so that starting it takes what starting Camel takes.
    await compile(folder, program);
    return VERSION;
  },
  urlAt: (port, number) => `http://127.0.0.1:${port}/as2/${number}`,
  async start(setting) {
    const { fetched, port, port2 } = setting;
    // Camel receives asynchronous MDNs on a port of their own, which is the one that we may send them to.
    const control = await freePort();
    const classPath = [path.join(fetched, 'classes'), path.join(fetched, 'lib/*')].join(path.delimiter);
    const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
    const args = ['-cp', classPath, quiet, 'CamelPeer', `${port}`, `${port2}`, `${control}`];
    return startProgram('java', args, { ...setting, port2: control });
  },
};
