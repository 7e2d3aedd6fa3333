import type { Policy } from './effect';

/** A declared effect, as those look at it who do not send it. */
export interface DeclaredCall {
  kind: string;
  policy: Policy;
  key(subject: { id: number; revision: number }): string;
  /** Whether it would be sent for this subject; absent where it always is. */
  concerns?(subject: { id: number; revision: number }): boolean;
  /** Builds the request; throws what keeps it from being built. */
  request(subject: { id: number; revision: number }): unknown;
}

/** Which node of the deployed flows carries out which effect: a node says so when it is made. */
export class Calls {
  readonly #byNode = new Map<string, () => readonly DeclaredCall[]>();

  /** @param calls its effects, of which one is carried out for each subject @returns the function that forgets it again */
  add(node: string, calls: () => readonly DeclaredCall[]): () => void {
    this.#byNode.set(node, calls);
    return () => void (this.#byNode.get(node) === calls && this.#byNode.delete(node));
  }

  /** The effects that these nodes carry out for a subject, in their order. */
  of(nodes: readonly string[], subject: { id: number; revision: number }): DeclaredCall[] {
    return nodes.flatMap((node) => this.#byNode.get(node)?.() ?? []).filter((call) => call.concerns?.(subject) !== false);
  }

  /** How doubt about a kind of effect is settled; undefined where no deployed node carries it out. */
  policyOf(kind: string): Policy | undefined {
    return [...this.#byNode.values()].flatMap((calls) => calls()).find((call) => call.kind === kind)?.policy;
  }
}
