import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { testIdentity } from '../support/openssl.ts';
import { endpointFiles, issue, load, problemsOf } from './support.ts';

describe('config/tls', () => {
  const settings = { certificate: 'keys/tls.cert.pem', key: 'keys/tls.key.pem' };
  const listen = (tls: Readonly<Record<string, string>>) => endpointFiles({ listen: { tls } });

  async function filesOf({ days = 730, tls = {} }: { days?: number; tls?: Record<string, string> } = {}) {
    const { certificate, privateKeyPem } = await issue('as2.example', 'ec-p256', days);
    const files = { 'keys/tls.cert.pem': certificate.pem, 'keys/tls.key.pem': privateKeyPem };
    return { ...(await listen({ ...settings, ...tls })), ...files };
  }

  const told = async (files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) =>
    (await problemsOf(files, env)).map(({ key, message }) => `${key}: ${message}`);

  it('is left to others unless configured; then it is TLS 1.2 or later', async () => {
    assert.equal((await load(await endpointFiles())).endpoint.listen.tls, undefined);
    const { endpoint, warnings } = await load(await filesOf());
    const { certificates, context } = endpoint.listen.tls!;
    assert.deepEqual([certificates[0].subject, context.minVersion, warnings], ['CN=as2.example', 'TLSv1.2', []]);
  });

  it('can be configured by the environment alone', async () => {
    const own = await issue('own');
    const { endpoint } = await load(await endpointFiles(), {
      COUNTERSIGN_LISTEN_TLS_CERTIFICATE: 'keys/own.cert.pem',
      COUNTERSIGN_LISTEN_TLS_KEY: 'keys/own.key.pem',
      COUNTERSIGN_LISTEN_TLS_MIN_VERSION: 'TLSv1.3',
    });
    assert.equal(endpoint.listen.tls?.context.minVersion, 'TLSv1.3');
    assert.equal(endpoint.listen.tls.context.cert, own.certificate.pem);
  });

  it('tells what is wrong with its files, and of a version that is too old', async () => {
    const files = await filesOf();
    const other = (await issue('partner')).privateKeyPem;
    const wrong = 'The private key (RSA 2048) does not belong to the certificate "CN=as2.example" (EC P-256)';
    for (const [given, ...expected] of [
      [
        await listen(settings),
        'listen.tls.certificate: keys/tls.cert.pem is not there',
        'listen.tls.key: keys/tls.key.pem is not there',
      ],
      [{ ...files, 'keys/tls.key.pem': other }, `listen.tls.key: ${wrong}`],
      [{ ...files, 'keys/tls.key.pem': 'x' }, 'listen.tls.key: There is no PEM private key in it'],
      [
        { ...files, ...(await listen({ ...settings, minVersion: 'TLSv1.1' })) },
        'listen.tls.minVersion: "TLSv1.1" is not possible: use TLSv1.2, TLSv1.3',
      ],
      [
        { ...files, ...(await listen({ ...settings, ciphers: 'NONE-SUCH' })) },
        'listen.tls.ciphers: names no cipher that OpenSSL has',
      ],
      [{ ...files, ...(await listen({ key: settings.key })) }, 'listen.tls.certificate: is missing'],
    ] as const)
      assert.deepEqual(await told(given), expected);
  });

  it('a certificate that OpenSSL does not use is told here, and not first when it is served', async () => {
    const { certificatePem, privateKeyPem } = testIdentity('rsa-1024');
    const files = await filesOf({ tls: { ciphers: 'DEFAULT@SECLEVEL=2' } });
    assert.deepEqual(await told({ ...files, 'keys/tls.cert.pem': certificatePem, 'keys/tls.key.pem': privateKeyPem }), [
      'listen.tls.certificate: OpenSSL does not use it: error:0A00018F:SSL routines::ee key too small',
    ]);
  });

  it('takes a key under a passphrase', async () => {
    const { privateKeyPem } = await issue('as2.example', 'ec-p256');
    const locked = createPrivateKey(privateKeyPem)
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'geheim' })
      .toString();
    const files = { ...(await filesOf({ tls: { passphraseEnv: 'COUNTERSIGN_TLS' } })), 'keys/tls.key.pem': locked };
    const { warnings } = await load(files, { COUNTERSIGN_TLS: 'geheim' });
    assert.deepEqual(warnings, []);
    assert.deepEqual(await told(files, { COUNTERSIGN_TLS: 'falsch' }), [
      'listen.tls.key: The private key does not open with this passphrase',
    ]);
  });

  it('warns of a certificate that has expired or will, and of a chain out of order', async () => {
    const warningsOf = async (files: Readonly<Record<string, string>>) =>
      (await load(files)).warnings.map(({ key, message }) => `${key}: ${message}`);
    const at = 'listen.tls.certificate: "CN=as2.example"';
    assert.deepEqual(await warningsOf(await filesOf({ days: 300 })), [
      `${at} has expired: partners refuse the connection`,
    ]);
    assert.deepEqual(await warningsOf(await filesOf({ days: 380 })), [`${at} expires within 30 days`]);
    const files = await filesOf();
    const stranger = (await issue('partner')).certificate.pem;
    assert.deepEqual(
      await warningsOf({ ...files, 'keys/tls.cert.pem': `${files['keys/tls.cert.pem']}\n${stranger}` }),
      [
        'listen.tls.certificate: "CN=partner" stands behind "CN=as2.example", but did not issue it: partners may find no path',
      ],
    );
  });
});
