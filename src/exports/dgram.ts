/** `estab/dgram`: to be the shape of `node:dgram` on a UDP of our own. */
export {};
