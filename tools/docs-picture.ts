/** The command that draws docs/images/lossy-transfer.svg, but for where to. */
export const PICTURE: readonly string[] = [
  'transfer --octets 1M --rate 10mbit --delay 25ms --loss 0.5% --queue 60 --seed 7',
].flatMap((line) => line.split(' '));
