/** Controllers and what acknowledgments tell them, made by hand. */
import { AckSample } from '../../src/tcp/congestion/control.ts';
import { Reno } from '../../src/tcp/congestion/reno.ts';
import { initialWindow } from '../../src/tcp/initial-window.ts';
import { seq, ZERO, type Seq } from '../../src/wire/seq.ts';

/** Established, with the initial window of RFC 5681 §3.1. */
export function reno(smss: number): Reno {
  const controller = new Reno();
  controller.established(smss, initialWindow({ initialWindow: 0 }, smss), 0);
  return controller;
}

/** An ACK of `octets`, cwnd-limited, outside of recovery. */
export function ackOf(octets: number, una: Seq = ZERO, nxt: Seq = seq(octets)): AckSample {
  const sample = new AckSample();
  sample.acked = sample.cumulative = octets;
  sample.cwndLimited = true;
  sample.una = una;
  sample.nxt = nxt;
  return sample;
}
