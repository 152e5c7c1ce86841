import { edifactIdentityOf, type Partner } from '../config/home.ts';
import type { Interchange, Party } from '../edifact/interchange.ts';
import type { SentInterchange } from '../store/acknowledgement.ts';

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

/** By which the CONTRL for an interchange of ours finds it. */
export function sentInterchange({
  sender,
  recipient,
  reference,
}: Pick<Interchange, 'sender' | 'recipient' | 'reference'>): SentInterchange {
  return { sender: nameOf(sender), recipient: nameOf(recipient), reference };
}
