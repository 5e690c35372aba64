/** `estab/dns`: names, over our own UDP. */
export {};
