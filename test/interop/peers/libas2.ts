import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { npmInstall } from '../fetch.ts';
import type { PeerSystem } from '../peer.ts';
import { startProgram } from '../program.ts';
import { differences } from './libas2-differences.ts';

/** A library of Node; a server and a client are written around it. */
export const libas2: PeerSystem = {
  name: 'libas2',
  title: 'libas2',
  differences,
  lanes: 2,
  async fetch(folder) {
    // Later ones of PKI.js break its signatures.
    await npmInstall(folder, { libas2: '0.8.2', pkijs: '2.1.90' });
    return '0.8.2';
  },
  urlAt: (port) => `http://127.0.0.1:${port}/as2`,
  start(setting) {
    const { fetched, folder, port, port2 } = setting;
    const program = path.join(import.meta.dirname, 'libas2-peer.cjs');
    return startProgram(process.execPath, [...oldPadding(), program, fetched, `${port}`, `${port2}`, folder], setting);
  },
};

/** It decrypts RSAES-PKCS1-v1_5 by Node's own function, which some releases of Node have switched off. */
function oldPadding(): string[] {
  const revert = '--security-revert=CVE-2023-46809';
  return spawnSync(process.execPath, [revert, '--eval', '0']).status === 0 ? [revert] : [];
}
