import { edifactIdentityOf, type Partner } from '../config/home.ts';
import type { Party } from '../edifact/interchange.ts';

/** Somebody whom a partner speaks for. */
export interface Participant {
  readonly partner: Partner;
  /** As certificates, interchanges and steps are kept under. */
  readonly name: string;
  readonly countries: readonly string[];
  /** What the partner's file says of production. */
  readonly admitted: boolean;
}

/** The participant of a partner with this identity, if it speaks for it. */
export function participantOf(partner: Partner, { id, qualifier }: Party): Participant | undefined {
  const identity = edifactIdentityOf(partner, id, qualifier);
  return identity && { partner, name: nameOf(identity), countries: identity.countries, admitted: identity.production };
}

/** `id:qualifier`, or the id alone where there is no qualifier. */
export function nameOf({ id, qualifier }: Party): string {
  return qualifier === undefined || qualifier === '' ? id : `${id}:${qualifier}`;
}
