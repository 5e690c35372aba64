/** `estab/net`: to be the shape of `node:net` on a TCP of our own. */
export {};
