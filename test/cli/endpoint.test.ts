import assert from 'node:assert/strict';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import path from 'node:path';

import { pino } from 'pino';
import { Agent, request } from 'undici';

import { startEndpoint } from '../../src/cli/endpoint.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { freePort } from '../support/free-port.ts';
import { makeHome } from '../support/home.ts';
import { identity, type TestIdentity } from '../support/identities.ts';

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

  it('has as many threads as its configuration says, more than there are cores too', async () => {
    const count = availableParallelism() + 1;
    const { directory } = await makeHome({ workers: count });
    let begun = 0;
    const listener = () => (begun += 1);
    process.on('worker', listener);
    const endpoint = await startEndpoint(directory, {}, log);
    process.off('worker', listener);
    assert.equal(begun, count);
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

  it('serves HTTPS, beside health in plain HTTP, and takes a new certificate without a new start', async () => {
    const tls = { certificate: 'keys/tls.cert.pem', key: 'keys/tls.key.pem' };
    const { directory } = await makeHome({ listen: { host: '127.0.0.1', port: 0, tls } });
    const put = ({ certificate, privateKey }: TestIdentity) => {
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
      writeFileSync(path.join(directory, tls.certificate), certificate.pem);
      writeFileSync(path.join(directory, tls.key), key, { mode: 0o600 });
    };
    const asked = async (url: string, trusted: TestIdentity) => {
      const ca = trusted.certificate.pem;
      const dispatcher = new Agent({ connect: { ca, checkServerIdentity: () => undefined } });
      const { statusCode, body } = await request(url, { dispatcher });
      await body.dump();
      await dispatcher.close();
      return statusCode;
    };
    const [first, second] = [await identity('as2.test', 'ec'), await identity('as2.test', 'ec', 'renewed')];
    put(first);
    const endpoint = await startEndpoint(directory, {}, log);
    const { as2Address, operatorsAddress } = endpoint;
    assert.match(as2Address, /^https:.*\/as2$/);
    assert.equal(await asked(as2Address, first), 200);
    assert.equal(await asked(`${operatorsAddress}/readyz`, first), 200);
    put({ ...second, privateKey: first.privateKey });
    await assert.rejects(endpoint.reload(), ConfigError);
    assert.equal(await asked(as2Address, first), 200);
    put(second);
    await endpoint.reload();
    assert.equal(await asked(as2Address, second), 200);
    await assert.rejects(asked(as2Address, first), /self-signed certificate|certificate signature failure/);
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
