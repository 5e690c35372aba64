/** Programs that everybody has, and estab: what programs.test.ts plays. */
import { run } from '../real/programs.ts';
import type { OurEnd } from './ends.ts';
import { serve } from './serve.ts';
import type { Stage } from './stage.ts';

const LINES = 20_000;
const MUCH = 'estab estab estab estab estab\n'.repeat(LINES); // 600,000 octets

/** As much of HTTP/1.0 as curl asks for. */
function serveHttp(stage: Stage, body: string): void {
  stage.listen((end) => {
    end.onText = () => {
      if (!end.received.text.includes('\r\n\r\n')) return;
      const [request = ''] = end.received.text.split('\r\n');
      end.end(`HTTP/1.0 200 OK\r\nX-Request: ${request}\r\n\r\n${body}`);
    };
  });
}

/** RFC 862. */
function serveEcho(stage: Stage): void {
  stage.listen((end: OurEnd) => {
    end.onText = (text) => end.write(text.slice());
    end.onEnd = () => end.end();
  });
}

await serve({
  async curl(opens) {
    const stage = await opens({ drawn: false });
    serveHttp(stage, MUCH);
    const url = `http://${stage.ourAddress}:${stage.ourPort}/hello`;
    const { status, stdout, stderr } = await run('curl', ['-sS', '--max-time', '19', '-i', url]);
    const [head = '', body = ''] = stdout.split('\r\n\r\n');
    return { status, stderr, head: head.split('\r\n'), equal: body === MUCH };
  },

  async 'curl, IPv6'(opens) {
    const stage = await opens({ drawn: false, family: 6 });
    serveHttp(stage, 'hello\n');
    const url = `http://[${stage.ourAddress}]:${stage.ourPort}/`;
    const { status, stdout, stderr } = await run('curl', ['-sS', '--max-time', '19', url]);
    return { status, stderr, stdout };
  },

  async 'curl, upload'(opens) {
    const stage = await opens({ drawn: false });
    let got = 0;
    stage.listen((end) => {
      end.onText = () => {
        const body = end.received.text.indexOf('\r\n\r\n') + 4;
        got = end.received.octets - body;
        if (got === MUCH.length) end.end('HTTP/1.0 200 OK\r\n\r\nthank you\n');
      };
    });
    const url = `http://${stage.ourAddress}:${stage.ourPort}/`;
    const args = ['-sS', '--max-time', '19', '-H', 'Expect:', '--data-binary', '@-', url];
    const { status, stdout, stderr } = await run('curl', args, MUCH);
    return { status, stderr, stdout, octets: got };
  },

  async 'curl, closed port'(opens) {
    const stage = await opens({ drawn: false });
    const url = `http://${stage.ourAddress}:${stage.ourPort}/`;
    const { status, stderr } = await run('curl', ['-sS', '--max-time', '19', url]);
    return { status, refused: stderr.includes('refused') || stderr.includes("Couldn't connect") };
  },

  async 'nc as a client'(opens) {
    const stage = await opens({ drawn: false });
    serveEcho(stage);
    const args = ['-N', '-w', '19', stage.ourAddress, `${stage.ourPort}`];
    const { status, stdout, stderr } = await run('nc', args, MUCH);
    return { status, stderr, equal: stdout === MUCH };
  },

  async 'nc as a server'(opens) {
    const stage = await opens({ drawn: false });
    const args = ['-N', '-l', stage.kernelAddress, `${stage.kernelPort}`];
    const served = run('nc', args, MUCH);
    await stage.untilKernelIn('LISTEN');
    const ours = stage.open();
    ours.write('good day, nc\n');
    await stage.until('its FIN', () => ours.signals.includes('end'));
    ours.end(); // not before: nc leaves at our FIN, whatever it has still to say
    const { status, stdout, stderr } = await served;
    await stage.untilIn(ours, 'CLOSED');
    return { status, stderr, stdout, octets: ours.received.octets, signals: ours.signals };
  },

  async ping(opens) {
    const stage = await opens({ drawn: false });
    const { status, stdout } = await run('ping', ['-c3', '-i0.05', '-W5', stage.ourAddress]);
    return { status, received: / (\d+) received/.exec(stdout)?.[1] };
  },

  async 'ping, IPv6'(opens) {
    const stage = await opens({ drawn: false, family: 6 });
    const args = ['-c3', '-i0.05', '-W5', '-s1400', stage.ourAddress];
    const { status, stdout } = await run('ping', args);
    return { status, received: / (\d+) received/.exec(stdout)?.[1] };
  },
});
