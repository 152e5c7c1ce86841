import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

import { pino } from 'pino';

import { startEndpoint } from '../../src/cli/endpoint.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { freePort } from '../support/free-port.ts';
import { makeHome } from '../support/home.ts';

const log = pino({}, { write: () => undefined });

describe('startEndpoint', () => {
  it('leaves nothing open when it cannot start: no port, no lock', async () => {
    const [as2, operators] = [await freePort(), await freePort()];
    const { directory } = await makeHome({ listen: { host: '127.0.0.1', port: as2 }, operators: { port: operators } });
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(operators, '127.0.0.1', resolve));
    await assert.rejects(startEndpoint(directory, {}, log), /EADDRINUSE/);
    await new Promise((resolve) => squatter.close(resolve));
    const endpoint = await startEndpoint(directory, {}, log);
    assert.equal(endpoint.as2Address, `http://127.0.0.1:${as2}/as2`);
    await endpoint.stop();
  });

  it('takes a changed configuration whole, and says what waits for the next start', async () => {
    const lines: { readonly key?: string; readonly msg?: string }[] = [];
    const recorder = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as { key?: string }) });
    const home = await makeHome({ log: { level: 'info' } });
    const endpoint = await startEndpoint(home.directory, {}, recorder);
    const file = path.join(home.directory, 'countersign.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('operators:', 'operators:\n  host: 127.0.0.2'));
    await endpoint.reload();
    assert.deepEqual(
      lines.filter(({ msg }) => msg?.includes('next start')).map(({ key }) => key),
      ['operators'],
    );
    await endpoint.stop();
  });

  it('partners that cannot be listed are a fault of the configuration, and not no partners', async () => {
    const { directory } = await makeHome();
    const endpoint = await startEndpoint(directory, {}, log);
    const partners = path.join(directory, 'partners');
    renameSync(partners, `${partners}.away`);
    writeFileSync(partners, '');
    await assert.rejects(endpoint.reload(), ConfigError);
    await endpoint.stop();
  });
});
