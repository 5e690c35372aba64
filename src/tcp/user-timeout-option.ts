import { ZERO, type Seq } from '../wire/seq.ts';

/** What a connection knows of the User Timeout Option: RFC 5482 §3, under the RFC's names. */
export class UserTimeoutOption {
  /** ADV_UTO, ms: what the other end is told. */
  advertised: number;
  /** CHANGEABLE: false once the user has said how long. */
  changeable = true;
  /** The next segment carries it: the first one without SYN (§3), and one after each change. */
  due = true;
  /** The octet of text it left with, or before: with that it leaves again (§3.2). */
  attachedTo: Seq = ZERO;

  constructor(advertised: number) {
    this.advertised = advertised;
  }
}
