import type { PinnedCertificate } from '../pki/pinned.ts';
import type { OwnIdentity } from '../pki/keyring.ts';
import type { Problem } from './config-error.ts';
import type { PartnerConfig } from './partner-schema.ts';
import type { EndpointConfig } from './schema.ts';
import type { Tls } from './tls.ts';

/** A home directory, read and checked as a whole. */
export interface Home {
  /** Absolute. */
  readonly directory: string;
  readonly endpoint: Endpoint;
  /** All of them, inactive ones too, by short name. */
  readonly partners: readonly Partner[];
  /** What the operator should look at, though we can work. */
  readonly warnings: readonly Problem[];
}

/** Paths in it are absolute. */
export interface Endpoint extends Omit<EndpointConfig, 'identities' | 'listen' | 'operators'> {
  readonly listen: Omit<EndpointConfig['listen'], 'tls'> & { readonly tls?: Tls | undefined };
  readonly identities: readonly ConfiguredIdentity[];
  readonly operators: Pick<EndpointConfig['operators'], 'host' | 'port'> & {
    /** Never printed. */
    readonly token: string | undefined;
  };
}

export interface ConfiguredIdentity extends OwnIdentity {
  /** Name of its certificate's file, without `.cert.pem`. */
  readonly name: string;
}

export interface Partner extends Omit<PartnerConfig, 'certificates' | 'as2'> {
  /** Name of its file without `.yaml`. */
  readonly shortName: string;
  readonly as2: Omit<PartnerConfig['as2'], 'basicAuth'> & { readonly basicAuth?: BasicAuth | undefined };
  readonly certificates: readonly PinnedCertificate[];
}

export interface BasicAuth {
  readonly user: string;
  /** Never printed. */
  readonly password: string;
}

type EdifactIdentity = PartnerConfig['edifact']['identities'][number];

/** The active partner with this AS2 name; case-sensitive (RFC 4130 §6.2). */
export function partnerByAs2Id(home: Home, as2Id: string): Partner | undefined {
  return home.partners.find((partner) => partner.active && partner.as2.id === as2Id);
}

/** `AUDAFF:ZZZ` */
export function edifactKey({ id, qualifier }: Pick<EdifactIdentity, 'id' | 'qualifier'>): string {
  return `${id}:${qualifier}`;
}

/** The partner's identity with this UNB identification, if it speaks for it. */
export function edifactIdentityOf(partner: Partner, id: string, qualifier = ''): EdifactIdentity | undefined {
  return partner.edifact.identities.find((each) => each.id === id && each.qualifier === qualifier);
}

/** Everybody whom an active partner speaks for. */
export function participantsOf({ partners }: Home): { partner: Partner; identity: EdifactIdentity }[] {
  const active = partners.filter((partner) => partner.active);
  return active.flatMap((partner) => partner.edifact.identities.map((identity) => ({ partner, identity })));
}

/** The partner with this short name, active or not. */
export function partnerByShortName(home: Home, shortName: string): Partner | undefined {
  return home.partners.find((partner) => partner.shortName === shortName);
}
