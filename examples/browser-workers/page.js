/** Two workers, a cable between them, and what they say. */
const log = document.querySelector('#log');

function start(role, port) {
  const worker = new Worker('worker.js', { type: 'module', name: role });
  const finished = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.line !== undefined) log.append(`${role.padEnd(6)} ${data.line}\n`);
      else resolve(data);
    };
    worker.onerror = (event) => reject(new Error(`${role}: ${event.message}`));
  });
  worker.postMessage({ role, port }, [port]);
  return finished;
}

try {
  const { port1, port2 } = new MessageChannel();
  const began = performance.now();
  const [client, server] = await Promise.all([start('client', port1), start('server', port2)]);
  const ms = performance.now() - began;
  const same = client.sent === server.received && server.sent === client.received;
  log.append(same ? 'Both digests agree' : 'The digests differ');
  log.append(`: 10 MiB each way in ${ms.toFixed(0)} ms.\n`);
  document.title = same ? 'done' : 'failed';
} catch (error) {
  log.append(`${error}\n`);
  document.title = 'failed';
}
