/** `estab/link/web`: links over what a browser has. */
export {};
