import type { Policy } from './effect';

/** A declared effect, as those look at it who do not send it. */
export interface DeclaredCall {
  kind: string;
  policy: Policy;
  wholeOnly?: true;
  key(subject: { id: number; revision: number }): string;
  /** Builds the request; throws what keeps it from being built. */
  request(subject: { id: number; revision: number }): unknown;
}

/** Which node of the deployed flows carries out which effect: a node says so when it is made. */
export class Calls {
  readonly #byNode = new Map<string, DeclaredCall>();

  /** @returns the function that forgets it again */
  add(node: string, call: DeclaredCall): () => void {
    this.#byNode.set(node, call);
    return () => void (this.#byNode.get(node) === call && this.#byNode.delete(node));
  }

  /** The effects of these nodes, in their order; of a part of a split order without those that only a whole one has. */
  of(nodes: readonly string[], isPart = false): DeclaredCall[] {
    return nodes.flatMap((node) => this.#byNode.get(node) ?? []).filter(({ wholeOnly }) => !isPart || !wholeOnly);
  }

  /** How doubt about a kind of effect is settled; undefined where no deployed node carries it out. */
  policyOf(kind: string): Policy | undefined {
    return [...this.#byNode.values()].find((call) => call.kind === kind)?.policy;
  }
}
