/** What became of the packets of one direction. */
export class NetemCounters {
  arrived = 0; //      packets that came to be sent on
  delivered = 0; //    and left at the other end, copies included
  octets = 0; //       of those delivered
  lost = 0; //         by `loss`
  duplicated = 0; //   copies made
  corrupted = 0; //    one bit turned over
  reordered = 0; //    sent ahead of the delay
  marked = 0; //       Congestion Experienced set
  queueFull = 0; //    dropped at the end of the bottleneck's queue
  codelDropped = 0; // dropped at its head
  partitioned = 0; //  dropped while there was no way
  noMemory = 0; //     dropped because too much was under way
}
