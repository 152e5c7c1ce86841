import type { PeerSystem } from './peer.ts';
import { camel } from './peers/camel.ts';
import { libas2 } from './peers/libas2.ts';
import { openas2 } from './peers/openas2.ts';
import { openssl } from './peers/openssl.ts';
import { phase2 } from './peers/phase2.ts';
import { pyas2 } from './peers/pyas2.ts';

/** In the order of a run: the quick ones first. */
export const peers: readonly PeerSystem[] = [openssl, libas2, pyas2, openas2, phase2, camel];
