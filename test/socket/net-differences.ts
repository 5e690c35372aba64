/** Where estab's `net` is known to tell something else than Node's, line by line. */
const KERNELS = "Unix sockets, pipes and file descriptors are the kernel's, use node:net";

export interface Difference {
  readonly because: string;
  readonly lines: readonly string[];
}

export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'a signal that was aborted before': {
    because: 'Node destroys the socket and connects it all the same, estab leaves it at that',
    lines: [
      'node client: connectionAttempt 127.0.0.1 S 4',
      'node client: connect',
      'node client: ready',
      'node server: connection',
    ],
  },
  'a Unix socket that is not there': {
    because: "Unix sockets are the kernel's",
    lines: [
      'node client: connectionAttemptFailed /nonexistent/socket undefined undefined Error "connect ENOENT /nonexistent/socket" { address: /nonexistent/socket, code: ENOENT, errno: -2, syscall: connect }',
      'node client: error Error "connect ENOENT /nonexistent/socket" { address: /nonexistent/socket, code: ENOENT, errno: -2, syscall: connect }',
      `estab client: error Error "connect ENOTSUP /nonexistent/socket: ${KERNELS}" { address: /nonexistent/socket, code: ENOTSUP, errno: -95, syscall: connect }`,
    ],
  },
  'listen on a path': {
    because: "Unix sockets are the kernel's",
    lines: [
      'node server: error Error "listen EACCES: permission denied /nonexistent/dir/socket" { address: /nonexistent/dir/socket, code: EACCES, errno: -13, port: -1, syscall: listen }',
      'node server: false /nonexistent/dir/socket',
      `estab server: error Error "listen ENOTSUP: operation not supported on socket /nonexistent/dir/socket (${KERNELS})" { address: /nonexistent/dir/socket, code: ENOTSUP, errno: -95, syscall: listen }`,
      'estab server: false null',
    ],
  },
};
