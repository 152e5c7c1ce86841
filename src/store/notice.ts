import type { Environment, OutboundMessage } from './store.ts';

/** To whom usage is told. */
export interface NoticeAddressee {
  readonly environment: Environment;
  /** Short name of the partner who speaks for it now. */
  readonly partner: string;
  /** EDIFACT identity, `id:qualifier`. */
  readonly participant: string;
}

/** Usage that was not told yet: claims, and reversals. */
export interface UntoldUsage {
  /** Of the certificates. */
  readonly numbers: readonly string[];
  /** When the first of it was. */
  readonly since: Date;
  /** What was told before ends here, and what is to be told now ends there; positions of the store. */
  readonly after: number;
  readonly through: number;
}

export interface NoticeStore {
  /**
   * Undefined when all is told.
   *
   * @param most claims, the first ones; what is behind them is for the next notice
   */
  untoldUsage(addressee: NoticeAddressee, most: number): Promise<UntoldUsage | undefined>;
  /** Puts a notice into the outbox, once: `conflict` when somebody told it meanwhile. */
  queueNotice(addressee: NoticeAddressee, usage: UntoldUsage, message: OutboundMessage): Promise<'done' | 'conflict'>;
}
