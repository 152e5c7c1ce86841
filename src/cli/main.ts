#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';

// V8 lets the spaces for young objects grow to three times 16 MiB, and never gives them back. Left as they begin, at 1 MiB
// each, they are collected more often, and with them the buffers that large messages came in. It has to be said before
// anything is loaded: they have grown by then.
setFlagsFromString('--semi-space-growth-factor=1');

await import('./commands.ts');
