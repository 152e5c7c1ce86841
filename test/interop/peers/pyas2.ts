import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { pythonVenv } from '../fetch.ts';
import type { PeerSystem } from '../peer.ts';
import { startProgram } from '../program.ts';
import { differences } from './pyas2-differences.ts';

// pip would put pyas2lib 1.4.3 under it, which it asks for; 1.4.4 has the same interface and knows OAEP.
const packages = [
  'django-pyas2==1.2.3',
  'pyas2lib==1.4.4',
  'asgiref==3.13.0',
  'asn1crypto==1.5.1',
  'certifi==2026.10.18',
  'cffi==2.1.1',
  'charset-normalizer==3.5.2',
  'cryptography==50.0.2',
  'Django==5.2.19',
  'gunicorn==27.0.1',
  'idna==3.20',
  'oscrypto==1.3.0',
  'pycparser==3.12',
  'pyOpenSSL==26.4.0',
  'requests==2.34.2',
  'sqlparse==0.6.1',
  'typing_extensions==4.16.0',
  'urllib3==2.8.0',
];

/** django-pyas2 behind gunicorn, as its operators have it. */
export const pyas2: PeerSystem = {
  name: 'pyas2',
  title: 'django-pyas2',
  differences,
  lanes: 3,
  async fetch(folder) {
    const python = await pythonVenv(folder, ['--no-deps', ...packages]);
    await mendOscrypto(path.resolve(path.dirname(python), '..'));
    return '1.2.3 with pyas2lib 1.4.4';
  },
  urlAt: (port) => `http://127.0.0.1:${port}/pyas2/as2receive`,
  start: (setting) =>
    startProgram(
      path.join(setting.fetched, 'venv/bin/python'),
      [fileURLToPath(new URL('pyas2_peer.py', import.meta.url))],
      setting,
      {
        PEER_FOLDER: setting.folder,
        PEER_PORT: String(setting.port),
        PEER_CONTROL_PORT: String(setting.port2),
        PYTHONDONTWRITEBYTECODE: '1',
      },
    ),
};

/** oscrypto 1.3.0 takes `3.0.19` for no version of OpenSSL; Debian mends it likewise. */
async function mendOscrypto(venv: string): Promise<void> {
  const [python = ''] = await readdir(path.join(venv, 'lib'));
  for (const each of ['_libcrypto_cffi.py', '_libcrypto_ctypes.py']) {
    const file = path.join(venv, 'lib', python, 'site-packages/oscrypto/_openssl', each);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(String.raw`\\d\\.\\d\\.\\d[a-z]*`, String.raw`\\d+\\.\\d+\\.\\d+[a-z]*`));
  }
}
