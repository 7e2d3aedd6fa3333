/** Articles to which something happens on their way, in every order that holds one. */
export const articles = {
  /** The warehouse has it from an order's third question on. */
  late: 'LATE-801122',
  /** NAV cannot release a sales order for it. */
  blocked: 'BLOCKED-806333',
  /** Cirro rejects the first request of an order for it, and takes the next. */
  disputed: 'DISPUTED-801123',
  /** Too large to travel with anything else: each line of its order gets a parcel of its own. */
  bulky: 'BULKY-805200',
  /** The first batch of an order for it fails, the next one is fine. */
  smudged: 'SMUDGED-807410',
  /** Its batch takes the print floor so long that somebody may change his mind. */
  slow: 'SLOW-807411',
} as const;
