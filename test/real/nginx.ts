/** nginx on the kernel: files over HTTP and HTTPS, and everything under /estab/ from a server of ours. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { selfSigned } from './certificate.ts';
import { KERNELS, OURS } from './home.ts';
import { scratch, serve, untilListens } from './programs.ts';

export const HTTP = 8080;
export const HTTPS = 8443;
/** Where nginx looks for a server of ours. */
export const BACKEND = 3000;

/** Serves `files`, and answers the certificate it shows. */
export async function serveNginx(files: Readonly<Record<string, Buffer>>): Promise<string> {
  const directory = scratch();
  mkdirSync(join(directory, 'www'));
  for (const [name, octets] of Object.entries(files)) {
    writeFileSync(join(directory, 'www', name), octets);
  }
  const { keyFile, certFile, cert } = selfSigned(directory);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const configuration = `
    daemon off;
    master_process off;
    user root;
    pid ${directory}/pid;
    error_log stderr error;
    events { }
    http {
      access_log off;
      ${temporary.map((what) => `${what}_temp_path ${directory}/${what};`).join('\n')}
      client_max_body_size 10m;
      ssl_certificate ${certFile};
      ssl_certificate_key ${keyFile};
      upstream estab { server ${OURS[4]}:${BACKEND}; keepalive 2; }
      server {
        listen ${KERNELS[4]}:${HTTP};
        listen [${KERNELS[6]}]:${HTTP};
        listen ${KERNELS[4]}:${HTTPS} ssl;
        listen [${KERNELS[6]}]:${HTTPS} ssl;
        root ${directory}/www;
        location /estab/ {
          proxy_pass http://estab;
          proxy_http_version 1.1;
          proxy_set_header Connection "";
        }
      }
    }`;
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration);
  serve('nginx', ['-c', file, '-e', 'stderr']);
  await untilListens(HTTPS, KERNELS[6]);
  return cert;
}
