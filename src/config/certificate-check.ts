import { KEY_TRANSPORTS, takesKeys } from '../cms/algorithms.ts';
import { signingIdentity, usesOf } from '../pki/keyring.ts';
import { pinnedFor } from '../pki/pinned.ts';
import { problemAt, type Path, type Subject } from './findings.ts';
import type { Partner } from './home.ts';

const SOON_MS = 30 * 86_400_000;

/** Our keys: fit for their use, one of them able to sign now, and for some time to come. */
export function checkIdentities({ endpoint, endpointSource, now, findings }: Subject): void {
  const warn = (message: string, remedy: string) =>
    findings.warnings.push(problemAt(endpointSource, ['identities'], message, remedy));
  const renew = 'Run `countersign key generate`, add the new key, and give partners its certificate.';

  if (signingIdentity(endpoint.identities, now) === undefined) warn('no key that signs is valid now', renew);
  else if (signingIdentity(endpoint.identities, later(now)) === undefined)
    warn('no key that signs will be valid in 30 days', renew);

  for (const [index, { certificate, use }] of endpoint.identities.entries()) {
    const at: Path = ['identities', index, 'use'];
    const refuse = (message: string, remedy: string) =>
      findings.problems.push(problemAt(endpointSource, at, `an ${certificate.keyDescription} key ${message}`, remedy));
    const can = usesOf(certificate.publicKey);
    if (use.includes('sign') && !can.includes('sign'))
      refuse('cannot sign', 'Write `use: [decrypt]`, and add a key that signs.');
    if (use.includes('decrypt') && !can.includes('decrypt'))
      refuse('cannot decrypt', 'Write `use: [sign]`, and add an RSA, EC or X25519 key for decryption.');
  }
}

/** Whether partners that verify our certificate can reach us, now and for some time to come. */
export function checkTls({ endpoint: { listen }, endpointSource, now, findings }: Subject): void {
  const { certificates = [] } = listen.tls ?? {};
  const warn = (message: string, remedy: string) =>
    findings.warnings.push(problemAt(endpointSource, ['listen', 'tls', 'certificate'], message, remedy));
  const renew = 'Put a new certificate in its place, and send SIGHUP.';
  for (const [index, { subject, notBefore, notAfter, issuerName }] of certificates.entries()) {
    if (notAfter < now) warn(`"${subject}" has expired: partners refuse the connection`, renew);
    else if (notAfter < later(now)) warn(`"${subject}" expires within 30 days`, renew);
    if (now < notBefore) warn(`"${subject}" is not valid yet: partners refuse the connection`, renew);
    const next = certificates[index + 1];
    if (next !== undefined && next.subject !== issuerName)
      warn(
        `"${next.subject}" stands behind "${subject}", but did not issue it: partners may find no path`,
        'Let our own certificate be the first, and the issuer of each follow it.',
      );
  }
}

/** The partner's certificates: fit for their use, and some valid now and for some time to come. */
export function checkPins({ sourceOf, now, findings }: Subject, partner: Partner): void {
  const source = sourceOf(partner);
  const needed = [
    {
      use: 'sign',
      needed: !partner.receive.allowUnsigned || partner.send.mdnSigned,
      loss: 'its messages and receipts are refused',
    },
    { use: 'encrypt', needed: partner.send.encrypt !== 'none', loss: 'nothing can be sent to it' },
  ] as const;
  for (const { use, loss } of needed.filter((each) => each.needed)) {
    const remedy = `Ask the partner for its current certificate and add it with \`use: [${use}]\`.`;
    const warn = (message: string) => findings.warnings.push(problemAt(source, ['certificates'], message, remedy));
    if (pinnedFor(partner.certificates, use, now).length === 0) warn(`none to ${use} is valid now: ${loss}`);
    else if (pinnedFor(partner.certificates, use, later(now)).length === 0)
      warn(`none to ${use} will be valid in 30 days`);
  }
  for (const [index, { certificate, use }] of partner.certificates.entries()) {
    const { keyTransport } = partner.send;
    const { publicKey } = certificate;
    if (use.includes('sign') && !usesOf(publicKey).includes('sign'))
      findings.problems.push(
        problemAt(
          source,
          ['certificates', index],
          `an ${certificate.keyDescription} key cannot sign`,
          'Write `use: [encrypt]`, and add the certificate that the partner signs with.',
        ),
      );
    const means = keyTransport === undefined ? KEY_TRANSPORTS : [keyTransport];
    if (use.includes('encrypt') && !means.some((by) => takesKeys(publicKey.asymmetricKeyType, by)))
      findings.problems.push(
        problemAt(
          source,
          ['certificates', index],
          `it is impossible to encrypt to an ${certificate.keyDescription} key${keyTransport ? ` by ${keyTransport}` : ''}`,
          keyTransport
            ? 'Leave send.keyTransport out, or write `use: [sign]`.'
            : 'Write `use: [sign]`, and add a certificate of an RSA, EC or X25519 key.',
        ),
      );
    if ((certificate.publicKey.asymmetricKeyDetails?.modulusLength ?? 2048) < 2048)
      findings.warnings.push(
        problemAt(
          source,
          ['certificates', index],
          `${certificate.keyDescription} is too short to be safe`,
          'Ask the partner for a key of 2048 bits or more.',
        ),
      );
  }
}

const later = (now: Date): Date => new Date(now.getTime() + SOON_MS);
