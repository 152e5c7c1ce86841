import { edifactKey, type Partner } from '../config/home.ts';
import type { PinnedCertificate } from '../pki/pinned.ts';
import { day, fields } from './output.ts';

/** A partner for JSON: what its file says, with the facts of its certificates, without its password. */
export function partnerView({ certificates, as2: { basicAuth, ...as2 }, ...rest }: Partner) {
  return {
    ...rest,
    as2: { ...as2, ...(basicAuth && { basicAuth: { user: basicAuth.user } }) },
    certificates: certificates.map(({ certificate, use, validFrom, validTo }) => ({
      subject: certificate.subject,
      issuer: certificate.issuerName,
      serial: certificate.serial,
      key: certificate.keyDescription,
      fingerprint: certificate.fingerprint,
      use,
      validFrom,
      validTo,
    })),
  };
}

/** A partner for people. */
export function partnerFields(partner: Partner): string {
  const { as2, receive, send, edifact, contact } = partner;
  const receipt = send.mdn === 'none' ? 'none' : `${send.mdn}, ${send.mdnSigned ? 'signed' : 'unsigned'}`;
  const demands = [
    receive.allowUnsigned ? 'signature optional' : 'signed',
    receive.allowUnencrypted ? 'encryption optional' : 'encrypted',
  ];
  return fields([
    ['short name', partner.shortName],
    ['name', partner.name],
    ['state', partner.active ? 'active' : 'inactive'],
    ['AS2 id', as2.id],
    ['URL', as2.url],
    ['user', as2.basicAuth?.user],
    ...partner.certificates.map((pin) => ['certificate', certificateText(pin)] as const),
    [
      'receive',
      [
        ...demands,
        ...receive.digests,
        ...(receive.allowSha1 ? ['sha1'] : []),
        ...receive.ciphers,
        ...(receive.allow3des ? ['3des'] : []),
      ].join(', '),
    ],
    ['send', `sign ${send.sign}, encrypt ${send.encrypt}, compress ${send.compress}`],
    ['receipt', receipt],
    ...edifact.identities.map(
      (identity) => ['EDIFACT', `${edifactKey(identity)} for ${identity.countries.join(', ')}`] as const,
    ),
    ['messages', `${edifact.release}, ${edifact.syntax}, CONTRL ${edifact.contrl}`],
    ['takes', `${edifact.messageTypes.join(', ')} of ${edifact.releases.join(', ')}`],
    [
      'contact',
      contact && [contact.name, contact.email, contact.phone].filter((each) => each !== undefined).join(', '),
    ],
  ]);
}

function certificateText({ certificate, use, validFrom, validTo }: PinnedCertificate): string {
  const { subject, keyDescription, fingerprint } = certificate;
  return `${subject}, ${keyDescription}, to ${use.join(' and ')}, ${day(validFrom)} to ${day(validTo)}, SHA-256 ${fingerprint}`;
}
