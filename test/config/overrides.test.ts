import assert from 'node:assert/strict';
import { OVERRIDES } from '../../src/config/overrides.ts';
import { nearest } from '../../src/config/nearest.ts';
import { endpointFiles, load, problemsOf } from './support.ts';

describe('config/overrides', () => {
  it('overrides every single value outside of lists', () => {
    const variables = OVERRIDES.map(({ variable }) => variable);
    for (const variable of [
      'COUNTERSIGN_AS2_ID',
      'COUNTERSIGN_AS2_URL',
      'COUNTERSIGN_LISTEN_PORT',
      'COUNTERSIGN_LIMITS_MESSAGE_SIZE',
      'COUNTERSIGN_OUTBOX_MDN_WAIT',
      'COUNTERSIGN_DATA',
      'COUNTERSIGN_LOG_LEVEL',
    ])
      assert.ok(variables.includes(variable), variable);
    assert.equal(new Set(variables).size, variables.length);
  });

  it('lies over the file, whether that has the key or not', async () => {
    const files = await endpointFiles({ listen: { port: 1 } });
    const env = {
      COUNTERSIGN_LISTEN_PORT: '4999',
      COUNTERSIGN_OUTBOX_TIMEOUT: '3s',
      COUNTERSIGN_ENVIRONMENT: 'production',
      COUNTERSIGN_LOG_LEVEL: '',
    };
    const { endpoint } = await load(files, env);
    assert.deepEqual(
      [endpoint.listen.port, endpoint.outbox.timeout, endpoint.environment, endpoint.log.level],
      [4999, 3000, 'production', 'info'],
    );
  });

  it('a name of digits stays a text', async () => {
    assert.equal((await load(await endpointFiles(), { COUNTERSIGN_AS2_ID: '007' })).endpoint.as2.id, '007');
  });

  it('is named in what is wrong with its value', async () => {
    const [problem] = await problemsOf(await endpointFiles(), { COUNTERSIGN_LISTEN_PORT: 'web' });
    assert.deepEqual([problem?.file, problem?.key], ['environment', 'COUNTERSIGN_LISTEN_PORT']);
  });

  it('warns of a variable that overrides nothing', async () => {
    const { warnings } = await load(await endpointFiles(), { COUNTERSIGN_LISTN_PORT: '1', OTHER: 'x' });
    assert.deepEqual(
      warnings.map(({ key, remedy }) => [key, remedy]),
      [['COUNTERSIGN_LISTN_PORT', 'Did you mean COUNTERSIGN_LISTEN_PORT?']],
    );
  });
});

describe('config/nearest', () => {
  it('finds what was meant: a letter less, more, other, or two swapped', () => {
    const keys = ['url', 'listen', 'certificates', 'asyncMdnUrls', 'encrypt'];
    assert.deepEqual(
      ['ulr', 'lisen', 'certificate', 'asyncMDNurls', 'encrpyt'].map((word) => nearest(word, keys)),
      keys,
    );
  });

  it('finds nothing where nothing is near', () => {
    assert.equal(nearest('colour', ['url', 'id']), undefined);
    assert.equal(nearest('x'.repeat(100_000), ['x']), undefined);
  });
});
