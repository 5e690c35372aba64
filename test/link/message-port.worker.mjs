// The far end of message-port.test.ts: a worker that does with its port what it is told.
import { parentPort, workerData } from 'node:worker_threads';
import { tsImport } from 'tsx/esm/api';

const { messagePortLink } = await tsImport('../../src/link/web/message-port.ts', import.meta.url);
const behaviours = {
  /** Sends back what comes. */
  echo() {
    const link = messagePortLink(parentPort, { mtu: 9000 });
    const look = () => {
      const count = link.drain(256, (bytes, _view, start, end) => {
        const at = link.claim(end - start);
        link.bytes.set(bytes.subarray(start, end), at);
        link.transmit(at, at + end - start);
      });
      if (count === 256) setImmediate(look);
    };
    link.onReadable = () => setImmediate(look);
    look();
  },
  /** Takes messages, but drains nothing. */
  idle() {
    messagePortLink(parentPort, { mtu: 9000 });
  },
  /** Does not even run. */
  stuck() {
    Atomics.wait(new Int32Array(workerData.gate), 0, 0);
  },
  /** Sends what is no packet, in every way. */
  garbage() {
    const bogus = new ArrayBuffer(64);
    new DataView(bogus).setUint32(56, 60); // a packet that begins behind its end
    const long = new ArrayBuffer(131_072);
    new DataView(long).setUint32(131_068, 10_000);
    for (const message of [
      'hello',
      7,
      null,
      undefined,
      {},
      [],
      { packets: 1, count: 1 },
      { packets: bogus },
      { packets: bogus, count: 0 },
      { packets: bogus, count: 9 },
      { packets: bogus, count: 1.5 },
      { packets: new ArrayBuffer(300_000), count: 1 },
      { packets: bogus, count: 1 },
      { packets: long, count: 1 },
      { taken: 7 },
      { taken: new ArrayBuffer(1) },
    ]) {
      parentPort.postMessage(message);
    }
    const link = messagePortLink(parentPort, { mtu: 9000 });
    const at = link.claim(3);
    link.bytes.set([1, 2, 3], at);
    link.transmit(at, at + 3);
  },
  exit() {
    process.exit(0);
  },
};
behaviours[workerData.behaviour]();
