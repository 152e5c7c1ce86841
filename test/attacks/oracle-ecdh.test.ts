import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { signDetached } from '../../src/as2/sign-detached.ts';
import { algorithm } from '../../src/cms/algorithm-identifier.ts';
import { ECDH_TRANSPORTS, KEY_WRAPS, OID } from '../../src/cms/algorithms.ts';
import { context } from '../../src/cms/ber.ts';
import { issuerAndSerial } from '../../src/cms/certificate-reference.ts';
import { element, nullValue, octetString, sequence, smallInteger, type Der } from '../../src/cms/der.ts';
import { sendAgreedKey } from '../../src/cms/key-agreement.ts';
import { isEcdh, type EcdhTransportName } from '../../src/cms/algorithms.ts';
import { usualTransport } from '../../src/cms/recipient-info.ts';
import { readCertificate } from '../../src/pki/certificate.ts';
import { encrypted } from '../as2/by-hand.ts';
import { bytesOf, collect } from '../support/bytes.ts';
import { cbc, enveloped, envelopeFor, envelopeOf, padded } from '../support/envelope.ts';
import { identity } from '../support/identities.ts';
import { bytesOfPart, type Part } from '../support/mime-parts.ts';
import { hasOpenssl, testIdentity } from '../support/openssl.ts';
import { refused, shown, startTarget, type Target } from '../support/target.ts';

/** What may stand in the places of a KeyAgreeRecipientInfo instead of what belongs there. */
interface Choice {
  readonly key?: Buffer;
  readonly point?: Buffer;
  readonly pointOid?: string;
  readonly material?: Buffer;
  readonly by?: Der;
  readonly encryptedKey?: Buffer;
}

for (const kind of ['x25519', 'ec'] as const)
  describe(`attacks: oracles where our key is ${kind}`, function () {
    let target: Target;
    let content: Buffer;
    let captured: ReturnType<typeof padded>;

    before(async function () {
      if (!hasOpenssl) return this.skip();
      const { certificatePem, privateKey } = testIdentity(kind, 'ours');
      const own = { certificate: readCertificate(certificatePem), privateKey };
      target = await startTarget({ homeOptions: { own, signer: await identity('countersign.test') } });
      const signature = { ...target.partner, digest: 'sha256' as const };
      const entity = bytesOfPart({ headers: [['Content-Type', 'application/EDIFACT']], body: target.newInterchange() });
      const { headers, body } = signDetached(bytesOf(entity), 'boundary-of-the-partner', signature);
      content = bytesOfPart({ headers, body: collect(body) });
      captured = padded(content);
    });
    after(() => (target as Target | undefined)?.stop());

    const ours = () => target.home.own.certificate;
    const name = (): EcdhTransportName => {
      const usual = usualTransport(ours().publicKey);
      assert.ok(isEcdh(usual));
      return usual;
    };
    const wrap = KEY_WRAPS[0];

    /** RFC 5652 §6.2.2 */
    function recipient(choice: Choice = {}, certificate = ours()): Der {
      const sent = sendAgreedKey(name(), certificate.publicKey, choice.key ?? captured.key);
      const { material, point, pointOid = kind === 'ec' ? OID.ecPublicKey : OID.x25519 } = choice;
      const bits = point && element(0x03, [Buffer.concat([Buffer.of(0), point])]);
      return element(
        context(1, true),
        smallInteger(3),
        element(
          context(0, true),
          bits === undefined ? sent.originator : element(context(1, true), algorithm(pointOid), bits),
        ),
        ...(material ? [element(context(1, true), octetString(material))] : []),
        choice.by ?? sent.algorithm,
        sequence(sequence(issuerAndSerial(certificate), octetString(choice.encryptedKey ?? sent.encryptedKey))),
      );
    }

    const withRecipient = (...recipients: readonly Der[]) => envelopeFor(recipients, captured.iv, captured.ciphertext);
    const withContent = (iv: Buffer, ciphertext: Buffer) => envelopeFor([recipient()], iv, ciphertext);

    it('whatever is wrong with the key, the padding or the content, it is told in the same words, headers and length', async () => {
      const { key, iv, plaintext, ciphertext } = captured;
      const scheme = (oid: string, ...parameters: readonly Der[]) => algorithm(oid, ...parameters);
      const { oid } = ECDH_TRANSPORTS[name()];
      const other = ECDH_TRANSPORTS[kind === 'ec' ? 'ecdh-sha384' : 'ecdh-hkdf-sha384'].oid;
      const foreign = ECDH_TRANSPORTS[kind === 'ec' ? 'ecdh-hkdf-sha256' : 'ecdh-sha256'].oid;
      const wrapping = algorithm(wrap.oid);
      const spki = (type: 'x25519' | 'ec') => {
        const { publicKey } =
          type === 'x25519' ? generateKeyPairSync('x25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
        return publicKey.export({ format: 'der', type: 'spki' }).subarray(type === 'x25519' ? -32 : -65);
      };
      const lastOctet = (value: number) => {
        const changed = Buffer.from(plaintext);
        changed[changed.length - 1] = value;
        return withContent(iv, cbc(changed, key, iv));
      };
      const flipped = (at: number) => {
        const changed = Buffer.from(ciphertext);
        changed[at] = (changed[at] ?? 0) ^ 1;
        return withContent(iv, changed);
      };
      const gcm = await encrypted(content, ours(), { cipher: 'aes128-gcm', keyTransport: name() });
      const badTag = Buffer.from(gcm.body);
      badTag[badTag.length - 1] = (badTag.at(-1) ?? 0) ^ 1;
      const stranger = testIdentity(kind, 'stranger').certificate;
      const faults: readonly (readonly [string, Part])[] = [
        ['another key', withRecipient(recipient({ key: randomBytes(16) }))],
        ['a key that is longer', withRecipient(recipient({ key: randomBytes(32) }))],
        ['a wrapped key that was changed', withRecipient(recipient({ encryptedKey: randomBytes(24) }))],
        ['one that is too short', withRecipient(recipient({ encryptedKey: randomBytes(8) }))],
        ['one that is too long', withRecipient(recipient({ encryptedKey: randomBytes(4096) }))],
        ['none', withRecipient(recipient({ encryptedKey: Buffer.alloc(0) }))],
        ['keying material that was not used', withRecipient(recipient({ material: Buffer.from('x') }))],
        ['much of it', withRecipient(recipient({ material: randomBytes(5000) }))],
        ['another digest', withRecipient(recipient({ by: scheme(other, wrapping) }))],
        ['another derivation', withRecipient(recipient({ by: scheme(foreign, wrapping) }))],
        ['no wrapping', withRecipient(recipient({ by: scheme(oid) }))],
        ['another wrapping', withRecipient(recipient({ by: scheme(oid, algorithm(KEY_WRAPS[1]?.oid ?? '')) }))],
        ['its parameters', withRecipient(recipient({ by: scheme(oid, algorithm(wrap.oid, nullValue)) }))],
        ['another point', withRecipient(recipient({ point: spki(kind) }))],
        ['a point of another curve', withRecipient(recipient({ point: spki(kind === 'ec' ? 'x25519' : 'ec') }))],
        ['a point off the curve', withRecipient(recipient({ point: Buffer.alloc(65, 4) }))],
        ['a point of all zeros', withRecipient(recipient({ point: Buffer.alloc(32) }))],
        ['the point at infinity', withRecipient(recipient({ point: Buffer.alloc(1) }))],
        ['no point', withRecipient(recipient({ point: Buffer.alloc(0) }))],
        ['a point of another name', withRecipient(recipient({ point: spki(kind), pointOid: OID.ed25519 }))],
        ['for somebody else', withRecipient(recipient({}, { ...ours(), ...stranger }))],
        ['for nobody', withRecipient()],
        ['by RSA, in the name of our key', envelopeOf({ ...enveloped(content, target.partner.identity.certificate), recipient: ours() })], // prettier-ignore
        ...[0, 2, 17, 255].map((value) => [`last octet ${value}`, lastOctet(value)] as const),
        ...[0, 40, 200, ciphertext.length - 20].map((at) => [`bit at ${at}`, flipped(at)] as const),
        ['the last block dropped', withContent(iv, ciphertext.subarray(0, -16))],
        ['half a block added', withContent(iv, Buffer.concat([ciphertext, randomBytes(8)]))],
        ['noise', withContent(iv, randomBytes(320))],
        ['nothing', withContent(iv, Buffer.alloc(0))],
        ['a tag that does not hold', { ...gcm, body: badTag }],
      ];
      const answers = new Map<string, string>();
      for (const [fault, part] of faults) {
        const attacked = await target.attack(part);
        await refused(target, attacked, 'decryption-failed');
        answers.set(fault, shown(attacked));
      }
      const usual = answers.get('another key') ?? '';
      for (const [fault, answer] of answers) assert.equal(answer, usual, fault);
      await target.serves();
      await target.untouched();
    });

    it('the captured message itself is good', async () => {
      const { told } = await target.attack(withRecipient(recipient()));
      assert.equal(told, 'processed');
    });
  });
