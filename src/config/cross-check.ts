import { canSign, ED25519_DIGEST } from '../cms/signature.ts';
import { signingIdentity } from '../pki/keyring.ts';
import { edifactKey, type Partner } from './home.ts';
import { problemAt, type Path, type Subject } from './findings.ts';
import { checkIdentities, checkPins, checkTls } from './certificate-check.ts';

/** What no file can tell alone. Inactive partners may be anything: they take no part. */
export function checkHome(subject: Subject): void {
  const active = subject.partners.filter((partner) => partner.active);
  checkAs2Names(subject, active);
  checkEdifactIdentities(subject, active);
  if (subject.allIdentitiesLoaded) checkIdentities(subject);
  checkTls(subject);
  checkPauses(subject);
  checkSpoolSpace(subject);
  for (const partner of active) {
    checkPins(subject, partner);
    checkSending(subject, partner);
    warnOfNoIdentity(subject, partner);
    warnOfStrangeCountries(subject, partner);
  }
}

function checkAs2Names({ endpoint, sourceOf, findings }: Subject, active: readonly Partner[]): void {
  const owners = new Map<string, Partner>();
  for (const partner of active) {
    const refuse = (message: string, remedy: string) =>
      findings.problems.push(problemAt(sourceOf(partner), ['as2', 'id'], message, remedy));
    const other = owners.get(partner.as2.id);
    if (partner.as2.id === endpoint.as2.id) refuse('is our own AS2 name', 'Write the name of the partner.');
    if (other !== undefined)
      refuse(
        `is the AS2 name of partner ${other.shortName} too`,
        'Set `active: false` in one of them, or correct the name.',
      );
    owners.set(partner.as2.id, partner);
  }
}

function checkEdifactIdentities({ endpoint, sourceOf, findings }: Subject, active: readonly Partner[]): void {
  const owners = new Map(endpoint.edifact.identities.map((identity) => [edifactKey(identity), 'ourselves']));
  for (const partner of active) {
    for (const [index, identity] of partner.edifact.identities.entries()) {
      const owner = owners.get(edifactKey(identity));
      const at: Path = ['edifact', 'identities', index, 'id'];
      if (owner !== undefined)
        findings.problems.push(
          problemAt(
            sourceOf(partner),
            at,
            `${edifactKey(identity)} belongs to ${owner} already`,
            'Each EDIFACT identity has one partner.',
          ),
        );
      owners.set(edifactKey(identity), `partner ${partner.shortName}`);
    }
  }
}

function checkPauses({ endpoint: { outbox }, endpointSource, findings }: Subject): void {
  if (outbox.longestPause >= outbox.firstPause) return;
  const at: Path = ['outbox', 'longestPause'];
  const remedy = 'Write a longer one, or a shorter firstPause.';
  findings.problems.push(problemAt(endpointSource, at, 'is shorter than firstPause', remedy));
}

function checkSpoolSpace({ endpoint: { limits }, endpointSource, findings }: Subject): void {
  if (limits.spoolSpace >= limits.messageSize) return;
  const remedy = 'Write a larger one, several times as large at best, or a smaller messageSize.';
  findings.problems.push(
    problemAt(endpointSource, ['limits', 'spoolSpace'], 'is less than messageSize: such a message never fits', remedy),
  );
}

function checkSending(subject: Subject, partner: Partner): void {
  const { endpoint, sourceOf, findings, allIdentitiesLoaded } = subject;
  const { send } = partner;
  const refuse = (at: Path, message: string, remedy: string) =>
    findings.problems.push(problemAt(sourceOf(partner), at, message, remedy));
  if (send.mdn === 'async' && endpoint.as2.url === undefined)
    refuse(
      ['send', 'mdn'],
      'asks for an asynchronous MDN, but nobody knows where to send it',
      'Set as2.url in countersign.yaml.',
    );
  if (allIdentitiesLoaded) checkSigning(subject, partner, refuse);
}

/** That we have a key for the scheme, and the digest is one for the key. */
function checkSigning(
  { endpoint, now }: Subject,
  { send: { scheme, sign } }: Partner,
  refuse: (at: Path, message: string, remedy: string) => void,
): void {
  const signers = endpoint.identities
    .filter(({ use }) => use.includes('sign'))
    .filter(({ privateKey }) => scheme === undefined || canSign(privateKey, scheme));
  const signer = signingIdentity(signers, now) ?? signers[0];
  if (scheme !== undefined && signer === undefined)
    refuse(
      ['send', 'scheme'],
      `needs an ${KEY_OF[scheme]} key, and none of ours that sign is one`,
      'Leave it out, or make such a key.',
    );
  // RFC 8419 §3.1: id-sha512 MUST be used.
  if (signer && canSign(signer.privateKey, 'ed25519') && sign !== 'none' && sign !== ED25519_DIGEST)
    refuse(['send', 'sign'], `is ${sign}, and our Ed25519 key signs over SHA-512 alone`, 'Write `sign: sha512`.');
}

const KEY_OF = { 'rsa-pkcs1': 'RSA', 'rsa-pss': 'RSA', ecdsa: 'EC', ed25519: 'Ed25519' } as const;

function warnOfNoIdentity({ sourceOf, findings }: Subject, partner: Partner): void {
  if (partner.edifact.identities.length > 0) return;
  const remedy = 'Add the id, qualifier and countries of each participant that it speaks for.';
  findings.warnings.push(
    problemAt(sourceOf(partner), ['edifact', 'identities'], 'is empty: all its interchanges are refused', remedy),
  );
}

/** Not refused: our list lacks codes that ISO 3166 took back. */
function warnOfStrangeCountries({ sourceOf, countryCodes, findings }: Subject, partner: Partner): void {
  for (const [index, { countries }] of partner.edifact.identities.entries()) {
    for (const [position, country] of countries.entries()) {
      if (countryCodes.has(country)) continue;
      const at: Path = ['edifact', 'identities', index, 'countries', position];
      const remedy = 'Write the two letters that the country has there, such as AU.';
      findings.warnings.push(problemAt(sourceOf(partner), at, `${country} is no country of ISO 3166`, remedy));
    }
  }
}
