import type { InboundState, OutboundState } from './store.ts';

/**
 * The ledger entries that give a message its state. A message is always in the state of the last of them, and one that we
 * sent has the disposition of the MDN that this one names, or none.
 */
export const stateAfter = {
  'inbound.accepted': 'accepted',
  'inbound.refused': 'refused',
  'interchange.answered': 'answered',
  'interchange.unreadable': 'unreadable',
  'interchange.stuck': 'stuck',
  'interchange.resumed': 'accepted',
  'outbound.queued': 'pending',
  'outbound.resend': 'pending',
  'outbound.awaiting-mdn': 'awaiting-mdn',
  'outbound.delivered': 'delivered',
  'outbound.refused': 'refused',
  'outbound.failed': 'failed',
} as const satisfies Record<string, InboundState | OutboundState>;

export type Transition = keyof typeof stateAfter;

/** The entries that say what happened to a message that keeps its state. The last entry of either kind gives it its detail. */
export const remarks = ['interchange.postponed', 'outbound.attempt-failed'] as const;

export type Remark = (typeof remarks)[number];

/** True for the kinds of entry that only the store itself writes, because they are proved against its rows. */
export function isOwnKind(kind: string): boolean {
  return (
    Object.hasOwn(stateAfter, kind) ||
    [...remarks, 'mdn.received', 'claim.recorded', 'claim.reversed', 'onboarding.step'].includes(kind)
  );
}
